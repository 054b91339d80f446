// Sixteen floats in one zmm register. f32x16_scalar.h defines what each member computes. Everything is always
// inlined, so that no symbol with AVX-512 code and a common name reaches the linker.
#pragma once

// GCC 12 takes the intrinsics' own undefined operands for uninitialised variables of ours.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
#include <immintrin.h>
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

#include "core/shape.h"
#include "core/simd/transpose_sse.h"

namespace vitpose::engine::simd {

struct F32x16Avx512 {
  __m512 all;

  [[gnu::always_inline]] static inline F32x16Avx512 load(const float* p) { return {_mm512_loadu_ps(p)}; }
  [[gnu::always_inline]] static inline F32x16Avx512 load_partial(const float* p, Index count, F32x16Avx512 fill) {
    return {_mm512_mask_loadu_ps(fill.all, first_lanes(count), p)};
  }
  [[gnu::always_inline]] static inline F32x16Avx512 broadcast(float value) { return {_mm512_set1_ps(value)}; }
  [[gnu::always_inline]] inline void store(float* p) const { _mm512_storeu_ps(p, all); }
  [[gnu::always_inline]] inline void store_partial(float* p, Index count) const {
    _mm512_mask_storeu_ps(p, first_lanes(count), all);
  }
  [[gnu::always_inline]] static inline F32x16Avx512 from_integers(const float* bits) {
    return {_mm512_cvtepi32_ps(_mm512_loadu_si512(bits))};
  }
  [[gnu::always_inline]] static inline F32x16Avx512 from_nibbles(const float* bits, int index) {
    const __m512 values = _mm512_setr_ps(-8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7);
    const __m512i shifted = _mm512_srlv_epi32(_mm512_loadu_si512(bits), _mm512_set1_epi32(4 * index));
    return {_mm512_permutexvar_ps(shifted, values)};  // which looks at four bits only
  }
  [[gnu::always_inline]] static inline F32x16Avx512 join_upper_halves(F32x16Avx512 even, F32x16Avx512 odd) {
    const __m512i low = _mm512_srli_epi32(_mm512_castps_si512(even.all), 16);
    const __m512i upper = _mm512_set1_epi32(static_cast<int>(0xffff0000u));
    return {_mm512_castsi512_ps(_mm512_or_si512(low, _mm512_and_si512(_mm512_castps_si512(odd.all), upper)))};
  }
  [[gnu::always_inline]] inline void store_bytes(std::uint8_t* p, Index count) const {
    const __m128i bytes = _mm512_cvtepi32_epi8(bytes_of_lanes());
    if (count >= 16) {
      _mm_storeu_si128(reinterpret_cast<__m128i*>(p), bytes);
    } else {
      _mm_mask_storeu_epi8(p, first_lanes(count), bytes);
    }
  }
  [[gnu::always_inline]] inline void store_words(std::int16_t* p, Index count) const {
    const __m256i words = _mm512_cvtepi32_epi16(bytes_of_lanes());
    if (count >= 16) {
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), words);
    } else {
      _mm256_mask_storeu_epi16(p, first_lanes(count), words);
    }
  }
  [[gnu::always_inline]] static inline void transpose_4x4(const float* in, Index in_stride, float* out,
                                                          Index out_stride) {
    transpose_4x4_sse(in, in_stride, out, out_stride);
  }

  [[gnu::always_inline]] friend inline F32x16Avx512 operator+(F32x16Avx512 a, F32x16Avx512 b) {
    return {_mm512_add_ps(a.all, b.all)};
  }
  [[gnu::always_inline]] friend inline F32x16Avx512 operator-(F32x16Avx512 a, F32x16Avx512 b) {
    return {_mm512_sub_ps(a.all, b.all)};
  }
  [[gnu::always_inline]] friend inline F32x16Avx512 operator*(F32x16Avx512 a, F32x16Avx512 b) {
    return {_mm512_mul_ps(a.all, b.all)};
  }
  [[gnu::always_inline]] friend inline F32x16Avx512 operator/(F32x16Avx512 a, F32x16Avx512 b) {
    return {_mm512_div_ps(a.all, b.all)};
  }
  [[gnu::always_inline]] friend inline F32x16Avx512 fma(F32x16Avx512 a, F32x16Avx512 b, F32x16Avx512 c) {
    return {_mm512_fmadd_ps(a.all, b.all, c.all)};
  }
  [[gnu::always_inline]] friend inline F32x16Avx512 max(F32x16Avx512 a, F32x16Avx512 b) {
    return {_mm512_max_ps(a.all, b.all)};
  }
  [[gnu::always_inline]] friend inline F32x16Avx512 min(F32x16Avx512 a, F32x16Avx512 b) {
    return {_mm512_min_ps(a.all, b.all)};
  }
  [[gnu::always_inline]] friend inline F32x16Avx512 abs(F32x16Avx512 a) {
    return {_mm512_and_ps(a.all, _mm512_castsi512_ps(_mm512_set1_epi32(0x7fffffff)))};
  }
  [[gnu::always_inline]] friend inline F32x16Avx512 sqrt(F32x16Avx512 a) { return {_mm512_sqrt_ps(a.all)}; }
  [[gnu::always_inline]] friend inline F32x16Avx512 scale_by_power_of_two(F32x16Avx512 a, F32x16Avx512 n) {
    return {_mm512_scalef_ps(a.all, n.all)};
  }
  [[gnu::always_inline]] friend inline F32x16Avx512 lookup(const float* table, F32x16Avx512 bits) {
    // Twice the eight: only three bits of an index count, but the instruction looks at four.
    const __m512 sixteen = _mm512_broadcast_f32x8(_mm256_loadu_ps(table));
    return {_mm512_permutexvar_ps(_mm512_castps_si512(bits.all), sixteen)};
  }
  [[gnu::always_inline]] friend inline float reduce_add(F32x16Avx512 a) {
    const __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(a.all), _mm512_extractf32x8_ps(a.all, 1));
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
  }
  [[gnu::always_inline]] friend inline float reduce_max(F32x16Avx512 a) {
    const __m256 eight = _mm256_max_ps(_mm512_castps512_ps256(a.all), _mm512_extractf32x8_ps(a.all, 1));
    const __m128 four = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
  }

 private:
  // From 0 to 255.
  [[gnu::always_inline]] inline __m512i bytes_of_lanes() const {
    const __m512 positive = _mm512_max_ps(all, _mm512_setzero_ps());  // the second operand wins: NaN becomes 0
    return _mm512_cvtps_epi32(_mm512_min_ps(positive, _mm512_set1_ps(255.0f)));
  }
  [[gnu::always_inline]] static inline __mmask16 first_lanes(Index count) {
    return static_cast<__mmask16>((1u << static_cast<unsigned>(count)) - 1u);
  }
};

}  // namespace vitpose::engine::simd
