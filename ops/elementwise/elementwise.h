// Elementwise operations on contiguous floats. `out` may be `x`.
#pragma once

#include "core/tensor.h"

namespace vitpose::engine {

// gelu(x) = x * 0.5 * (1 + erf(x / sqrt(2))), the exact form; the body in core/simd/math.h states its error.
using GeluKernel = void (*)(const float* x, float* out, Index count);

// relu(x) = x < 0 ? 0 : x; NaN passes.
using ReluKernel = void (*)(const float* x, float* out, Index count);

// Adds row[c] to every row of x, in place.
using AddRowKernel = void (*)(MatrixView<float> x, const float* row);

}  // namespace vitpose::engine
