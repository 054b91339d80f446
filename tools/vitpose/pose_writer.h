// Poses as JSON, JSON Lines, COCO results, CSV or text.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "io/output_file.h"
#include "vitpose/vitpose.hpp"

namespace vitpose::tools {

// One of the boxes in a picture, with what its source said about it.
struct Subject {
  Box box;
  double score = 1;                    // the detector's
  std::int64_t category = 1;           // COCO's category_id; 1 is person
  std::optional<std::int64_t> expert;  // as given with the box
};

struct ImageResult {
  std::string path;
  std::optional<std::int64_t> id;  // COCO's image_id
  int width = 0;                   // 0: unknown
  int height = 0;
  std::vector<Subject> subjects;
  std::vector<Pose> poses;  // one per subject
};

// Writes to its OutputFile; nothing appears there before finish().
class PoseWriter {
 public:
  // `format`: json, jsonl, coco, csv or text. `names`: the model's keypoint names.
  static std::unique_ptr<PoseWriter> make(const std::string& format, const std::string& path,
                                          std::vector<std::string> names);
  PoseWriter(const std::string& path, std::vector<std::string> names) : names_(std::move(names)), file_(path) {}
  virtual ~PoseWriter() = default;

  virtual void add(const ImageResult& image) = 0;
  // A picture that could not be processed; formats without a place for it leave it out.
  virtual void add_failed(const std::string& path, const std::string& error) = 0;
  virtual void finish() { file_.commit(); }

 protected:
  const std::vector<std::string>& names() const { return names_; }
  void write(const std::string& text) { file_.write(text); }

 private:
  std::vector<std::string> names_;
  engine::OutputFile file_;
};

}  // namespace vitpose::tools
