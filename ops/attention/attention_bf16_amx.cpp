#include "core/simd/bf16_avx512_bf16.h"
#include "ops/attention/attention_bf16_simd.h"
#include "ops/gemm/product_amx.h"

namespace vitpose::engine {

namespace {

struct AmxAttentionProduct {
  using Bf16 = simd::Bf16Avx512;
  static constexpr Index kRows = kAmxRows;

  static void multiply(const float* a, Index a_stride, const float* panels, Index panel_stride, Index panel_count,
                       Index k, float* c, Index c_stride) {
    simd::AmxTiles::memory_barrier();
    Index p = 0;
    for (; p + 1 < panel_count; p += 2)
      tile<2>(a, a_stride, panels + p * panel_stride, panel_stride, k, c + p * 16, c_stride);
    if (p < panel_count) tile<1>(a, a_stride, panels + p * panel_stride, panel_stride, k, c + p * 16, c_stride);
  }

 private:
  template <int kPanels>
  static void tile(const float* a, Index a_stride, const float* panels, Index panel_stride, Index k, float* c,
                   Index c_stride) {
    AmxProduct<2, kPanels>::clear();
    for (Index unit = 0; unit < k; unit += kAmxStep) {
      AmxProduct<2, kPanels>::add({a + unit, a_stride, panels + unit * kPanelWidth, panel_stride});
    }
    AmxProduct<2, kPanels>::store(c, c_stride);
  }
};

static_assert(kAttentionUnits % kAmxStep == 0 && kAttentionBf16Strip >= kAmxRows);

}  // namespace

void attention_bf16_amx(const AttentionBf16Arguments& arguments, float* scratch) {
  const simd::AmxTiles tiles;
  AttentionBf16<AmxAttentionProduct>(arguments, scratch).run();
}

}  // namespace vitpose::engine
