// The products of bf16 attention on vectors: tiles of kRows by kPanels sums, as attention_tile has them for f32. Each
// sum is one chain over k (192 tokens are 96 pairs: less than a block of gemm.h).
#pragma once

#include "ops/attention/attention_bf16_simd.h"

namespace vitpose::engine {

template <class Bf16Type, int kTileRows, int kPanels>
struct VectorAttentionProduct {
  using Bf16 = Bf16Type;
  static constexpr Index kRows = 12;
  static_assert(kRows % kTileRows == 0 && kRows <= kAttentionBf16Strip);

  static void multiply(const float* a, Index a_stride, const float* panels, Index panel_stride, Index panel_count,
                       Index k, float* c, Index c_stride) {
    for (Index r = 0; r < kRows; r += kTileRows) {
      Index p = 0;
      for (; p + kPanels <= panel_count; p += kPanels) {
        tile<kPanels>(a + r * a_stride, a_stride, panels + p * panel_stride, panel_stride, k, c + r * c_stride + p * 16,
                      c_stride);
      }
      for (; p < panel_count; ++p) {
        tile<1>(a + r * a_stride, a_stride, panels + p * panel_stride, panel_stride, k, c + r * c_stride + p * 16,
                c_stride);
      }
    }
  }

 private:
  using V = typename Bf16::Vector;

  template <int kTilePanels>
  [[gnu::always_inline]] static inline void tile(const float* a, Index a_stride, const float* panels,
                                                 Index panel_stride, Index k, float* c, Index c_stride) {
    V sum[kTileRows][kTilePanels];
    for (int r = 0; r < kTileRows; ++r) {
      for (int p = 0; p < kTilePanels; ++p) sum[r][p] = V::broadcast(0.0f);
    }
    for (Index unit = 0; unit < k; ++unit) {
      V b[kTilePanels];
      for (int p = 0; p < kTilePanels; ++p) b[p] = V::load(panels + p * panel_stride + unit * 16);
      for (int r = 0; r < kTileRows; ++r) {
        const V element = V::broadcast(a[r * a_stride + unit]);
        for (int p = 0; p < kTilePanels; ++p) sum[r][p] = Bf16::dot(sum[r][p], element, b[p]);
      }
    }
    for (int r = 0; r < kTileRows; ++r) {
      for (int p = 0; p < kTilePanels; ++p) sum[r][p].store(c + r * c_stride + p * 16);
    }
  }
};

}  // namespace vitpose::engine
