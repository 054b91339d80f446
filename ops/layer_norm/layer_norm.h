// y = (x - mean) / sqrt(var + eps) * weight + bias over one row, var biased (torch.nn.LayerNorm).
//
// Definition (f32): 16 partial sums, element c goes to lane c % 16, ascending; lanes are added by the fixed tree
// of reduce_add (core/simd/f32x16_scalar.h); mean = sum / columns. The squared differences likewise, by fused
// multiply-add. y = fma((x - mean) * (1 / sqrt(var + eps)), weight, bias), division and square root IEEE.
// `out` may be `x`. Rows are independent.
#pragma once

#include "core/tensor.h"

namespace vitpose::engine {

struct LayerNormWeights {
  const float* weight = nullptr;  // [columns]
  const float* bias = nullptr;    // [columns]
  float epsilon = 1e-12f;
};

using LayerNormKernel = void (*)(MatrixView<const float> x, const LayerNormWeights& weights, MatrixView<float> out);

void layer_norm_scalar(MatrixView<const float> x, const LayerNormWeights& weights, MatrixView<float> out);
void layer_norm_avx2(MatrixView<const float> x, const LayerNormWeights& weights, MatrixView<float> out);
void layer_norm_avx512(MatrixView<const float> x, const LayerNormWeights& weights, MatrixView<float> out);
void layer_norm_neon(MatrixView<const float> x, const LayerNormWeights& weights, MatrixView<float> out);

}  // namespace vitpose::engine
