// The body of attention.h on a vector type V; kRows x kPanels vectors are the accumulators of one tile.
//
// K^T and V are copied into panels of 16 columns first. Then strips of kAttentionStrip query rows: their scores,
// the softmax in place, the product with V. A strip and the panels it meets stay in the first-level cache.
//
// The left factor of a product is a strip cut into blocks of kGemmBlock columns, kAttentionStride floats from row to
// row: a constant, so that a tile reaches all of its rows from one register. Rows beyond the last query are
// zero; their results are computed and dropped.
#pragma once

#include "core/simd/math.h"
#include "ops/attention/attention.h"
#include "ops/gemm/gemm.h"

namespace vitpose::engine {

// c[r][16p + lane] = sum over k of a[r][k] * panel p[k][lane], as gemm.h defines a product.
template <class V, int kRows, int kPanels>
[[gnu::always_inline]] inline void attention_tile(const float* a, const float* panels, Index panel_stride, Index k,
                                                  float* c, Index c_stride) {
  for (Index first = 0; first < k; first += kGemmBlock, a += kAttentionBlock) {
    const Index count = k - first < kGemmBlock ? k - first : kGemmBlock;
    V sum[kRows][kPanels];
    for (int r = 0; r < kRows; ++r) {
      for (int p = 0; p < kPanels; ++p) sum[r][p] = V::broadcast(0.0f);
    }
    for (Index kk = 0; kk < count; ++kk) {
      V b[kPanels];
      for (int p = 0; p < kPanels; ++p) b[p] = V::load(panels + p * panel_stride + (first + kk) * 16);
      for (int r = 0; r < kRows; ++r) {
        const V element = V::broadcast(a[r * kAttentionStride + kk]);
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

// c [kAttentionStrip, 16 * panel_count] = a [kAttentionStrip, k] times panel_count panels.
template <class V, int kRows, int kPanels>
void attention_product(const float* a, const float* panels, Index panel_count, Index k, float* c, Index c_stride) {
  static_assert(kAttentionStrip % kRows == 0);
  const Index panel_stride = k * 16;
  for (Index r = 0; r < kAttentionStrip; r += kRows) {
    const float* const rows = a + r * kAttentionStride;
    float* const target = c + r * c_stride;
    Index p = 0;
    for (; p + kPanels <= panel_count; p += kPanels) {
      attention_tile<V, kRows, kPanels>(rows, panels + p * panel_stride, panel_stride, k, target + p * 16, c_stride);
    }
    for (; p < panel_count; ++p) {
      attention_tile<V, kRows, 1>(rows, panels + p * panel_stride, panel_stride, k, target + p * 16, c_stride);
    }
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

// out[j][0..15] = in[j][0..15] for `rows` rows; columns from `count` on are zero.
template <class V>
[[gnu::always_inline]] inline void copy_columns(const float* in, Index stride, Index count, Index rows, float* out,
                                                Index out_stride) {
  const V zero = V::broadcast(0.0f);
  for (Index j = 0; j < rows; ++j) {
    const float* const row = in + j * stride;
    (count >= 16 ? V::load(row) : V::load_partial(row, count, zero)).store(out + j * out_stride);
  }
}

// The strip of queries first, first + 1, ...
template <class V>
void copy_queries(const AttentionArguments& s, Index first, Index rows, float* strip) {
  for (Index d = 0; d < s.head_size; d += 16) {
    float* const target = strip + d / kGemmBlock * kAttentionBlock + d % kGemmBlock;
    copy_columns<V>(s.q + first * s.qkv_stride + d, s.qkv_stride, s.head_size - d, rows, target, kAttentionStride);
    for (Index r = rows; r < kAttentionStrip; ++r) V::broadcast(0.0f).store(target + r * kAttentionStride);
  }
}

// Turns kRows rows of scores into e_j; inverse_sums[r] = 1 / sum of row r's e_j.
template <class V, int kRows>
[[gnu::always_inline]] inline void softmax_rows(float* scores, Index tokens, float scale, float* inverse_sums) {
  const V lowest = V::broadcast(-__builtin_inff());
  const V zero = V::broadcast(0.0f);
  const V scales = V::broadcast(scale);
  const Index whole = tokens / 16 * 16;
  const Index rest = tokens - whole;
  const auto column = [scores](Index j) __attribute__((always_inline)) {
    return scores + j / kGemmBlock * kAttentionBlock + j % kGemmBlock;
  };

  V largest[kRows];  // the rows' chains side by side: one alone would wait for itself
  for (int r = 0; r < kRows; ++r) largest[r] = lowest;
  for (Index j = 0; j < whole; j += 16) {
    const float* const s = column(j);
    for (int r = 0; r < kRows; ++r) largest[r] = max(largest[r], V::load(s + r * kAttentionStride));
  }
  V sum[kRows];
  for (int r = 0; r < kRows; ++r) {
    if (rest > 0) {
      largest[r] = max(largest[r], V::load_partial(column(whole) + r * kAttentionStride, rest, lowest));
    }
    sum[r] = V::broadcast(-(reduce_max(largest[r]) * scale));
  }
  for (int r = 0; r < kRows; ++r) {
    const V shift = sum[r];
    sum[r] = zero;
    for (Index j = 0; j < whole; j += 16) {
      float* const s = column(j) + r * kAttentionStride;
      const V e = simd::exp(fma(V::load(s), scales, shift));
      e.store(s);
      sum[r] = sum[r] + e;
    }
    if (rest > 0) {
      float* const s = column(whole) + r * kAttentionStride;
      simd::exp(fma(V::load(s), scales, shift)).store(s);
      sum[r] = sum[r] + V::load_partial(s, rest, zero);
    }
  }
  for (int r = 0; r < kRows; ++r) inverse_sums[r] = 1.0f / reduce_add(sum[r]);
}

template <class V, int kRows, int kPanels>
void attention_simd(const AttentionArguments& s, float* scratch) {
  const Index key_panels = (s.tokens + 15) / 16;
  const Index value_panels = (s.head_size + 15) / 16;
  const float scale = attention_scale(s.head_size);
  float* const queries = scratch;
  float* const scores = queries + attention_strip_floats(s.head_size);
  float* const keys = scores + attention_strip_floats(s.tokens);
  float* const values = keys + key_panels * 16 * s.head_size;
  float* const products = values + value_panels * 16 * s.tokens;
  for (Index p = 0; p < key_panels; ++p) {
    pack_transposed<V>(s.k + p * 16 * s.qkv_stride, s.qkv_stride, s.tokens - p * 16, s.head_size,
                       keys + p * 16 * s.head_size);
  }
  for (Index p = 0; p < value_panels; ++p) {
    copy_columns<V>(s.v + p * 16, s.qkv_stride, s.head_size - p * 16, s.tokens, values + p * 16 * s.tokens, 16);
  }
  for (Index first = 0; first < s.tokens; first += kAttentionStrip) {
    const Index rows = s.tokens - first < kAttentionStrip ? s.tokens - first : kAttentionStrip;
    copy_queries<V>(s, first, rows, queries);
    for (Index p = 0; p < key_panels; p += kGemmBlock / 16) {
      const Index panels = key_panels - p < kGemmBlock / 16 ? key_panels - p : kGemmBlock / 16;
      attention_product<V, kRows, kPanels>(queries, keys + p * 16 * s.head_size, panels, s.head_size,
                                           scores + p * 16 / kGemmBlock * kAttentionBlock, kAttentionStride);
    }
    float inverse_sums[kAttentionStrip];
    for (Index r = 0; r < kAttentionStrip; r += 4) {
      softmax_rows<V, 4>(scores + r * kAttentionStride, s.tokens, scale, inverse_sums + r);
    }
    attention_product<V, kRows, kPanels>(scores, values, value_panels, s.tokens, products, value_panels * 16);
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
