#include <set>

#include "core/error.h"
#include "io/excerpt.h"
#include "io/json.h"
#include "io/output_file.h"
#include "io/safetensors.h"
#include "io/safetensors_header.h"

namespace vitpose::engine {
namespace {

std::size_t size_bytes(const TensorToStore& tensor) {
  return static_cast<std::size_t>(tensor.shape.count()) * size_of(tensor.dtype);
}

// The JSON header, padded so that the data behind it starts on a multiple of kAlignment.
std::string header_of(const std::vector<TensorToStore>& tensors,
                      const std::map<std::string, std::string, std::less<>>& metadata) {
  std::string header = "{";
  if (!metadata.empty()) {
    header += "\"__metadata__\":{";
    for (const auto& [key, value] : metadata) header += json_quote(key) + ":" + json_quote(value) + ",";
    header.back() = '}';
    header += ",";
  }
  std::size_t offset = 0;
  for (const TensorToStore& tensor : tensors) {
    const std::size_t end = offset + size_bytes(tensor);
    header += json_quote(tensor.name) + ":{\"dtype\":\"" + safetensors_dtype_name(tensor.dtype) +
              "\",\"shape\":" + tensor.shape.to_string() + ",\"data_offsets\":[" + std::to_string(offset) + "," +
              std::to_string(end) + "]},";
    offset = end;
  }
  if (header.size() > 1) header.pop_back();
  header += "}";
  while ((sizeof(std::uint64_t) + header.size()) % kAlignment != 0) header += ' ';
  return header;
}

}  // namespace

void write_safetensors(const std::string& path, const std::vector<TensorToStore>& tensors,
                       const std::map<std::string, std::string, std::less<>>& metadata) {
  std::set<std::string_view> names{"__metadata__"};
  for (const TensorToStore& tensor : tensors) {
    if (!names.insert(tensor.name).second) {
      fail(ErrorCode::kInvalidArgument, path, ": the tensor name '", excerpt(tensor.name), "' is taken");
    }
    if (&tensor != &tensors.back() && size_bytes(tensor) % kAlignment != 0) {
      fail(ErrorCode::kInvalidArgument, path, ": tensor '", excerpt(tensor.name), "': expected a multiple of ",
           kAlignment, " bytes, found ", size_bytes(tensor));
    }
  }
  const std::string header = header_of(tensors, metadata);
  const std::uint64_t length = header.size();
  OutputFile file(path);
  file.write(&length, sizeof length);
  file.write(header);
  for (const TensorToStore& tensor : tensors) file.write(tensor.data, size_bytes(tensor));
  file.commit();
}

}  // namespace vitpose::engine
