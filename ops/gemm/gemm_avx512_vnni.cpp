// Products of bytes by AVX512_VNNI, on processors without AVX512_BF16 too.
#include "core/simd/f32x16_avx512.h"
#include "ops/gemm/gemm_body.h"
#include "ops/gemm/gemm_kernels.h"

namespace vitpose::engine {

namespace {

struct Avx512VnniGemm {
  using Vector = simd::F32x16Avx512;
  using Register = __m512i;
  static constexpr int kUnit = 4;
  static constexpr bool kSumsIntegers = true;
  static constexpr int kLanes = 16;
  static constexpr int kRows = 12;  // 24 sums, 2 of B, 1 of A, as gemm_avx512.cpp
  static constexpr int kPanels = 2;

  [[gnu::always_inline]] static inline Register zero() { return _mm512_setzero_si512(); }
  [[gnu::always_inline]] static inline Register load(const float* p) { return _mm512_loadu_si512(p); }
  [[gnu::always_inline]] static inline void store(float* p, Register v) { _mm512_storeu_si512(p, v); }
  [[gnu::always_inline]] static inline Register broadcast(const float* p) {
    return _mm512_castps_si512(_mm512_set1_ps(*p));
  }
  [[gnu::always_inline]] static inline Register add(Register a, Register b) { return _mm512_add_epi32(a, b); }
  // Assembly, because g++ 12 rotates the sums through other registers and then spills some of them.
  [[gnu::always_inline]] static inline void multiply_add(Register& sum, Register a, Register b) {
    asm volatile("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
  }
  [[gnu::always_inline]] static inline void prefetch(const float* p) {
    _mm_prefetch(reinterpret_cast<const char*>(p), _MM_HINT_T1);
  }
};

}  // namespace

void gemm_int8_avx512_vnni(const GemmArguments& arguments, const GemmBlock& block, float* scratch) {
  Gemm<Avx512VnniGemm>(arguments, block, scratch).multiply();
}

}  // namespace vitpose::engine
