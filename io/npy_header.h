// The text header of an .npy file. Internal to io/.
#pragma once

#include <string>
#include <string_view>

#include "core/dtype.h"
#include "core/shape.h"

namespace vitpose::engine {

struct NpyHeader {
  DType dtype = DType::kF32;
  Shape shape;
};

// `text` is the Python dictionary "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }".
// Error kFormat naming `where`; the number of bytes of the array fits an Index.
NpyHeader parse_npy_header(std::string_view text, const std::string& where);

const char* npy_type_name(DType dtype);  // "<f4"; null for types that NumPy does not have

}  // namespace vitpose::engine
