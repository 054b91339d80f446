// Poses as JSON: the objects that the formats json and jsonl consist of. Numbers read back to the same bits.
#pragma once

#include <string>
#include <vector>

#include "tools/vitpose/pose_result.h"

namespace vitpose::tools {

// {"path":...,"width":W,"height":H,"poses":[...]}; a video's frame has "frame":n instead of a path.
std::string image_json(const ImageResult& image);

// {"path":...,"error":...}: an image that could not be processed, and why.
std::string failure_json(const ImageResult& image, const std::string& error);

// [1,2.5,null]
std::string number_list(const std::vector<float>& numbers);

}  // namespace vitpose::tools
