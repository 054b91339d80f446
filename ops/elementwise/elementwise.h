// Elementwise operations on contiguous floats. `out` may be `x`.
#pragma once

#include "core/tensor.h"

namespace vitpose::engine {

// gelu(x) = x * 0.5 * (1 + erf(x / sqrt(2))), the exact form; the body in core/simd/math.h states its error.
using GeluKernel = void (*)(const float* x, float* out, Index count);

void gelu_scalar(const float* x, float* out, Index count);
void gelu_avx2(const float* x, float* out, Index count);
void gelu_avx512(const float* x, float* out, Index count);
void gelu_neon(const float* x, float* out, Index count);

// relu(x) = x < 0 ? 0 : x; NaN passes.
using ReluKernel = void (*)(const float* x, float* out, Index count);

void relu_scalar(const float* x, float* out, Index count);
void relu_avx2(const float* x, float* out, Index count);
void relu_avx512(const float* x, float* out, Index count);
void relu_neon(const float* x, float* out, Index count);

// Adds row[c] to every row of x, in place.
using AddRowKernel = void (*)(MatrixView<float> x, const float* row);

void add_row_scalar(MatrixView<float> x, const float* row);
void add_row_avx2(MatrixView<float> x, const float* row);
void add_row_avx512(MatrixView<float> x, const float* row);
void add_row_neon(MatrixView<float> x, const float* row);

}  // namespace vitpose::engine
