#include "io/npy.h"

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "core/error.h"
#include "io/mapped_file.h"
#include "io/npy_header.h"
#include "io/output_file.h"

namespace vitpose::engine {
namespace {

static_assert(std::endian::native == std::endian::little, "stored numbers are used as they are");

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kVersionEnd = kMagic.size() + 2;  // magic, major, minor

}  // namespace

Tensor parse_npy(std::span<const std::byte> bytes, const std::string& where) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.size() < kVersionEnd || !text.starts_with(kMagic)) {
    fail(ErrorCode::kFormat, where, ": not an .npy file: its first bytes are not \\x93NUMPY");
  }
  const int version = text[kMagic.size()];
  if (version < 1 || version > 3) {
    fail(ErrorCode::kFormat, where, ": expected .npy version 1, 2 or 3, found ", version);
  }
  const std::size_t length_bytes = version == 1 ? 2 : 4;
  const std::size_t header_start = kVersionEnd + length_bytes;
  std::uint32_t length = 0;
  if (text.size() >= header_start) std::memcpy(&length, text.data() + kVersionEnd, length_bytes);
  if (text.size() < header_start || text.size() - header_start < length) {
    fail(ErrorCode::kFormat, where, ": truncated: the .npy header is incomplete");
  }
  const NpyHeader header = parse_npy_header(text.substr(header_start, length), where);
  const std::span<const std::byte> data = bytes.subspan(header_start + length);
  const std::size_t expected = static_cast<std::size_t>(header.shape.count()) * size_of(header.dtype);
  if (data.size() != expected) {
    fail(ErrorCode::kFormat, where, ": expected ", expected, " bytes for ", name_of(header.dtype),
         header.shape.to_string(), ", found ", data.size());
  }
  Tensor result(header.dtype, header.shape);
  if (expected > 0) std::memcpy(result.raw(), data.data(), expected);
  return result;
}

Tensor read_npy(const std::string& path) {
  const MappedFile file(path, MappedFile::Access::kRead);
  return parse_npy(file.bytes(), path);
}

void write_npy(const std::string& path, DType dtype, const Shape& shape, const void* data) {
  const char* const type = npy_type_name(dtype);
  if (type == nullptr) {
    fail(ErrorCode::kInvalidArgument, path, ": .npy files cannot hold dtype ", name_of(dtype));
  }
  std::string header = std::string("{'descr': '") + type + "', 'fortran_order': False, 'shape': (";
  for (int axis = 0; axis < shape.rank(); ++axis) {
    header += std::to_string(shape[axis]);
    header += shape.rank() == 1 ? "," : axis + 1 < shape.rank() ? ", " : "";
  }
  header += "), }";
  // Version 1: two bytes of length; spaces and a newline bring the data to a multiple of kAlignment, as NumPy does.
  const std::size_t header_start = kVersionEnd + sizeof(std::uint16_t);
  while ((header_start + header.size() + 1) % kAlignment != 0) header += ' ';
  header += '\n';
  const auto length = static_cast<std::uint16_t>(header.size());

  OutputFile file(path);
  file.write(kMagic);
  file.write(std::string_view("\x01\x00", 2));
  file.write(&length, sizeof length);
  file.write(header);
  file.write(data, static_cast<std::size_t>(shape.count()) * size_of(dtype));
  file.commit();
}

}  // namespace vitpose::engine
