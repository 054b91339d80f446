// Where drawings go: one file, the files of a folder, or standard output.
#pragma once

#include <string>
#include <vector>

#include "tools/vitpose/pose_result.h"

namespace vitpose::tools {

class DrawingPlace {
 public:
  // For pictures. `output` is a file when there is one picture and no folder of that name, else a folder, which is made
  // when missing; a drawing has its picture's name there, and .png instead of .bmp. Error kInvalidArgument when two
  // pictures would have the same drawing, a drawing would replace its picture, or the file is none that can be drawn;
  // kIo when the folder cannot be made, or the file's is not there.
  static DrawingPlace for_pictures(const std::string& output, const std::vector<std::string>& paths);
  // For frames of a video: "-" is standard output, else a folder of frame_000000.png, ...
  static DrawingPlace for_frames(const std::string& output);

  bool is_standard_output() const { return kind_ == Kind::kStandardOutput; }
  std::string path_for(const ImageResult& image) const;

 private:
  enum class Kind { kFile, kFolder, kStandardOutput };
  DrawingPlace(Kind kind, std::string output) : kind_(kind), output_(std::move(output)) {}

  Kind kind_;
  std::string output_;
};

}  // namespace vitpose::tools
