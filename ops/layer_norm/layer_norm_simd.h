// The body of layer_norm.h on a vector type V.
#pragma once

#include "ops/layer_norm/layer_norm.h"

namespace vitpose::engine {

// What becomes of a vector of results: floats, or bf16 (core/simd/bf16_scalar.h).
template <class V>
struct AsF32 {
  using Element = float;
  using Vector = V;
  [[gnu::always_inline]] static inline void store(float* p, V v, Index count) {
    if (count >= 16) {
      v.store(p);
    } else {
      v.store_partial(p, count);
    }
  }
};

// kRows rows side by side: each is a chain of dependent additions, and several chains keep the adders busy.
template <class Out, int kRows>
[[gnu::always_inline]] inline void layer_norm_rows(const float* x, Index x_stride, const LayerNormWeights& weights,
                                                   typename Out::Element* out, Index out_stride, Index columns) {
  using V = typename Out::Vector;
  const V zero = V::broadcast(0.0f);
  const float count = static_cast<float>(columns);
  const Index whole = columns / 16 * 16;
  const Index rest = columns - whole;

  V sum[kRows];
  for (int r = 0; r < kRows; ++r) sum[r] = zero;
  for (Index c = 0; c < whole; c += 16) {
    for (int r = 0; r < kRows; ++r) sum[r] = sum[r] + V::load(x + r * x_stride + c);
  }
  V mean[kRows];
  for (int r = 0; r < kRows; ++r) {
    if (rest > 0) sum[r] = sum[r] + V::load_partial(x + r * x_stride + whole, rest, zero);
    mean[r] = V::broadcast(reduce_add(sum[r]) / count);
  }

  V squares[kRows];
  for (int r = 0; r < kRows; ++r) squares[r] = zero;
  for (Index c = 0; c < whole; c += 16) {
    for (int r = 0; r < kRows; ++r) {
      const V difference = V::load(x + r * x_stride + c) - mean[r];
      squares[r] = fma(difference, difference, squares[r]);
    }
  }
  V scale[kRows];
  for (int r = 0; r < kRows; ++r) {
    if (rest > 0) {  // lanes beyond the row differ from the mean by nothing
      const V difference = V::load_partial(x + r * x_stride + whole, rest, mean[r]) - mean[r];
      squares[r] = fma(difference, difference, squares[r]);
    }
    const V variance = V::broadcast(reduce_add(squares[r]) / count);
    scale[r] = V::broadcast(1.0f) / sqrt(variance + V::broadcast(weights.epsilon));
  }

  for (Index c = 0; c < whole; c += 16) {
    const V weight = V::load(weights.weight + c);
    const V bias = V::load(weights.bias + c);
    for (int r = 0; r < kRows; ++r) {
      Out::store(out + r * out_stride + c, fma((V::load(x + r * x_stride + c) - mean[r]) * scale[r], weight, bias), 16);
    }
  }
  if (rest > 0) {
    const V weight = V::load_partial(weights.weight + whole, rest, zero);
    const V bias = V::load_partial(weights.bias + whole, rest, zero);
    for (int r = 0; r < kRows; ++r) {
      const V difference = V::load_partial(x + r * x_stride + whole, rest, mean[r]) - mean[r];
      Out::store(out + r * out_stride + whole, fma(difference * scale[r], weight, bias), rest);
    }
  }
}

template <class Out>
void layer_norm_simd(MatrixView<const float> x, const LayerNormWeights& weights,
                     MatrixView<typename Out::Element> out) {
  constexpr int kRowsAtOnce = 4;
  Index r = 0;
  for (; r + kRowsAtOnce <= x.rows; r += kRowsAtOnce) {
    layer_norm_rows<Out, kRowsAtOnce>(x.data + r * x.row_stride, x.row_stride, weights, out.data + r * out.row_stride,
                                      out.row_stride, x.columns);
  }
  for (; r < x.rows; ++r) {
    layer_norm_rows<Out, 1>(x.data + r * x.row_stride, x.row_stride, weights, out.data + r * out.row_stride,
                            out.row_stride, x.columns);
  }
}

}  // namespace vitpose::engine
