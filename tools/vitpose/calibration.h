// vitpose convert --calibrate: pictures and boxes to the crops that int4 is fitted to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/vitpose/common_arguments.h"

namespace vitpose::tools {

struct CalibrationArguments {
  std::vector<std::string> words;
  std::string boxes_file;
  PictureArguments pictures;

  void add_to(Command command);
  bool given() const { return !words.empty(); }
};

struct Calibration {
  Tensor pixel_values;                // [N, 3, H, W]
  std::vector<std::int64_t> experts;  // of each; empty for a model with one expert
};

// At most 256 crops, evenly among all boxes. `kept`: only boxes of this expert, or of none that is named. Error for a
// picture that cannot be read, a box without an expert, or no box at all.
Calibration read_calibration(const CalibrationArguments& arguments, const std::string& model, std::optional<int> kept);

}  // namespace vitpose::tools
