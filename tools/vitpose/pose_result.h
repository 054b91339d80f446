// What `vitpose run` knows about a picture: its boxes as they were given, and the poses found in them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vitpose/vitpose.hpp"

namespace vitpose::tools {

// One of the boxes in a picture, with what its source said about it.
struct Subject {
  Box box;
  double score = 1;                      // the detector's
  std::int64_t category = 1;             // COCO's category_id; 1 is person
  std::optional<std::int64_t> expert;    // as given with the box
  std::optional<std::int64_t> track_id;  // the same subject in other frames has the same one
};

// A picture file, or a frame of a video.
struct ImageResult {
  std::string path;                   // of a file
  std::optional<std::int64_t> frame;  // of a video, from 0
  std::optional<std::int64_t> id;     // COCO's image_id
  int width = 0;                      // 0: unknown
  int height = 0;
  std::vector<Subject> subjects;
  std::vector<Pose> poses;  // one per subject

  // For messages and for people.
  std::string name() const { return frame ? "frame " + std::to_string(*frame) : path; }
};

}  // namespace vitpose::tools
