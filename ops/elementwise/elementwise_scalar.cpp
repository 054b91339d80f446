#include "core/simd/f32x16_scalar.h"
#include "ops/elementwise/elementwise_simd.h"

namespace vitpose::engine {

void gelu_scalar(const float* x, float* out, Index count) {
  gelu_simd<simd::F32x16Scalar>(x, out, count);
}

void relu_scalar(const float* x, float* out, Index count) {
  relu_simd<simd::F32x16Scalar>(x, out, count);
}

void add_row_scalar(MatrixView<float> x, const float* row) {
  add_row_simd<simd::F32x16Scalar>(x, row);
}

}  // namespace vitpose::engine
