#include "core/simd/f32x16_scalar.h"
#include "ops/layer_norm/layer_norm_simd.h"

namespace vitpose::engine {

void layer_norm_scalar(MatrixView<const float> x, const LayerNormWeights& weights, MatrixView<float> out) {
  layer_norm_simd<AsF32<simd::F32x16Scalar>>(x, weights, out);
}

}  // namespace vitpose::engine
