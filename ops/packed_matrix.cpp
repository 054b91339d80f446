#include "ops/packed_matrix.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>
#include <limits>

namespace vitpose::engine {

namespace {

// Position of element (channel, kk) from the start of the packed data.
Index packed_position(const PackedMatrix& matrix, Index channel, Index kk) {
  const Index unit = elements_of_unit(matrix.dtype);
  const Index lane = channel % kPanelWidth;
  return channel / kPanelWidth * matrix.panel_stride() + (kk / unit * kPanelWidth + lane) * unit + kk % unit;
}

Index units_of(Index k, DType dtype) {
  const Index unit = elements_of_unit(dtype);
  return (k + unit - 1) / unit;
}

Shape shape_of_panels(Index panels, Index lines, DType dtype) {
  if (dtype == DType::kF32) return {panels, lines, kPanelWidth};
  const Index unit = elements_of_unit(dtype);
  return {panels, lines, kPanelWidth, dtype == DType::kI4 ? unit / 2 : unit};
}

Index padded_channels(Index n) {
  return (n + kPanelWidth - 1) / kPanelWidth * kPanelWidth;
}

float largest_magnitude(const float* values, Index count) {
  float largest = 0.0f;
  for (Index i = 0; i < count; ++i) {
    if (!std::isfinite(values[i])) return std::numeric_limits<float>::quiet_NaN();
    largest = std::max(largest, std::fabs(values[i]));
  }
  return largest;
}

}  // namespace

Shape packed_shape(Index n, Index k, DType dtype) {
  assert(dtype == DType::kF32 || dtype == DType::kBF16 || dtype == DType::kI8 || dtype == DType::kI4);
  const Index panels = (n + kPanelWidth - 1) / kPanelWidth;
  return shape_of_panels(panels, units_of(k, dtype) | 1, dtype);
}

bool is_packed_shape(const Shape& shape, Index n, Index k, DType dtype) {
  const Shape packed = packed_shape(n, k, dtype);
  return shape == packed || shape == shape_of_panels(packed[0], units_of(k, dtype), dtype);
}

Tensor pack_matrix(TensorView<const float> weights, DType dtype) {
  assert(weights.shape.rank() == 2 && (dtype == DType::kF32 || dtype == DType::kBF16));
  const Index n = weights.shape[0];
  const Index k = weights.shape[1];
  Tensor packed(dtype, packed_shape(n, k, dtype));
  std::memset(packed.raw(), 0, packed.size_bytes());
  const PackedMatrix matrix = packed_view(packed, n, k);
  for (Index channel = 0; channel < n; ++channel) {
    const float* row = weights.data + channel * k;
    for (Index kk = 0; kk < k; ++kk) {
      const Index position = packed_position(matrix, channel, kk);
      if (dtype == DType::kBF16) {
        packed.data<BFloat16>()[position] = to_bf16(row[kk]);
      } else {
        packed.data<float>()[position] = row[kk];
      }
    }
  }
  return packed;
}

QuantisedMatrix quantise_matrix(TensorView<const float> weights) {
  assert(weights.shape.rank() == 2);
  const Index n = weights.shape[0];
  const Index k = weights.shape[1];
  const Shape per_channel{padded_channels(n)};
  QuantisedMatrix result{Tensor(DType::kI8, packed_shape(n, k, DType::kI8)), Tensor(DType::kF32, per_channel),
                         Tensor(DType::kF32, per_channel)};
  std::memset(result.integers.raw(), 0, result.integers.size_bytes());
  std::memset(result.scales.raw(), 0, result.scales.size_bytes());
  std::memset(result.sums.raw(), 0, result.sums.size_bytes());
  const PackedMatrix matrix = packed_view(result, n, k);
  for (Index channel = 0; channel < n; ++channel) {
    const float* row = weights.data + channel * k;
    const float largest = largest_magnitude(row, k);
    result.scales.data<float>()[channel] = largest / 127.0f;
    if (!(largest > 0.0f)) continue;  // all zero, or not finite
    const double inverse = 127.0 / static_cast<double>(largest);
    long sum = 0;
    for (Index kk = 0; kk < k; ++kk) {
      const long integer = std::lrint(static_cast<double>(row[kk]) * inverse);
      result.integers.data<std::int8_t>()[packed_position(matrix, channel, kk)] = static_cast<std::int8_t>(integer);
      sum += integer;
    }
    result.sums.data<float>()[channel] = static_cast<float>(sum);
  }
  return result;
}

PackedMatrix packed_view(const Tensor& packed, Index n, Index k) {
  assert(packed.shape() == packed_shape(n, k, packed.dtype()));
  return {packed.raw(), packed.dtype(), n, k, packed.shape()[1], nullptr, nullptr};
}

PackedMatrix packed_view(const QuantisedMatrix& matrix, Index n, Index k) {
  PackedMatrix view = packed_view(matrix.integers, n, k);
  view.scales = matrix.scales.data<float>();
  view.sums = matrix.sums.data<float>();
  return view;
}

float packed_element(const PackedMatrix& matrix, Index channel, Index kk) {
  assert(channel >= 0 && channel < matrix.n && kk >= 0 && kk < matrix.k);
  const Index position = packed_position(matrix, channel, kk);
  if (matrix.dtype == DType::kBF16) return to_f32(static_cast<const BFloat16*>(matrix.data)[position]);
  if (matrix.dtype == DType::kI8) {
    return static_cast<float>(static_cast<const std::int8_t*>(matrix.data)[position]) * matrix.scales[channel];
  }
  if (matrix.dtype == DType::kI4) {
    const auto byte = static_cast<const std::uint8_t*>(matrix.data)[position / 2];
    const int nibble = position % 2 == 0 ? byte & 15 : byte >> 4;
    const Index group = channel / kPanelWidth * int4_groups(matrix.k) + kk / kInt4Group;
    return static_cast<float>(nibble - 8) * matrix.scales[group * kPanelWidth + channel % kPanelWidth];
  }
  return static_cast<const float*>(matrix.data)[position];
}

Tensor unpack_matrix(const PackedMatrix& matrix) {
  Tensor weights(DType::kF32, {matrix.n, matrix.k});
  float* out = weights.data<float>();
  for (Index channel = 0; channel < matrix.n; ++channel) {
    for (Index kk = 0; kk < matrix.k; ++kk) *out++ = packed_element(matrix, channel, kk);
  }
  return weights;
}

}  // namespace vitpose::engine
