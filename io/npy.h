// NumPy .npy files, versions 1 to 3: C order, little endian, f32 (for reading also f16, f64, i8, u8, i32, i64).
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
