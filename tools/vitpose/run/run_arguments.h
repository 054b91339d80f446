// The command line of `vitpose run`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/vitpose/common_arguments.h"
#include "tools/vitpose/run/frame_source.h"

namespace vitpose::tools {

struct RunArguments {
  ModelArguments model;
  PictureArguments pictures;
  BoxArguments boxes;
  OutputArgument output;
  std::vector<std::string> words;  // files, folders, patterns
  std::string raw;                 // WxH; "": pictures
  std::string boxes_file;
  std::string format;  // "": json, of video jsonl
  std::optional<std::int64_t> expert;
  EstimateOptions estimate;
  bool resume = false;
  bool smooth = false;
  double frames_per_second = 30;
  std::string draw;           // "": nothing is drawn
  std::string draw_heatmaps;  // likewise
  double draw_threshold = 0.3;

  void add_to(CLI::App& command);
  // CLI::ParseError for what CLI11's own relations between options cannot say.
  void check_usage() const;

  bool is_video() const { return !raw.empty(); }
  FrameSize frame_size() const;  // of video
  std::string output_format() const { return !format.empty() ? format : is_video() ? "jsonl" : "json"; }

 private:
  void add_inputs(CLI::App& command);
  void add_estimation(CLI::App& command);
  void add_smoothing(CLI::App& command);
  void add_outputs(CLI::App& command);
  void add_drawing(CLI::App& command);
};

}  // namespace vitpose::tools
