#include "model/model_files.h"

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "core/error.h"
#include "io/excerpt.h"
#include "model/checkpoint.h"
#include "model/config_json.h"

namespace vitpose::engine {

namespace {

constexpr std::size_t kMaxConfigBytes = 16u << 20;
constexpr const char* kFormatVersion = "1";

bool exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

// The crop must be what the backbone was built for: position embeddings are never interpolated.
void check_sizes(const ModelConfig& config, const PreprocessConfig& preprocess, const std::string& where) {
  if (preprocess.height != config.image_height || preprocess.width != config.image_width) {
    fail(ErrorCode::kFormat, where, ": the preprocessor's size is [", preprocess.height, ",", preprocess.width,
         "], expected the backbone's image_size [", config.image_height, ",", config.image_width, "]");
  }
}

// A configuration holds few values; one of many is there to fill the memory.
Json parse_json(const std::string& text, const std::string& where) {
  return Json::parse(text, where, Json::DuplicateKeys::kLastWins, Json::kMaxHeaderValues);
}

// Element type of the checkpoint's matrices, for people: the type of its first matrix, or int8 or int4 (in bytes) if
// there are any.
std::string stored_type(const SafeTensors& tensors) {
  const char* first = nullptr;
  for (const auto& [name, tensor] : tensors.tensors()) {
    if (tensor.shape.rank() < 2) continue;
    if (tensor.dtype == DType::kI8) return storage_name(DType::kI8);
    if (tensor.dtype == DType::kU8) return storage_name(DType::kI4);
    if (first == nullptr) first = name_of(tensor.dtype);
  }
  return first != nullptr ? first : "f32";
}

ModelFiles open_directory(const std::string& path, MappedFile::Access access, DType storage) {
  const std::string config_path = path + "/config.json";
  const std::string preprocess_path = path + "/preprocessor_config.json";
  std::vector<std::string> notes;
  const ModelConfig config =
      parse_model_config(parse_json(read_text_file(config_path, kMaxConfigBytes), config_path), notes);
  PreprocessConfig preprocess;
  preprocess.height = config.image_height;
  preprocess.width = config.image_width;
  if (exists(preprocess_path)) {
    preprocess =
        parse_preprocess_config(parse_json(read_text_file(preprocess_path, kMaxConfigBytes), preprocess_path), notes);
  } else {
    notes.push_back(path + ": no preprocessor_config.json, the defaults are used");
  }
  check_sizes(config, preprocess, path);
  const SafeTensors tensors = SafeTensors::open_directory(path, access);
  ParameterSet parameters = pack_checkpoint(tensors, config, storage, notes);
  return {config, preprocess, std::move(parameters), SafeTensors{}, std::move(notes), stored_type(tensors), false, {}};
}

const std::string& require_metadata(const SafeTensors& tensors, const char* key) {
  const auto found = tensors.metadata().find(key);
  if (found == tensors.metadata().end()) {
    fail(ErrorCode::kFormat, tensors.where(), ": metadata '", key,
         "' is missing; expected a file made by vitpose convert, or a Hugging Face directory");
  }
  return found->second;
}

ModelFiles open_converted(SafeTensors tensors) {
  const std::string path = tensors.where();
  const std::string& version = require_metadata(tensors, "vitpose_format");
  if (version != kFormatVersion) {
    fail(ErrorCode::kUnsupported, path, ": expected format version ", kFormatVersion, ", found '", excerpt(version),
         "'");
  }
  std::vector<std::string> notes;
  const ModelConfig config =
      parse_model_config(parse_json(require_metadata(tensors, "config"), path + ": config"), notes);
  const PreprocessConfig preprocess = parse_preprocess_config(
      parse_json(require_metadata(tensors, "preprocessor_config"), path + ": preprocessor_config"), notes);
  check_sizes(config, preprocess, path);
  ParameterSet parameters(path);
  for (const auto& [name, tensor] : tensors.tensors()) parameters.add_view(name, tensor);
  const std::string storage = stored_type(tensors);
  return {config, preprocess, std::move(parameters), std::move(tensors), std::move(notes), storage, true, {}};
}

}  // namespace

ModelFiles open_model(const std::string& path, MappedFile::Access access, DType storage) {
  if (!exists(path)) fail(ErrorCode::kIo, path, ": no such file or directory; expected a model");
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return open_directory(path, access, storage);
  return open_converted(SafeTensors::open(path, access));
}

ModelFiles open_model_memory(std::span<const std::byte> bytes, const std::string& where) {
  if (reinterpret_cast<std::uintptr_t>(bytes.data()) % kAlignment == 0) {
    return open_converted(SafeTensors::from_memory(bytes, where));
  }
  AlignedBuffer copy(bytes.size());
  if (!bytes.empty()) std::memcpy(copy.data(), bytes.data(), bytes.size());
  const std::span<const std::byte> aligned(static_cast<const std::byte*>(copy.data()), bytes.size());
  ModelFiles files = open_converted(SafeTensors::from_memory(aligned, where));
  files.aligned_copy = std::move(copy);
  return files;
}

void write_converted_file(const std::string& path, const ModelConfig& config, const PreprocessConfig& preprocess,
                          const ParameterSet& parameters, const std::string& source) {
  std::vector<TensorToStore> tensors;
  for (const auto& [name, parameter] : parameters.all()) {
    tensors.push_back({name, parameter.dtype, parameter.shape, parameter.data});
  }
  write_safetensors(path, tensors,
                    {{"vitpose_format", kFormatVersion},
                     {"config", to_json(config)},
                     {"preprocessor_config", to_json(preprocess)},
                     {"source", source}});
}

}  // namespace vitpose::engine
