#include "core/simd/f32x16_avx512.h"
#include "ops/layer_norm/layer_norm_simd.h"

namespace vitpose::engine {

void layer_norm_avx512(MatrixView<const float> x, const LayerNormWeights& weights, MatrixView<float> out) {
  layer_norm_simd<AsF32<simd::F32x16Avx512>>(x, weights, out);
}

}  // namespace vitpose::engine
