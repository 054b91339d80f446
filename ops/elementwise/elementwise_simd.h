// The bodies of elementwise.h on a vector type V.
#pragma once

#include "core/simd/math.h"
#include "ops/elementwise/elementwise.h"

namespace vitpose::engine {

template <class V>
void gelu_simd(const float* x, float* out, Index count) {
  Index i = 0;
  for (; i + 16 <= count; i += 16) simd::gelu(V::load(x + i)).store(out + i);
  if (i < count) simd::gelu(V::load_partial(x + i, count - i, V::broadcast(0.0f))).store_partial(out + i, count - i);
}

template <class V>
void relu_simd(const float* x, float* out, Index count) {
  const V zero = V::broadcast(0.0f);
  Index i = 0;
  for (; i + 16 <= count; i += 16) max(zero, V::load(x + i)).store(out + i);  // NaN is the second operand: it passes
  if (i < count) max(zero, V::load_partial(x + i, count - i, zero)).store_partial(out + i, count - i);
}

template <class V>
void add_row_simd(MatrixView<float> x, const float* row) {
  const V zero = V::broadcast(0.0f);
  for (Index r = 0; r < x.rows; ++r) {
    float* const line = x.data + r * x.row_stride;
    Index c = 0;
    for (; c + 16 <= x.columns; c += 16) (V::load(line + c) + V::load(row + c)).store(line + c);
    if (const Index rest = x.columns - c; rest > 0) {
      (V::load_partial(line + c, rest, zero) + V::load_partial(row + c, rest, zero)).store_partial(line + c, rest);
    }
  }
}

}  // namespace vitpose::engine
