#include "io/safetensors.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <new>
#include <utility>

#include "core/error.h"
#include "io/excerpt.h"
#include "io/json.h"
#include "io/safetensors_header.h"

namespace vitpose::engine {
namespace {

constexpr std::size_t kMaxIndexBytes = std::size_t{64} << 20;

bool is_there(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

// The index names files of its own folder; anything else would let a model read files from elsewhere.
void check_plain_name(const Json& value) {
  const std::string& name = value.as_string();
  if (name.empty() || name == "." || name == ".." || name.find_first_of(std::string_view("/\\\0", 3)) != name.npos) {
    fail(ErrorCode::kFormat, value.path(), ": expected a plain file name, found '", excerpt(name), "'");
  }
}

template <class Stored>
void widen(const StoredTensor& stored, Tensor& result) {
  float* const destination = result.data<float>();
  for (Index i = 0; i < result.count(); ++i) {
    Stored element;
    std::memcpy(&element, stored.data + static_cast<std::size_t>(i) * sizeof element,
                sizeof element);  // may be unaligned
    destination[i] = to_f32(element);
  }
}

}  // namespace

void SafeTensors::add(std::span<const std::byte> bytes, const std::string& where) try {
  SafeTensorsHeader header = read_safetensors_header(bytes, where);
  for (SafeTensorsEntry& entry : header.entries) {
    if (holds(entry.name)) {
      fail(ErrorCode::kFormat, where, ": tensor '", excerpt(entry.name), "' is also in another file of the model");
    }
    if (!entry.unsupported.empty()) {
      unsupported_.emplace(std::move(entry.name), std::move(entry.unsupported));
      continue;
    }
    StoredTensor stored;
    stored.dtype = entry.dtype;
    stored.shape = entry.shape;
    stored.data = header.data.data() + entry.begin;
    stored.size_bytes = static_cast<std::size_t>(entry.end - entry.begin);
    tensors_.emplace(std::move(entry.name), stored);
  }
  metadata_.merge(header.metadata);
} catch (const std::bad_alloc&) {
  fail(ErrorCode::kOutOfMemory, where, ": not enough memory for its header");
}

SafeTensors SafeTensors::from_memory(std::span<const std::byte> bytes, const std::string& where) {
  SafeTensors result;
  result.where_ = where;
  result.add(bytes, where);
  return result;
}

SafeTensors SafeTensors::open(const std::string& path, MappedFile::Access access) {
  SafeTensors result;
  result.where_ = path;
  result.files_.emplace_back(path, access);
  result.add(result.files_.back().bytes(), path);
  return result;
}

SafeTensors SafeTensors::open_directory(const std::string& directory, MappedFile::Access access) {
  const std::filesystem::path folder(directory);
  if (!is_there(folder)) fail(ErrorCode::kIo, "'", directory, "': no such directory");
  const std::filesystem::path single = folder / "model.safetensors";
  if (is_there(single)) return open(single.string(), access);
  const std::filesystem::path index_path = folder / "model.safetensors.index.json";
  if (!is_there(index_path)) {
    const char* const found = is_there(folder / "pytorch_model.bin") ? "only pytorch_model.bin" : "neither";
    fail(ErrorCode::kIo, "'", directory, "': expected model.safetensors or model.safetensors.index.json, found ",
         found);
  }

  SafeTensors result;
  result.where_ = index_path.string();
  const Json index = Json::parse(read_text_file(result.where_, kMaxIndexBytes), result.where_,
                                 Json::DuplicateKeys::kLastWins, Json::kMaxHeaderValues);
  const auto& weight_map = index.at("weight_map").as_object();
  std::map<std::string, std::vector<const std::string*>> shards;
  for (const auto& [name, file] : weight_map) {
    check_plain_name(file);
    shards[file.as_string()].push_back(&name);
  }
  for (const auto& [file, names] : shards) {
    const std::string path = (folder / file).string();
    for (const std::string* name : names) {
      if (!result.holds(*name)) continue;
      fail(ErrorCode::kFormat, result.where_, ": tensor '", excerpt(*name), "' is listed for ", excerpt(file),
           " but lies in another file");
    }
    result.files_.emplace_back(path, access);
    result.add(result.files_.back().bytes(), path);
    for (const std::string* name : names) {
      if (result.holds(*name)) continue;
      fail(ErrorCode::kFormat, path, ": tensor '", excerpt(*name), "' is missing, though ", result.where_, " lists it");
    }
  }
  return result;
}

bool SafeTensors::holds(std::string_view name) const {
  return tensors_.contains(name) || unsupported_.contains(name);
}

const StoredTensor* SafeTensors::find(std::string_view name) const {
  const auto entry = tensors_.find(name);
  return entry == tensors_.end() ? nullptr : &entry->second;
}

const StoredTensor& SafeTensors::require(std::string_view name, const Shape& shape) const {
  const StoredTensor* const stored = find(name);
  if (stored == nullptr) {
    const auto other = unsupported_.find(name);
    if (other == unsupported_.end()) fail(ErrorCode::kFormat, where_, ": tensor '", excerpt(name), "' is missing");
    fail(ErrorCode::kFormat, where_, ": tensor '", excerpt(name), "': expected ", shape.to_string(), ", found ",
         other->second, ", which is not supported");
  }
  if (!(stored->shape == shape)) {
    fail(ErrorCode::kFormat, where_, ": tensor '", excerpt(name), "': expected ", shape.to_string(), ", found ",
         stored->shape.to_string());
  }
  return *stored;
}

Tensor SafeTensors::load_f32(std::string_view name, const Shape& shape) const {
  const StoredTensor& stored = require(name, shape);
  const bool is_float = stored.dtype == DType::kF32 || stored.dtype == DType::kF16 || stored.dtype == DType::kBF16;
  if (!is_float) {
    fail(ErrorCode::kFormat, where_, ": tensor '", excerpt(name), "': expected dtype f32, f16 or bf16, found ",
         name_of(stored.dtype));
  }
  Tensor result(DType::kF32, shape);
  if (stored.dtype == DType::kF16) {
    widen<Float16>(stored, result);
  } else if (stored.dtype == DType::kBF16) {
    widen<BFloat16>(stored, result);
  } else if (stored.size_bytes > 0) {
    std::memcpy(result.raw(), stored.data, stored.size_bytes);
  }
  return result;
}

}  // namespace vitpose::engine
