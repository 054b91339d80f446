#include "core/simd/f32x16_neon.h"
#include "ops/layer_norm/layer_norm_simd.h"

namespace vitpose::engine {

void layer_norm_neon(MatrixView<const float> x, const LayerNormWeights& weights, MatrixView<float> out) {
  layer_norm_simd<AsF32<simd::F32x16Neon>>(x, weights, out);
}

}  // namespace vitpose::engine
