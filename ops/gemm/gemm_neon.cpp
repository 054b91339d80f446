#include "core/simd/f32x16_neon.h"
#include "ops/gemm/gemm_body.h"
#include "ops/gemm/gemm_kernels.h"

namespace vitpose::engine {

namespace {

struct NeonGemm {
  using Vector = simd::F32x16Neon;
  using Register = float32x4_t;
  static constexpr int kUnit = 1;
  static constexpr int kLanes = 4;
  static constexpr int kRows = 6;  // 24 sums, 4 of B, 1 of A; the next row would leave none for A
  static constexpr int kPanels = 1;

  [[gnu::always_inline]] static inline Register zero() { return vdupq_n_f32(0.0f); }
  [[gnu::always_inline]] static inline Register load(const float* p) { return vld1q_f32(p); }
  [[gnu::always_inline]] static inline void store(float* p, Register v) { vst1q_f32(p, v); }
  [[gnu::always_inline]] static inline Register broadcast(const float* p) { return vld1q_dup_f32(p); }
  [[gnu::always_inline]] static inline Register add(Register a, Register b) { return vaddq_f32(a, b); }
  // Assembly, because g++ 12 rotates the sums through other registers and then spills some of them.
  [[gnu::always_inline]] static inline void multiply_add(Register& sum, Register a, Register b) {
    asm volatile("fmla %0.4s, %1.4s, %2.4s" : "+w"(sum) : "w"(a), "w"(b));
  }
  [[gnu::always_inline]] static inline void prefetch(const float* p) { __builtin_prefetch(p, 0, 2); }
  // 16 pairs of bf16: the first of each pair to `even`, the second to `odd`.
  [[gnu::always_inline]] static inline void widen_pairs(const BFloat16* in, float* even, float* odd) {
    for (int first = 0; first < 16; first += 8) {
      const uint16x8x2_t pairs = vld2q_u16(&in[2 * first].bits);
      widen(pairs.val[0], even + first);
      widen(pairs.val[1], odd + first);
    }
  }

 private:
  [[gnu::always_inline]] static inline void widen(uint16x8_t halves, float* out) {
    vst1q_f32(out, vreinterpretq_f32_u32(vshlq_n_u32(vmovl_u16(vget_low_u16(halves)), 16)));
    vst1q_f32(out + 4, vreinterpretq_f32_u32(vshlq_n_u32(vmovl_high_u16(halves), 16)));
  }
};

}  // namespace

void gemm_neon(const GemmArguments& arguments, const GemmBlock& block, float* scratch) {
  Gemm<NeonGemm>(arguments, block, scratch).multiply();
}

}  // namespace vitpose::engine
