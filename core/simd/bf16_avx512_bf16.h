// Sixteen pairs of bf16 in a zmm register, by AVX512_BF16. bf16_scalar.h defines what each member computes.
#pragma once

#include "core/dtype.h"
#include "core/simd/f32x16_avx512.h"

namespace vitpose::engine::simd {

struct Bf16Avx512 {
  using Element = BFloat16;
  using Vector = F32x16Avx512;

  [[gnu::always_inline]] static inline Vector load(const BFloat16* p, Index count) {
    return {_mm512_castsi512_ps(_mm512_slli_epi32(widened(p, count), 16))};
  }
  [[gnu::always_inline]] static inline void store(BFloat16* p, Vector v, Index count) {
    const __m256i rounded = reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(v.all));
    if (count >= 16) {
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), rounded);
    } else {
      _mm256_mask_storeu_epi16(p, first_lanes(count), rounded);
    }
  }
  [[gnu::always_inline]] static inline void interleave(const BFloat16* even, const BFloat16* odd, Index count,
                                                       float* out) {
    const __m512i low = widened(even, count);
    const __m512i high = odd != nullptr ? _mm512_slli_epi32(widened(odd, count), 16) : _mm512_setzero_si512();
    _mm512_storeu_si512(out, _mm512_or_si512(low, high));
  }
  [[gnu::always_inline]] static inline Vector dot(Vector sum, Vector a, Vector b) {
    asm("vdpbf16ps %2, %1, %0" : "+v"(sum.all) : "v"(a.all), "v"(b.all));
    return sum;
  }

 private:
  // The first `count` of 16, each in the low half of a lane; the others are zero.
  [[gnu::always_inline]] static inline __m512i widened(const BFloat16* p, Index count) {
    return _mm512_cvtepu16_epi32(count >= 16 ? _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))
                                             : _mm256_maskz_loadu_epi16(first_lanes(count), p));
  }
  [[gnu::always_inline]] static inline __mmask16 first_lanes(Index count) {
    return static_cast<__mmask16>((1u << static_cast<unsigned>(count)) - 1u);
  }
};

}  // namespace vitpose::engine::simd
