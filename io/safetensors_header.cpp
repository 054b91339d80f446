#include "io/safetensors_header.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string_view>

#include "core/error.h"
#include "io/excerpt.h"
#include "io/json.h"

namespace vitpose::engine {
namespace {

static_assert(std::endian::native == std::endian::little, "stored numbers are used as they are");

constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;  // the format's own limit
constexpr std::size_t kLengthBytes = 8;

struct DTypeName {
  std::string_view name;
  std::size_t size;
  bool supported;
  DType dtype;
};

// Every whole-byte type of the format, with its size: a file that holds others than ours is still checked.
constexpr DTypeName kDTypes[] = {
    {"F32", 4, true, DType::kF32},     {"F16", 2, true, DType::kF16},     {"BF16", 2, true, DType::kBF16},
    {"F64", 8, true, DType::kF64},     {"I8", 1, true, DType::kI8},       {"U8", 1, true, DType::kU8},
    {"I32", 4, true, DType::kI32},     {"I64", 8, true, DType::kI64},     {"BOOL", 1, false, DType::kU8},
    {"F8_E5M2", 1, false, DType::kU8}, {"F8_E4M3", 1, false, DType::kU8}, {"F8_E8M0", 1, false, DType::kU8},
    {"I16", 2, false, DType::kU8},     {"U16", 2, false, DType::kU8},     {"U32", 4, false, DType::kU8},
    {"U64", 8, false, DType::kU8},     {"C64", 8, false, DType::kU8},
};

std::uint64_t read_offset(const Json& value) {
  const std::int64_t offset = value.as_integer();
  if (offset < 0) fail(ErrorCode::kFormat, value.path(), ": expected no negative number, found ", offset);
  return static_cast<std::uint64_t>(offset);
}

struct Extents {
  Shape shape;
  std::size_t rank = 0;    // may exceed Shape::kMaxRank: then `shape` holds the first ones only
  std::int64_t count = 1;  // of all of them, without overflow
};

Extents read_extents(const Json& value) {
  Extents extents;
  for (const Json& element : value.as_array()) {
    const auto extent = static_cast<std::int64_t>(read_offset(element));
    // Every prefix of the product must fit, because Shape::count() multiplies in this order too.
    if (__builtin_mul_overflow(extents.count, extent, &extents.count)) {
      fail(ErrorCode::kFormat, value.path(), ": the number of elements exceeds 63 bits");
    }
    if (extents.rank++ < Shape::kMaxRank) extents.shape.push_back(extent);
  }
  return extents;
}

const DTypeName& read_dtype(const Json& value) {
  const std::string& name = value.as_string();
  for (const DTypeName& dtype : kDTypes) {
    if (dtype.name == name) return dtype;
  }
  fail(ErrorCode::kFormat, value.path(), ": expected a dtype of safetensors such as F32, found '", excerpt(name), "'");
}

SafeTensorsEntry read_entry(const std::string& name, const Json& description, std::uint64_t data_bytes) {
  SafeTensorsEntry entry;
  entry.name = name;
  const DTypeName& dtype = read_dtype(description.at("dtype"));
  const Extents extents = read_extents(description.at("shape"));
  const Json& offsets = description.at("data_offsets");
  if (offsets.as_array().size() != 2) {
    fail(ErrorCode::kFormat, offsets.path(), ": expected [begin, end], found ", offsets.as_array().size(), " numbers");
  }
  entry.begin = read_offset(offsets.as_array()[0]);
  entry.end = read_offset(offsets.as_array()[1]);
  if (entry.begin > entry.end || entry.end > data_bytes) {
    fail(ErrorCode::kFormat, offsets.path(), ": expected begin <= end <= ", data_bytes, ", found [", entry.begin, ",",
         entry.end, "]");
  }
  std::uint64_t expected = 0;
  if (__builtin_mul_overflow(static_cast<std::uint64_t>(extents.count), dtype.size, &expected) ||
      expected != entry.end - entry.begin) {
    fail(ErrorCode::kFormat, description.path(), ": ", extents.count, " elements of dtype ", dtype.name,
         " do not fill data_offsets [", entry.begin, ",", entry.end, "]");
  }
  entry.dtype = dtype.dtype;
  entry.shape = extents.shape;
  if (!dtype.supported) entry.unsupported = "dtype " + std::string(dtype.name);
  if (extents.rank > Shape::kMaxRank) entry.unsupported = std::to_string(extents.rank) + " dimensions";
  return entry;
}

// The format demands that the tensors' bytes follow one another and fill the file.
void check_coverage(const std::vector<SafeTensorsEntry>& entries, std::uint64_t data_bytes, const std::string& where) {
  std::vector<const SafeTensorsEntry*> sorted;
  for (const SafeTensorsEntry& entry : entries) sorted.push_back(&entry);
  std::sort(sorted.begin(), sorted.end(), [](const SafeTensorsEntry* a, const SafeTensorsEntry* b) {
    return a->begin != b->begin ? a->begin < b->begin : a->end < b->end;
  });
  std::uint64_t covered = 0;
  for (const SafeTensorsEntry* entry : sorted) {
    if (entry->begin != covered) {
      fail(ErrorCode::kFormat, where, ": tensor '", excerpt(entry->name), "' starts at ", entry->begin, " and ",
           entry->begin < covered ? "overlaps" : "leaves a hole behind", " the one that ends at ", covered);
    }
    covered = entry->end;
  }
  if (covered != data_bytes) {
    fail(ErrorCode::kFormat, where, ": expected ", covered, " bytes of tensors behind the header, found ", data_bytes);
  }
}

std::string_view header_text(std::span<const std::byte> bytes, const std::string& where) {
  std::uint64_t length = 0;
  if (bytes.size() < kLengthBytes) {
    fail(ErrorCode::kFormat, where, ": not a safetensors file: expected at least 8 bytes, found ", bytes.size());
  }
  std::memcpy(&length, bytes.data(), kLengthBytes);
  if (length > kMaxHeaderBytes) {
    fail(ErrorCode::kFormat, where, ": not a safetensors file: expected a header of at most ", kMaxHeaderBytes,
         " bytes, found a length of ", length);
  }
  if (length > bytes.size() - kLengthBytes) {
    fail(ErrorCode::kFormat, where, ": truncated: expected a header of ", length, " bytes, found ",
         bytes.size() - kLengthBytes);
  }
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()) + kLengthBytes,
                              static_cast<std::size_t>(length));
  if (text.empty() || text.front() != '{') {
    fail(ErrorCode::kFormat, where, ": not a safetensors file: expected a header that starts with '{', found '",
         excerpt(text.substr(0, 8)), "'");
  }
  return text;
}

}  // namespace

const char* safetensors_dtype_name(DType dtype) {
  for (const DTypeName& candidate : kDTypes) {
    if (candidate.supported && candidate.dtype == dtype) return candidate.name.data();
  }
  return "?";
}

SafeTensorsHeader read_safetensors_header(std::span<const std::byte> bytes, const std::string& where) {
  SafeTensorsHeader header;
  const std::string_view text = header_text(bytes, where);
  header.data = bytes.subspan(kLengthBytes + text.size());
  const Json json = Json::parse(text, where, Json::DuplicateKeys::kRefuse, Json::kMaxHeaderValues);
  for (const auto& [name, description] : json.as_object()) {
    if (name != "__metadata__") {
      header.entries.push_back(read_entry(name, description, header.data.size()));
      continue;
    }
    for (const auto& [key, value] : description.as_object()) header.metadata.emplace(key, value.as_string());
  }
  check_coverage(header.entries, header.data.size(), where);
  return header;
}

}  // namespace vitpose::engine
