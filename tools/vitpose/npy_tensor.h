// .npy files as the library's tensors.
#pragma once

#include <string>

#include "vitpose/vitpose.hpp"

namespace vitpose::tools {

Tensor read_f32_npy(const std::string& path);  // other element types are refused by name
void write_f32_npy(const std::string& path, const Tensor& tensor);

}  // namespace vitpose::tools
