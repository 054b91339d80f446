#include "core/simd/f32x16_avx2.h"
#include "ops/elementwise/elementwise_simd.h"

namespace vitpose::engine {

void gelu_avx2(const float* x, float* out, Index count) {
  gelu_simd<simd::F32x16Avx2>(x, out, count);
}

void relu_avx2(const float* x, float* out, Index count) {
  relu_simd<simd::F32x16Avx2>(x, out, count);
}

void add_row_avx2(MatrixView<float> x, const float* row) {
  add_row_simd<simd::F32x16Avx2>(x, row);
}

}  // namespace vitpose::engine
