#include "core/simd/f32x16_avx512.h"
#include "ops/elementwise/elementwise_simd.h"

namespace vitpose::engine {

void gelu_avx512(const float* x, float* out, Index count) {
  gelu_simd<simd::F32x16Avx512>(x, out, count);
}

void relu_avx512(const float* x, float* out, Index count) {
  relu_simd<simd::F32x16Avx512>(x, out, count);
}

void add_row_avx512(MatrixView<float> x, const float* row) {
  add_row_simd<simd::F32x16Avx512>(x, row);
}

}  // namespace vitpose::engine
