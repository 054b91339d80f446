// --boxes FILE.json: which boxes lie in which of the pictures given on the command line, or of a video's frames.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "tools/vitpose/pose_result.h"

namespace vitpose::tools {

struct ListedImage {
  std::optional<std::int64_t> id;  // COCO's image_id, when the file tells it
  std::vector<Subject> subjects;
};

// By the picture's index in `paths`, or by the frame's number. Those that the file does not list are absent.
using ListedImages = std::unordered_map<std::size_t, ListedImage>;

// A COCO dataset (images, annotations), a list of detections, or a list of
// {file_name or image_id, bbox: [x,y,w,h], score?, expert?, track_id?}. A file_name is a path's end, at a folder's
// boundary; an image_id is looked up in `images`, else it is the number that the file's name consists of. Errors name
// the entry.
ListedImages read_picture_boxes(const std::string& file, const std::vector<std::string>& paths);

// A list of {frame, bbox: [x,y,w,h], score?, expert?, track_id?}.
ListedImages read_frame_boxes(const std::string& file);

// The number that a picture's name without folder and extension consists of ("coco/000000000785.jpg": 785).
std::optional<std::int64_t> image_id_of(const std::string& path);

}  // namespace vitpose::tools
