// The products of bf16 attention on vectors: gemm_tile.h's tiles of kTileRows by kPanels. Each sum is one chain over k.
#pragma once

#include "ops/attention/attention_bf16_simd.h"
#include "ops/gemm/gemm_tile.h"

namespace vitpose::engine {

// `Registers` multiply pairs of bf16, as for GemmTile.
template <class Registers, int kTileRows, int kPanels>
struct VectorAttentionProduct {
  using Bf16 = typename Registers::Bf16;
  static constexpr Index kRows = 12;
  static_assert(kRows % kTileRows == 0 && kRows <= kAttentionBf16Strip);

  static void multiply(const float* a, Index a_stride, const float* panels, Index panel_stride, Index panel_count,
                       Index k, float* c, Index c_stride) {
    GemmTileInput input;
    input.a_stride = a_stride;
    input.b_stride = panel_stride;
    for (Index r = 0; r < kRows; r += kTileRows) {
      input.a = a + r * a_stride;
      Index p = 0;
      for (; p + kPanels <= panel_count; p += kPanels) {
        input.b = input.prefetch = panels + p * panel_stride;
        GemmTile<Registers, kTileRows, kPanels>(input).multiply_chain(k, c + r * c_stride + p * kPanelWidth, c_stride);
      }
      for (; p < panel_count; ++p) {
        input.b = input.prefetch = panels + p * panel_stride;
        GemmTile<Registers, kTileRows, 1>(input).multiply_chain(k, c + r * c_stride + p * kPanelWidth, c_stride);
      }
    }
  }
};

}  // namespace vitpose::engine
