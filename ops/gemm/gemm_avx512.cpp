#include "core/simd/f32_registers_avx512.h"
#include "core/simd/i32_registers_avx512.h"
#include "ops/gemm/gemm_body.h"
#include "ops/gemm/gemm_kernels.h"
#include "ops/gemm/gemm_whole_tiles_avx512.h"

namespace vitpose::engine {

namespace {

struct Avx512Gemm : simd::F32RegistersAvx512 {
  using WholeTiles = WholeTilesAvx512<Avx512Gemm>;
  static constexpr ProductsAvx512 kProducts = ProductsAvx512::kF32;
  static constexpr int kUnit = 1;
  // 24 sums, 4 of B, 1 of A: 10 loads for 24 multiply-adds, where 8 x 48 needs 11 and 12 x 32 needs 14. That matters
  // when the core's other thread loads too. 6 also divides the width of the decoder's images, 12.
  static constexpr int kRows = 6;
  static constexpr int kPanels = 4;

  // 16 pairs of bf16: the first of each pair to `evens`, the second to `odds`.
  [[gnu::always_inline]] static inline void widen_pairs(const BFloat16* in, float* evens, float* odds) {
    const Register pairs = load(reinterpret_cast<const float*>(in));
    store(evens, even(pairs));
    store(odds, odd(pairs));
  }
};

// Bytes multiplied as words, without AVX512_VNNI: see gemm_avx2.cpp.
struct Avx512WordGemm : simd::I32RegistersAvx512 {
  using Vector = simd::F32x16Avx512;
  static constexpr int kUnit = 2;
  static constexpr bool kSumsIntegers = true;
  static constexpr int kRows = Avx512Gemm::kRows;
  static constexpr int kPanels = Avx512Gemm::kPanels;

  [[gnu::always_inline]] static inline void multiply_add(Register& sum, Register a, Register b) {
    Register product;
    asm volatile("vpmaddwd %3, %2, %1\n\tvpaddd %1, %0, %0" : "+v"(sum), "=&v"(product) : "v"(a), "v"(b));
  }
  [[gnu::always_inline]] static inline void widen_pairs(const std::int8_t* in, float* first, float* second) {
    const __m512i bytes = _mm512_loadu_si512(in);
    const __m512i even = _mm512_srai_epi16(_mm512_slli_epi16(bytes, 8), 8);
    const __m512i odd = _mm512_srai_epi16(bytes, 8);
    constexpr __mmask32 kOdd = 0xaaaaaaaau;
    _mm512_storeu_si512(first, _mm512_mask_blend_epi16(kOdd, even, _mm512_slli_epi32(odd, 16)));
    _mm512_storeu_si512(second, _mm512_mask_blend_epi16(kOdd, _mm512_srli_epi32(even, 16), odd));
  }
};

}  // namespace

void gemm_words_avx512(const GemmArguments& arguments, const GemmBlock& block, float* scratch) {
  Gemm<Avx512WordGemm>(arguments, block, scratch).multiply();
}

void gemm_avx512(const GemmArguments& arguments, const GemmBlock& block, float* scratch) {
  Gemm<Avx512Gemm>(arguments, block, scratch).multiply();
}

}  // namespace vitpose::engine
