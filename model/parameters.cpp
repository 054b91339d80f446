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
  if (storage != DType::kI8) return keep(name, pack_matrix(weights, storage));
  QuantisedMatrix quantised = quantise_matrix(weights);
  keep(name, std::move(quantised.integers));
  keep(name + ".scales", std::move(quantised.scales));
  keep(name + ".sums", std::move(quantised.sums));
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

PackedMatrix ParameterSet::matrix(std::string_view name, Index n, Index k) const {
  const Parameter& parameter = require(name);
  if (parameter.dtype != DType::kF32 && parameter.dtype != DType::kBF16 && parameter.dtype != DType::kI8) {
    fail(ErrorCode::kFormat, where_, ": parameter '", name, "': expected f32, bf16 or i8, found ",
         name_of(parameter.dtype));
  }
  const Shape expected = packed_shape(n, k, parameter.dtype);
  if (parameter.shape != expected) {
    fail(ErrorCode::kFormat, where_, ": parameter '", name, "': expected ", expected.to_string(), ", found ",
         parameter.shape.to_string());
  }
  PackedMatrix matrix{parameter.data, parameter.dtype, n, k, nullptr, nullptr};
  if (parameter.dtype == DType::kI8) {
    matrix.scales = vector(std::string(name) + ".scales", n);
    matrix.sums = vector(std::string(name) + ".sums", n);
  }
  return matrix;
}

const float* ParameterSet::vector(std::string_view name, Index n) const {
  const Parameter& parameter = require(name);
  if (parameter.dtype != DType::kF32 || parameter.shape != vector_shape(n)) {
    fail(ErrorCode::kFormat, where_, ": parameter '", name, "': expected f32 ", vector_shape(n).to_string(), ", found ",
         name_of(parameter.dtype), " ", parameter.shape.to_string());
  }
  return static_cast<const float*>(parameter.data);
}

}  // namespace vitpose::engine
