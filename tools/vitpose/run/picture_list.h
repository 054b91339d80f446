// The pictures that the words on the command line mean.
#pragma once

#include <string>
#include <vector>

namespace vitpose::tools {

// A file stands for itself, whether it exists or not: reading it tells. A folder gives the pictures in it, without
// those in folders below; a pattern ('shots/*.jpg', for shells that do not expand it, or for more names than a command
// line holds) gives the pictures that match. Both by extension (PNG, JPEG, BMP), in byte order of their names, without
// hidden ones. Error kInvalidArgument for a folder or a pattern that gives no picture.
std::vector<std::string> list_pictures(const std::vector<std::string>& words);

// By extension: .png, .jpg, .jpeg, .bmp in any case.
bool is_picture_name(const std::string& path);

}  // namespace vitpose::tools
