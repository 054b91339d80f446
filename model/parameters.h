// A model's parameters by name, in the layout the kernels read: matrices in panels, vectors as plain floats.
// They come from a Hugging Face checkpoint (checkpoint.h packs them) or from a converted file (model_files.h looks at
// them in place).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/tensor.h"
#include "io/safetensors.h"
#include "ops/packed_matrix.h"

namespace vitpose::engine {

struct Parameter {
  DType dtype = DType::kF32;
  Shape shape;  // as stored: packed_shape(n, k, dtype), or [n rounded up to 16] for a vector
  const void* data = nullptr;
};

class ParameterSet {
 public:
  explicit ParameterSet(std::string where) : where_(std::move(where)) {}

  // Owned: packs `weights` [n, k] with the given storage. int8 adds `name`.scales and `name`.sums,
  // int4 `name`.scales (packed_matrix.h).
  void add_matrix(const std::string& name, TensorView<const float> weights, DType storage);
  // Likewise, packed already; takes the place of a matrix of this name.
  void add_matrix(const std::string& name, Int4Matrix packed);
  // Owned: copies `values` and pads them with zeros to whole cache lines.
  void add_vector(const std::string& name, TensorView<const float> values);
  // Not owned: the bytes of an open file.
  void add_view(const std::string& name, const StoredTensor& tensor);

  // Error kFormat naming the parameter, what was expected and what was found.
  PackedMatrix matrix(std::string_view name, Index n, Index k) const;
  const float* vector(std::string_view name, Index n) const;

  // In order of name.
  const std::map<std::string, Parameter, std::less<>>& all() const { return parameters_; }

 private:
  const Parameter& require(std::string_view name) const;
  const void* require(std::string_view name, DType dtype, const Shape& shape) const;
  const float* int4_scales(const std::string& name, Index n, Index k) const;
  void keep(const std::string& name, Tensor tensor);

  std::string where_;
  std::map<std::string, Parameter, std::less<>> parameters_;
  std::vector<Tensor> owned_;
};

}  // namespace vitpose::engine
