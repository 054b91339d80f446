#include "core/simd/i32_registers_avx2.h"
#include "ops/gemm/gemm_body.h"
#include "ops/gemm/gemm_kernels.h"

namespace vitpose::engine {

namespace {

struct Avx2Gemm {
  using Vector = simd::F32x16Avx2;
  using Register = __m256;
  static constexpr int kUnit = 1;
  static constexpr int kLanes = 8;
  static constexpr int kRows = 6;  // 12 sums, 2 of B, 1 of A
  static constexpr int kPanels = 1;

  [[gnu::always_inline]] static inline Register zero() { return _mm256_setzero_ps(); }
  [[gnu::always_inline]] static inline Register load(const float* p) { return _mm256_loadu_ps(p); }
  [[gnu::always_inline]] static inline void store(float* p, Register v) { _mm256_storeu_ps(p, v); }
  [[gnu::always_inline]] static inline Register broadcast(const float* p) { return _mm256_broadcast_ss(p); }
  [[gnu::always_inline]] static inline Register add(Register a, Register b) { return _mm256_add_ps(a, b); }
  // Assembly, because g++ 12 rotates the sums through other registers and then spills some of them.
  [[gnu::always_inline]] static inline void multiply_add(Register& sum, Register a, Register b) {
    asm volatile("vfmadd231ps %2, %1, %0" : "+x"(sum) : "x"(a), "x"(b));
  }
  [[gnu::always_inline]] static inline void prefetch(const float* p) {
    _mm_prefetch(reinterpret_cast<const char*>(p), _MM_HINT_T1);
  }
  // 16 pairs of bf16: the first of each pair to `even`, the second to `odd`.
  [[gnu::always_inline]] static inline void widen_pairs(const BFloat16* in, float* even, float* odd) {
    const __m256i high_half = _mm256_set1_epi32(static_cast<int>(0xffff0000u));
    for (int half = 0; half < 2; ++half) {
      const __m256i pairs = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(in) + half);
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(even) + half, _mm256_slli_epi32(pairs, 16));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(odd) + half, _mm256_and_si256(pairs, high_half));
    }
  }
};

// Bytes are multiplied as words: the only exact product of bytes that AVX2 has. A pair of k is two instructions, a
// product and an addition, which share three ports, where f32 has two on two.
struct Avx2WordGemm : simd::I32RegistersAvx2 {
  using Vector = simd::F32x16Avx2;
  static constexpr int kUnit = 2;
  static constexpr bool kSumsIntegers = true;
  static constexpr int kRows = 6;  // 12 sums, 2 of B, 1 of A, 1 product
  static constexpr int kPanels = 1;

  [[gnu::always_inline]] static inline void multiply_add(Register& sum, Register a, Register b) {
    Register product;
    asm volatile("vpmaddwd %3, %2, %1\n\tvpaddd %1, %0, %0" : "+x"(sum), "=&x"(product) : "x"(a), "x"(b));
  }
  // 16 units of bytes: the first two of each to `first`, the others to `second`, as words.
  [[gnu::always_inline]] static inline void widen_pairs(const std::int8_t* in, float* first, float* second) {
    for (int half = 0; half < 2; ++half) {
      const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(in) + half);
      const __m256i even = _mm256_srai_epi16(_mm256_slli_epi16(bytes, 8), 8);
      const __m256i odd = _mm256_srai_epi16(bytes, 8);
      const __m256i low = _mm256_blend_epi16(even, _mm256_slli_epi32(odd, 16), 0xaa);
      const __m256i high = _mm256_blend_epi16(_mm256_srli_epi32(even, 16), odd, 0xaa);
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(first) + half, low);
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(second) + half, high);
    }
  }
};

}  // namespace

void gemm_words_avx2(const GemmArguments& arguments, const GemmBlock& block, float* scratch) {
  Gemm<Avx2WordGemm>(arguments, block, scratch).multiply();
}

void gemm_avx2(const GemmArguments& arguments, const GemmBlock& block, float* scratch) {
  Gemm<Avx2Gemm>(arguments, block, scratch).multiply();
}

}  // namespace vitpose::engine
