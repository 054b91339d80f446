// The one layout of weights: panels of 16 output channels.
//
// A weight matrix W of shape [n, k] (n output channels, as PyTorch stores it) becomes ceil(n / 16) panels.
//   f32 : panel p is k x 16 floats,               element (kk, j) = W[16p + j][kk]
//   bf16: panel p is ceil(k / 2) x 16 x 2 values, element (kk, j) at [kk / 2][j][kk % 2]
// Channels beyond n and the odd k are zero. Every instruction set reads this layout: a wider kernel walks two
// panels at once. It is also what a converted model file holds, so loading is one mmap.
#pragma once

#include "core/dtype.h"
#include "core/tensor.h"

namespace vitpose::engine {

inline constexpr Index kPanelWidth = 16;

// A view; whoever loaded the weights owns the memory.
struct PackedMatrix {
  const void* data = nullptr;
  DType dtype = DType::kF32;  // kF32 or kBF16
  Index n = 0;                // output channels
  Index k = 0;                // input channels

  Index panels() const { return (n + kPanelWidth - 1) / kPanelWidth; }
  // Elements from one panel to the next.
  Index panel_stride() const { return (dtype == DType::kBF16 ? (k + 1) / 2 * 2 : k) * kPanelWidth; }
};

// Shape of the packed tensor: f32 [panels, k, 16]; bf16 [panels, ceil(k/2), 16, 2].
Shape packed_shape(Index n, Index k, DType dtype);

// Packs `weights` [n, k] (row-major f32) to dtype f32 or bf16 (rounded to nearest even).
Tensor pack_matrix(TensorView<const float> weights, DType dtype);

PackedMatrix packed_view(const Tensor& packed, Index n, Index k);

// W[channel][kk], widened exactly.
float packed_element(const PackedMatrix& matrix, Index channel, Index kk);

}  // namespace vitpose::engine
