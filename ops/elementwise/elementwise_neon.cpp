#include "core/simd/f32x16_neon.h"
#include "ops/elementwise/elementwise_simd.h"

namespace vitpose::engine {

void gelu_neon(const float* x, float* out, Index count) {
  gelu_simd<simd::F32x16Neon>(x, out, count);
}

void relu_neon(const float* x, float* out, Index count) {
  relu_simd<simd::F32x16Neon>(x, out, count);
}

void add_row_neon(MatrixView<float> x, const float* row) {
  add_row_simd<simd::F32x16Neon>(x, row);
}

}  // namespace vitpose::engine
