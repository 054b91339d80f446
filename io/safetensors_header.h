// The JSON header of a safetensors file, checked completely. Internal to io/.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/dtype.h"
#include "core/shape.h"

namespace vitpose::engine {

struct SafeTensorsEntry {
  std::string name;
  DType dtype = DType::kF32;
  Shape shape;
  std::uint64_t begin = 0;  // into SafeTensorsHeader::data
  std::uint64_t end = 0;
  std::string unsupported;  // why the engine cannot hold it ("dtype BOOL"), else empty
};

struct SafeTensorsHeader {
  std::vector<SafeTensorsEntry> entries;  // in file order
  std::map<std::string, std::string, std::less<>> metadata;
  std::span<const std::byte> data;  // everything behind the header
};

// Error kFormat naming `where`, the tensor, what was expected and what was found.
SafeTensorsHeader read_safetensors_header(std::span<const std::byte> bytes, const std::string& where);

const char* safetensors_dtype_name(DType dtype);  // "F32"

}  // namespace vitpose::engine
