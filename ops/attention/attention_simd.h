// The body of attention.h on a vector type V; kRows x kPanels vectors are the accumulators of one tile.
//
// K^T and V are copied into panels of 16 columns first. Then strips of query rows: their scores, the softmax
// in place, the product with V. A strip and the panels it meets stay in the first-level cache.
#pragma once

#include "core/simd/math.h"
#include "ops/attention/attention.h"
#include "ops/gemm/gemm.h"

namespace vitpose::engine {

// c[r][16p + lane] = sum over k of a[r][k] * panel p[k][lane], as gemm.h defines a product.
template <class V, int kRows, int kPanels>
[[gnu::always_inline]] inline void attention_tile(const float* a, Index a_stride, const float* panels,
                                                  Index panel_stride, Index k, float* c, Index c_stride) {
  for (Index first = 0; first < k; first += kGemmBlock) {
    const Index last = k - first < kGemmBlock ? k : first + kGemmBlock;
    V sum[kRows][kPanels];
    for (int r = 0; r < kRows; ++r) {
      for (int p = 0; p < kPanels; ++p) sum[r][p] = V::broadcast(0.0f);
    }
    for (Index kk = first; kk < last; ++kk) {
      V b[kPanels];
      for (int p = 0; p < kPanels; ++p) b[p] = V::load(panels + p * panel_stride + kk * 16);
      for (int r = 0; r < kRows; ++r) {
        const V element = V::broadcast(a[r * a_stride + kk]);
        for (int p = 0; p < kPanels; ++p) sum[r][p] = fma(element, b[p], sum[r][p]);
      }
    }
    for (int r = 0; r < kRows; ++r) {
      for (int p = 0; p < kPanels; ++p) {
        float* const target = c + r * c_stride + p * 16;
        (first == 0 ? sum[r][p] : V::load(target) + sum[r][p]).store(target);
      }
    }
  }
}

template <class V, int kRows, int kPanels>
void attention_product_rows(const float* a, Index a_stride, const float* panels, Index panel_count, Index k, float* c,
                            Index c_stride) {
  const Index panel_stride = k * 16;
  Index p = 0;
  for (; p + kPanels <= panel_count; p += kPanels) {
    attention_tile<V, kRows, kPanels>(a, a_stride, panels + p * panel_stride, panel_stride, k, c + p * 16, c_stride);
  }
  for (; p < panel_count; ++p) {
    attention_tile<V, kRows, 1>(a, a_stride, panels + p * panel_stride, panel_stride, k, c + p * 16, c_stride);
  }
}

// c [rows, 16 * panel_count] = a [rows, k] times the panels.
template <class V, int kRows, int kPanels>
void attention_product(const float* a, Index a_stride, Index rows, const float* panels, Index panel_count, Index k,
                       float* c, Index c_stride) {
  Index r = 0;
  for (; r + kRows <= rows; r += kRows) {
    attention_product_rows<V, kRows, kPanels>(a + r * a_stride, a_stride, panels, panel_count, k, c + r * c_stride,
                                              c_stride);
  }
  for (; r < rows; ++r) {
    attention_product_rows<V, 1, kPanels>(a + r * a_stride, a_stride, panels, panel_count, k, c + r * c_stride,
                                          c_stride);
  }
}

// panel[d][j] = keys[j][d] of 16 keys; keys beyond `count` are zero (their scores are never looked at).
template <class V>
[[gnu::always_inline]] inline void pack_transposed(const float* keys, Index stride, Index count, Index head_size,
                                                   float* panel) {
  Index done = 0;
  if (count >= 16) {
    for (; done + 4 <= head_size; done += 4) {
      for (Index j = 0; j < 16; j += 4) V::transpose_4x4(keys + j * stride + done, stride, panel + done * 16 + j, 16);
    }
  }
  for (; done < head_size; ++done) {
    for (Index j = 0; j < 16; ++j) panel[done * 16 + j] = j < count ? keys[j * stride + done] : 0.0f;
  }
}

// panel[j][d] = values[j][d] for `count` <= 16 channels d; the others are zero.
template <class V>
[[gnu::always_inline]] inline void pack_columns(const float* values, Index stride, Index count, Index tokens,
                                                float* panel) {
  const V zero = V::broadcast(0.0f);
  for (Index j = 0; j < tokens; ++j) {
    const float* const row = values + j * stride;
    (count >= 16 ? V::load(row) : V::load_partial(row, count, zero)).store(panel + j * 16);
  }
}

// Turns one row of scores into e_j; returns 1 / sum of e_j.
template <class V>
[[gnu::always_inline]] inline float softmax_row(float* scores, Index tokens, float scale) {
  const Index whole = tokens / 16 * 16;
  const Index rest = tokens - whole;
  const V lowest = V::broadcast(-__builtin_inff());
  V largest = lowest;
  for (Index j = 0; j < whole; j += 16) largest = max(largest, V::load(scores + j));
  if (rest > 0) largest = max(largest, V::load_partial(scores + whole, rest, lowest));
  const V scales = V::broadcast(scale);
  const V shift = V::broadcast(-(reduce_max(largest) * scale));
  V sum = V::broadcast(0.0f);
  for (Index j = 0; j < whole; j += 16) {
    const V e = simd::exp(fma(V::load(scores + j), scales, shift));
    sum = sum + e;
    e.store(scores + j);
  }
  if (rest > 0) {
    const V e = simd::exp(fma(V::load(scores + whole), scales, shift));
    e.store(scores + whole);
    sum = sum + V::load_partial(scores + whole, rest, V::broadcast(0.0f));
  }
  return 1.0f / reduce_add(sum);
}

template <class V, int kRows, int kPanels>
void attention_simd(const AttentionArguments& s, float* scratch) {
  const Index key_panels = (s.tokens + 15) / 16;
  const Index value_panels = (s.head_size + 15) / 16;
  const float scale = attention_scale(s.head_size);
  float* const keys = scratch;
  float* const values = keys + key_panels * 16 * s.head_size;
  float* const scores = values + value_panels * 16 * s.tokens;
  float* const products = scores + kAttentionStrip * key_panels * 16;
  for (Index p = 0; p < key_panels; ++p) {
    pack_transposed<V>(s.k + p * 16 * s.qkv_stride, s.qkv_stride, s.tokens - p * 16, s.head_size,
                       keys + p * 16 * s.head_size);
  }
  for (Index p = 0; p < value_panels; ++p) {
    pack_columns<V>(s.v + p * 16, s.qkv_stride, s.head_size - p * 16, s.tokens, values + p * 16 * s.tokens);
  }
  for (Index first = 0; first < s.tokens; first += kAttentionStrip) {
    const Index rows = s.tokens - first < kAttentionStrip ? s.tokens - first : kAttentionStrip;
    attention_product<V, kRows, kPanels>(s.q + first * s.qkv_stride, s.qkv_stride, rows, keys, key_panels, s.head_size,
                                         scores, key_panels * 16);
    float inverse_sums[kAttentionStrip];
    for (Index r = 0; r < rows; ++r) inverse_sums[r] = softmax_row<V>(scores + r * key_panels * 16, s.tokens, scale);
    attention_product<V, kRows, kPanels>(scores, key_panels * 16, rows, values, value_panels, s.tokens, products,
                                         value_panels * 16);
    for (Index r = 0; r < rows; ++r) {
      const V factor = V::broadcast(inverse_sums[r]);
      float* const out = s.out + (first + r) * s.out_stride;
      for (Index d = 0; d < s.head_size; d += 16) {
        const V o = V::load(products + r * value_panels * 16 + d) * factor;
        if (s.head_size - d >= 16) {
          o.store(out + d);
        } else {
          o.store_partial(out + d, s.head_size - d);
        }
      }
    }
  }
}

}  // namespace vitpose::engine
