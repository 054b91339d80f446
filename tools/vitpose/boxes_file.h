// --boxes FILE.json: which boxes lie in which of the pictures given on the command line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/vitpose/pose_writer.h"

namespace vitpose::tools {

struct ListedImage {
  std::optional<std::int64_t> id;  // COCO's image_id, when the file tells it
  std::vector<Subject> subjects;
};

// A COCO dataset (images, annotations), a list of detections, or a list of
// {file_name or image_id, bbox: [x,y,w,h], score?, expert?}. One result per path; pictures that the file does not
// list have none. A file_name is a path's end, at a folder's boundary; an image_id is looked up in `images`, else it
// is the number that the file's name consists of. Errors name the entry.
std::vector<ListedImage> read_boxes_file(const std::string& file, const std::vector<std::string>& paths);

// The number that a picture's name without folder and extension consists of ("coco/000000000785.jpg": 785).
std::optional<std::int64_t> image_id_of(const std::string& path);

}  // namespace vitpose::tools
