// Products of bytes by AVX-VNNI: processors with AVX2 and vpdpbusd, but without AVX-512.
#include "core/simd/f32x16_avx2.h"
#include "ops/gemm/gemm_body.h"
#include "ops/gemm/gemm_kernels.h"

namespace vitpose::engine {

namespace {

struct Avx2VnniGemm {
  using Vector = simd::F32x16Avx2;
  using Register = __m256i;
  static constexpr int kUnit = 4;
  static constexpr bool kSumsIntegers = true;
  static constexpr int kLanes = 8;
  static constexpr int kRows = 6;  // 12 sums, 2 of B, 1 of A
  static constexpr int kPanels = 1;

  [[gnu::always_inline]] static inline Register zero() { return _mm256_setzero_si256(); }
  [[gnu::always_inline]] static inline Register load(const float* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  }
  [[gnu::always_inline]] static inline void store(float* p, Register v) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), v);
  }
  [[gnu::always_inline]] static inline Register broadcast(const float* p) {
    return _mm256_castps_si256(_mm256_broadcast_ss(p));
  }
  [[gnu::always_inline]] static inline Register add(Register a, Register b) { return _mm256_add_epi32(a, b); }
  // Assembly, because g++ 12 rotates the sums through other registers and then spills some of them. vex: without it
  // assemblers take AVX512_VNNI's encoding.
  [[gnu::always_inline]] static inline void multiply_add(Register& sum, Register a, Register b) {
    asm volatile("%{vex%} vpdpbusd %2, %1, %0" : "+x"(sum) : "x"(a), "x"(b));
  }
  [[gnu::always_inline]] static inline void prefetch(const float* p) {
    _mm_prefetch(reinterpret_cast<const char*>(p), _MM_HINT_T1);
  }
};

}  // namespace

void gemm_int8_avx2_vnni(const GemmArguments& arguments, const GemmBlock& block, float* scratch) {
  Gemm<Avx2VnniGemm>(arguments, block, scratch).multiply();
}

}  // namespace vitpose::engine
