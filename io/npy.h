// NumPy .npy files, versions 1 and 2 (and 3): C order, little endian, f32 (also f64, u8, i32, i64 for reading).
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "core/tensor.h"

namespace vitpose::engine {

Tensor read_npy(const std::string& path);  // Error kIo / kFormat; Fortran order and other dtypes are refused by name
Tensor parse_npy(std::span<const std::byte> bytes, const std::string& where);
void write_npy(const std::string& path, DType dtype, const Shape& shape, const void* data);

}  // namespace vitpose::engine
