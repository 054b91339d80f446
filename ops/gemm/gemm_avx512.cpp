#include "core/simd/f32x16_avx512.h"
#include "ops/gemm/gemm_body.h"
#include "ops/gemm/gemm_kernels.h"

namespace vitpose::engine {

namespace {

struct Avx512Gemm {
  using Vector = simd::F32x16Avx512;
  using Register = __m512;
  static constexpr int kUnit = 1;
  static constexpr int kLanes = 16;
  // 24 sums, 2 of B, 1 of A. 8 x 48 and 6 x 64 are as fast; 12 is also the width of the decoder's images.
  static constexpr int kRows = 12;
  static constexpr int kPanels = 2;

  [[gnu::always_inline]] static inline Register zero() { return _mm512_setzero_ps(); }
  [[gnu::always_inline]] static inline Register load(const float* p) { return _mm512_loadu_ps(p); }
  [[gnu::always_inline]] static inline void store(float* p, Register v) { _mm512_storeu_ps(p, v); }
  [[gnu::always_inline]] static inline Register broadcast(const float* p) { return _mm512_set1_ps(*p); }
  [[gnu::always_inline]] static inline Register add(Register a, Register b) { return _mm512_add_ps(a, b); }
  // Assembly, because g++ 12 rotates the sums through other registers and then spills some of them.
  [[gnu::always_inline]] static inline void multiply_add(Register& sum, Register a, Register b) {
    asm volatile("vfmadd231ps %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
  }
  [[gnu::always_inline]] static inline void prefetch(const float* p) {
    _mm_prefetch(reinterpret_cast<const char*>(p), _MM_HINT_T1);
  }
  // 16 pairs of bf16: the first of each pair to `even`, the second to `odd`.
  [[gnu::always_inline]] static inline void widen_pairs(const BFloat16* in, float* even, float* odd) {
    const __m512i pairs = _mm512_loadu_si512(in);
    _mm512_storeu_si512(even, _mm512_slli_epi32(pairs, 16));
    _mm512_storeu_si512(odd, _mm512_and_si512(pairs, _mm512_set1_epi32(static_cast<int>(0xffff0000u))));
  }
};

}  // namespace

void gemm_avx512(const GemmArguments& arguments, const GemmBlock& block, float* scratch) {
  Gemm<Avx512Gemm>(arguments, block, scratch).multiply();
}

}  // namespace vitpose::engine
