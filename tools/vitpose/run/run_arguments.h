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

  void add_to(Command command);
  // UsageError for what relations between single options cannot say.
  void check_usage() const;

  bool is_video() const { return !raw.empty(); }
  FrameSize frame_size() const;  // of video
  std::string output_format() const { return !format.empty() ? format : is_video() ? "jsonl" : "json"; }

 private:
  Option add_inputs(Command command);      // gives --raw
  Option add_estimation(Command command);  // gives --flip-test
  Option add_smoothing(Command command);   // gives --smooth
  void add_outputs(Command command, Option raw_video, Option smoothing);
  void add_drawing(Command command, Option flip_test);
};

}  // namespace vitpose::tools
