// Poses as JSON, JSON Lines, COCO results, CSV or text.
#pragma once

#include <memory>
#include <string>

#include "tools/vitpose/keypoint_legend.h"
#include "tools/vitpose/line_file.h"
#include "tools/vitpose/pose_result.h"

namespace vitpose::tools {

struct PoseOutput {
  std::string format = "json";  // json, jsonl, coco, csv or text
  std::string path{};
  KeypointLegend legend{};                                     // for formats with names, or with places for all K
  LineFile::Existing existing = LineFile::Existing::kReplace;  // for jsonl
};

// JSON Lines are in the file one by one; the other formats appear complete with finish(), or not at all.
class PoseWriter {
 public:
  static std::unique_ptr<PoseWriter> make(const PoseOutput& output);
  virtual ~PoseWriter() = default;

  virtual void add(const ImageResult& image) = 0;
  // An image that could not be processed; formats without a place for it leave it out.
  virtual void add_failed(const ImageResult& image, const std::string& error) = 0;
  virtual void finish() = 0;
};

}  // namespace vitpose::tools
