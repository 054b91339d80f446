// The body of bf16 attention on an engine of products `Product`:
//   Bf16, kRows, and multiply(a, a_stride, panels, panel_stride, panel_count, k, c, c_stride):
//   c [kRows, 16 * panel_count] = a [kRows, k units] times the panels; k is a multiple of kAttentionUnits.
//
// K^T and V are copied into panels of pairs first: for K^T a unit is two neighbouring columns of a key, for V a column
// of two neighbouring tokens. Then strips of kRows queries: their scores in f32, the softmax, which leaves e_j in bf16,
// and the product with V. What pads units and panels is zero; a strip's rows behind the last query repeat its first,
// and what comes of them is dropped.
#pragma once

#include "core/simd/math.h"
#include "ops/attention/attention.h"
#include "ops/attention/attention_simd.h"

namespace vitpose::engine {

// Rows of scores to e_j, rounded; inverse_sums[r] = 1 / sum of row r's e_j, taken before the rounding.
template <class Bf16, int kRows>
[[gnu::always_inline]] inline void softmax_rows_bf16(const float* scores, Index scores_stride, Index tokens,
                                                     float scale, float* weights, Index weights_stride,
                                                     float* inverse_sums) {
  using V = typename Bf16::Vector;
  const V lowest = V::broadcast(-__builtin_inff());
  const V zero = V::broadcast(0.0f);
  const V scales = V::broadcast(scale);
  const Index whole = tokens / 16 * 16;
  const Index rest = tokens - whole;
  V largest[kRows];  // the rows' chains side by side: one alone would wait for itself
  for (int r = 0; r < kRows; ++r) largest[r] = lowest;
  for (Index j = 0; j < whole; j += 16) {
    for (int r = 0; r < kRows; ++r) largest[r] = max(largest[r], V::load(scores + r * scores_stride + j));
  }
  for (int r = 0; r < kRows; ++r) {
    const float* const row = scores + r * scores_stride;
    auto* const out = reinterpret_cast<typename Bf16::Element*>(weights + r * weights_stride);
    if (rest > 0) largest[r] = max(largest[r], V::load_partial(row + whole, rest, lowest));
    const V shift = V::broadcast(-(reduce_max(largest[r]) * scale));
    V sum = zero;
    for (Index j = 0; j < whole; j += 16) {
      const V e = simd::exp(fma(V::load(row + j), scales, shift));
      Bf16::store(out + j, e, 16);
      sum = sum + e;
    }
    if (rest > 0) {
      float last[16];
      simd::exp(fma(V::load_partial(row + whole, rest, zero), scales, shift)).store(last);
      const V e = V::load_partial(last, rest, zero);
      Bf16::store(out + whole, e, 16);
      sum = sum + e;
    }
    inverse_sums[r] = 1.0f / reduce_add(sum);
  }
}

template <class Product>
class AttentionBf16 {
 public:
  [[gnu::always_inline]] inline AttentionBf16(const AttentionBf16Arguments& arguments, float* scratch)
      : s_(arguments),
        scale_(attention_scale(arguments.head_size)),
        key_panels_((s_.tokens + 15) / 16),
        value_panels_((s_.head_size + 15) / 16),
        head_units_(units_of(s_.head_size)),
        token_units_(units_of(s_.tokens)),
        queries_(scratch),
        scores_(queries_ + kAttentionBf16Strip * head_units_),
        weights_(scores_ + kAttentionBf16Strip * key_panels_ * 16),
        products_(weights_ + kAttentionBf16Strip * token_units_),
        keys_(products_ + kAttentionBf16Strip * value_panels_ * 16),
        values_(keys_ + key_panels_ * head_units_ * 16) {}

  [[gnu::always_inline]] inline void run() const {
    clear(queries_, kAttentionBf16Strip * head_units_);
    clear(weights_, kAttentionBf16Strip * token_units_);
    pack_keys();
    pack_values();
    for (Index first = 0; first < s_.tokens; first += Product::kRows) {
      const Index rows = s_.tokens - first < Product::kRows ? s_.tokens - first : Product::kRows;
      copy_queries(first, rows);
      Product::multiply(queries_, head_units_, keys_, head_units_ * 16, key_panels_, head_units_, scores_,
                        key_panels_ * 16);
      float inverse_sums[Product::kRows];
      for (Index r = 0; r < Product::kRows; r += 4) {
        softmax_rows_bf16<Bf16, 4>(scores_ + r * key_panels_ * 16, key_panels_ * 16, s_.tokens, scale_,
                                   weights_ + r * token_units_, token_units_, inverse_sums + r);
      }
      Product::multiply(weights_, token_units_, values_, token_units_ * 16, value_panels_, token_units_, products_,
                        value_panels_ * 16);
      store_rows(first, rows, inverse_sums);
    }
  }

 private:
  using Bf16 = typename Product::Bf16;
  using V = typename Bf16::Vector;

  [[gnu::always_inline]] static inline Index units_of(Index count) {
    return ((count + 1) / 2 + kAttentionUnits - 1) / kAttentionUnits * kAttentionUnits;
  }
  [[gnu::always_inline]] static inline void clear(float* p, Index count) {
    for (Index i = 0; i < count; i += 16) V::broadcast(0.0f).store(p + i);
  }

  // A unit of a key moves like a float.
  [[gnu::always_inline]] inline void pack_keys() const {
    const Index units = s_.head_size / 2;
    for (Index p = 0; p < key_panels_; ++p) {
      float* const panel = keys_ + p * head_units_ * 16;
      pack_transposed<V>(reinterpret_cast<const float*>(s_.k + p * 16 * s_.qkv_stride), s_.qkv_stride / 2,
                         s_.tokens - p * 16, units, panel);
      clear(panel + units * 16, (head_units_ - units) * 16);
    }
  }

  [[gnu::always_inline]] inline void pack_values() const {
    const Index units = (s_.tokens + 1) / 2;
    for (Index p = 0; p < value_panels_; ++p) {
      const BFloat16* even = s_.v + p * 16;
      float* out = values_ + p * token_units_ * 16;
      for (Index unit = 0; unit < units; ++unit, even += 2 * s_.qkv_stride, out += 16) {
        const BFloat16* const odd = 2 * unit + 1 < s_.tokens ? even + s_.qkv_stride : nullptr;
        Bf16::interleave(even, odd, s_.head_size - p * 16, out);
      }
      clear(out, (token_units_ - units) * 16);
    }
  }

  [[gnu::always_inline]] inline void copy_queries(Index first, Index rows) const {
    const Index units = s_.head_size / 2;
    for (Index r = 0; r < Product::kRows; ++r) {
      const auto* const row = reinterpret_cast<const float*>(s_.q + (first + (r < rows ? r : 0)) * s_.qkv_stride);
      for (Index unit = 0; unit < units; unit += 16) {
        const V values =
            units - unit >= 16 ? V::load(row + unit) : V::load_partial(row + unit, units - unit, V::broadcast(0.0f));
        values.store(queries_ + r * head_units_ + unit);
      }
    }
  }

  [[gnu::always_inline]] inline void store_rows(Index first, Index rows, const float* inverse_sums) const {
    for (Index r = 0; r < rows; ++r) {
      const V factor = V::broadcast(inverse_sums[r]);
      BFloat16* const out = s_.out + (first + r) * s_.out_stride;
      for (Index d = 0; d < s_.head_size; d += 16) {
        const Index count = s_.head_size - d < 16 ? s_.head_size - d : 16;
        Bf16::store(out + d, V::load(products_ + r * value_panels_ * 16 + d) * factor, count);
      }
    }
  }

  const AttentionBf16Arguments& s_;
  float scale_;
  Index key_panels_;
  Index value_panels_;
  Index head_units_;
  Index token_units_;
  float* queries_;
  float* scores_;
  float* weights_;
  float* products_;
  float* keys_;
  float* values_;
};

}  // namespace vitpose::engine
