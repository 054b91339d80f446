// safetensors files: 8 bytes header length (little endian), a JSON header, then the tensors' bytes.
// Untrusted: every offset, shape, dtype, overlap, hole and size is checked when the file is opened.
// A valid tensor that the engine has no type for (F8_E4M3, BOOL, more than six dimensions, ...) does no harm
// until someone asks for it: it is not in tensors(), and require() says why.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/dtype.h"
#include "core/shape.h"
#include "core/tensor.h"
#include "io/mapped_file.h"

namespace vitpose::engine {

struct StoredTensor {
  DType dtype = DType::kF32;
  Shape shape;
  const std::byte* data = nullptr;  // little endian; may be unaligned; lives as long as its SafeTensors
  std::size_t size_bytes = 0;
};

class SafeTensors {
 public:
  // One file. Error kIo / kFormat naming the file, the tensor, what was expected and what was found.
  static SafeTensors open(const std::string& path, MappedFile::Access access);
  // A Hugging Face directory: model.safetensors, or the shards of model.safetensors.index.json.
  static SafeTensors open_directory(const std::string& directory, MappedFile::Access access);
  // Header and data already in memory (fuzzing, embedding); `bytes` must outlive the result.
  static SafeTensors from_memory(std::span<const std::byte> bytes, const std::string& where);

  const StoredTensor* find(std::string_view name) const;
  // Error kFormat "<file>: tensor 'x' is missing" / "... expected [768,768], found [768,512]".
  const StoredTensor& require(std::string_view name, const Shape& shape) const;
  // The tensor widened exactly to f32 (from f32, f16, bf16); Error for other dtypes.
  Tensor load_f32(std::string_view name, const Shape& shape) const;

  const std::map<std::string, StoredTensor, std::less<>>& tensors() const { return tensors_; }
  const std::map<std::string, std::string, std::less<>>& metadata() const { return metadata_; }  // __metadata__
  const std::string& where() const { return where_; }

 private:
  void add(std::span<const std::byte> bytes, const std::string& where);
  bool holds(std::string_view name) const;  // supported or not

  std::vector<MappedFile> files_;
  std::map<std::string, StoredTensor, std::less<>> tensors_;
  std::map<std::string, std::string, std::less<>> unsupported_;  // name -> "dtype F8_E4M3"
  std::map<std::string, std::string, std::less<>> metadata_;
  std::string where_;
};

// Writes a valid safetensors file in the given order, with every tensor's data starting on 64 bytes: the header
// is padded with spaces, and each tensor's size must be a multiple of 64 except the last's (else Error
// kInvalidArgument, because the format allows no holes between tensors).
// Nothing is left behind on failure.
struct TensorToStore {
  std::string name;
  DType dtype = DType::kF32;
  Shape shape;
  const void* data = nullptr;
};
void write_safetensors(const std::string& path, const std::vector<TensorToStore>& tensors,
                       const std::map<std::string, std::string, std::less<>>& metadata);

}  // namespace vitpose::engine
