#include "model/parameters.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "core/error.h"
#include "io/excerpt.h"

namespace vitpose::engine {

namespace {

Shape vector_shape(Index n) {
  return {(n + kPanelWidth - 1) / kPanelWidth * kPanelWidth};
}

}  // namespace

void ParameterSet::keep(const std::string& name, Tensor tensor) {
  parameters_[name] = {tensor.dtype(), tensor.shape(), tensor.raw()};
  owned_.push_back(std::move(tensor));
}

void ParameterSet::add_matrix(const std::string& name, TensorView<const float> weights, DType storage) {
  if (storage == DType::kI4) return add_matrix(name, pack_int4(weights));
  if (storage != DType::kI8) return keep(name, pack_matrix(weights, storage));
  QuantisedMatrix quantised = quantise_matrix(weights);
  keep(name, std::move(quantised.integers));
  keep(name + ".scales", std::move(quantised.scales));
  keep(name + ".sums", std::move(quantised.sums));
}

void ParameterSet::add_matrix(const std::string& name, Int4Matrix packed) {
  keep(name, std::move(packed.nibbles));
  keep(name + ".scales", std::move(packed.scales));
}

void ParameterSet::add_vector(const std::string& name, TensorView<const float> values) {
  Tensor padded(DType::kF32, vector_shape(values.count()));
  float* out = padded.data<float>();
  std::copy_n(values.data, values.count(), out);
  std::fill(out + values.count(), out + padded.count(), 0.0f);
  keep(name, std::move(padded));
}

void ParameterSet::add_view(const std::string& name, const StoredTensor& tensor) {
  if (reinterpret_cast<std::uintptr_t>(tensor.data) % kAlignment != 0) {
    fail(ErrorCode::kFormat, where_, ": parameter '", excerpt(name), "' does not start on ", kAlignment, " bytes");
  }
  parameters_[name] = {tensor.dtype, tensor.shape, tensor.data};
}

const Parameter& ParameterSet::require(std::string_view name) const {
  const auto found = parameters_.find(name);
  if (found == parameters_.end()) fail(ErrorCode::kFormat, where_, ": parameter '", name, "' is missing");
  return found->second;
}

const void* ParameterSet::require(std::string_view name, DType dtype, const Shape& shape) const {
  const Parameter& parameter = require(name);
  if (parameter.dtype != dtype || parameter.shape != shape) {
    fail(ErrorCode::kFormat, where_, ": parameter '", name, "': expected ", name_of(dtype), " ", shape.to_string(),
         ", found ", name_of(parameter.dtype), " ", parameter.shape.to_string());
  }
  return parameter.data;
}

PackedMatrix ParameterSet::matrix(std::string_view name, Index n, Index k) const {
  const DType stored = require(name).dtype;
  if (stored != DType::kF32 && stored != DType::kBF16 && stored != DType::kI8 && stored != DType::kU8) {
    fail(ErrorCode::kFormat, where_, ": parameter '", name, "': expected f32, bf16, i8 or u8, found ", name_of(stored));
  }
  const DType dtype = stored == DType::kU8 ? DType::kI4 : stored;  // of which a byte holds two
  const Shape& shape = require(name).shape;
  const Shape& expected = is_packed_shape(shape, n, k, dtype) ? shape : packed_shape(n, k, dtype);
  PackedMatrix matrix{require(name, stored, expected), dtype, n, k, expected[1], nullptr, nullptr};
  if (dtype == DType::kI8) {
    matrix.scales = vector(std::string(name) + ".scales", n);
    matrix.sums = vector(std::string(name) + ".sums", n);
  }
  if (dtype == DType::kI4) matrix.scales = int4_scales(std::string(name) + ".scales", n, k);
  return matrix;
}

const float* ParameterSet::int4_scales(const std::string& name, Index n, Index k) const {
  const Shape shape = int4_scales_shape(n, k);
  const auto* const scales = static_cast<const float*>(require(name, DType::kF32, shape));
  const float* const end = scales + shape.count();
  if (const float* const bad = std::find_if_not(scales, end, is_int4_scale); bad != end) {
    fail(ErrorCode::kFormat, where_, ": parameter '", name, "': expected scales of five significant bits, found ",
         *bad);
  }
  return scales;
}

const float* ParameterSet::vector(std::string_view name, Index n) const {
  return static_cast<const float*>(require(name, DType::kF32, vector_shape(n)));
}

}  // namespace vitpose::engine
