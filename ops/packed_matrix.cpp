#include "ops/packed_matrix.h"

#include <cassert>
#include <cstring>

namespace vitpose::engine {

namespace {

// Position of element (channel, kk) from the start of the packed data.
Index packed_position(const PackedMatrix& matrix, Index channel, Index kk) {
  const Index panel = channel / kPanelWidth * matrix.panel_stride();
  const Index lane = channel % kPanelWidth;
  if (matrix.dtype == DType::kBF16) return panel + (kk / 2 * kPanelWidth + lane) * 2 + kk % 2;
  return panel + kk * kPanelWidth + lane;
}

}  // namespace

Shape packed_shape(Index n, Index k, DType dtype) {
  assert(dtype == DType::kF32 || dtype == DType::kBF16);
  const Index panels = (n + kPanelWidth - 1) / kPanelWidth;
  if (dtype == DType::kBF16) return {panels, (k + 1) / 2, kPanelWidth, 2};
  return {panels, k, kPanelWidth};
}

Tensor pack_matrix(TensorView<const float> weights, DType dtype) {
  assert(weights.shape.rank() == 2);
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

PackedMatrix packed_view(const Tensor& packed, Index n, Index k) {
  assert(packed.shape() == packed_shape(n, k, packed.dtype()));
  return {packed.raw(), packed.dtype(), n, k};
}

float packed_element(const PackedMatrix& matrix, Index channel, Index kk) {
  assert(channel >= 0 && channel < matrix.n && kk >= 0 && kk < matrix.k);
  const Index position = packed_position(matrix, channel, kk);
  if (matrix.dtype == DType::kBF16) return to_f32(static_cast<const BFloat16*>(matrix.data)[position]);
  return static_cast<const float*>(matrix.data)[position];
}

}  // namespace vitpose::engine
