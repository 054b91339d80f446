// Sixteen floats in two ymm registers. f32x16_scalar.h defines what each member computes. Everything is
// always inlined, so that no symbol with AVX2 code and a common name reaches the linker.
#pragma once

#include <immintrin.h>

#include "core/shape.h"
#include "core/simd/transpose_sse.h"

namespace vitpose::engine::simd {

struct F32x16Avx2 {
  __m256 low;   // lanes 0..7
  __m256 high;  // lanes 8..15

  [[gnu::always_inline]] static inline F32x16Avx2 load(const float* p) {
    return {_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)};
  }
  [[gnu::always_inline]] static inline F32x16Avx2 load_partial(const float* p, Index count, F32x16Avx2 fill) {
    const __m256i low_mask = first_lanes(count);
    const __m256i high_mask = first_lanes(count - 8);
    return {_mm256_blendv_ps(fill.low, _mm256_maskload_ps(p, low_mask), _mm256_castsi256_ps(low_mask)),
            _mm256_blendv_ps(fill.high, _mm256_maskload_ps(p + 8, high_mask), _mm256_castsi256_ps(high_mask))};
  }
  [[gnu::always_inline]] static inline F32x16Avx2 broadcast(float value) {
    const __m256 v = _mm256_set1_ps(value);
    return {v, v};
  }
  [[gnu::always_inline]] inline void store(float* p) const {
    _mm256_storeu_ps(p, low);
    _mm256_storeu_ps(p + 8, high);
  }
  [[gnu::always_inline]] inline void store_partial(float* p, Index count) const {
    _mm256_maskstore_ps(p, first_lanes(count), low);
    _mm256_maskstore_ps(p + 8, first_lanes(count - 8), high);
  }
  [[gnu::always_inline]] static inline F32x16Avx2 from_integers(const float* bits) {
    const auto* const p = reinterpret_cast<const __m256i*>(bits);
    return {_mm256_cvtepi32_ps(_mm256_loadu_si256(p)), _mm256_cvtepi32_ps(_mm256_loadu_si256(p + 1))};
  }
  [[gnu::always_inline]] static inline F32x16Avx2 from_nibbles(const float* bits, int index) {
    const auto* const p = reinterpret_cast<const __m256i*>(bits);
    return {nibbles_of(_mm256_loadu_si256(p), index), nibbles_of(_mm256_loadu_si256(p + 1), index)};
  }
  [[gnu::always_inline]] inline void store_bytes(std::uint8_t* p, Index count) const {
    const __m256i in = words();
    const __m128i bytes = _mm_packus_epi16(_mm256_castsi256_si128(in), _mm256_extracti128_si256(in, 1));
    alignas(16) std::uint8_t all[16];
    _mm_store_si128(reinterpret_cast<__m128i*>(all), bytes);
    __builtin_memcpy(p, all, static_cast<std::size_t>(count < 16 ? count : 16));
  }
  [[gnu::always_inline]] inline void store_words(std::int16_t* p, Index count) const {
    alignas(32) std::int16_t all[16];
    _mm256_store_si256(reinterpret_cast<__m256i*>(all), words());
    __builtin_memcpy(p, all, static_cast<std::size_t>(count < 16 ? count : 16) * sizeof(std::int16_t));
  }
  [[gnu::always_inline]] static inline void transpose_4x4(const float* in, Index in_stride, float* out,
                                                          Index out_stride) {
    transpose_4x4_sse(in, in_stride, out, out_stride);
  }

  [[gnu::always_inline]] friend inline F32x16Avx2 operator+(F32x16Avx2 a, F32x16Avx2 b) {
    return {_mm256_add_ps(a.low, b.low), _mm256_add_ps(a.high, b.high)};
  }
  [[gnu::always_inline]] friend inline F32x16Avx2 operator-(F32x16Avx2 a, F32x16Avx2 b) {
    return {_mm256_sub_ps(a.low, b.low), _mm256_sub_ps(a.high, b.high)};
  }
  [[gnu::always_inline]] friend inline F32x16Avx2 operator*(F32x16Avx2 a, F32x16Avx2 b) {
    return {_mm256_mul_ps(a.low, b.low), _mm256_mul_ps(a.high, b.high)};
  }
  [[gnu::always_inline]] friend inline F32x16Avx2 operator/(F32x16Avx2 a, F32x16Avx2 b) {
    return {_mm256_div_ps(a.low, b.low), _mm256_div_ps(a.high, b.high)};
  }
  [[gnu::always_inline]] friend inline F32x16Avx2 fma(F32x16Avx2 a, F32x16Avx2 b, F32x16Avx2 c) {
    return {_mm256_fmadd_ps(a.low, b.low, c.low), _mm256_fmadd_ps(a.high, b.high, c.high)};
  }
  [[gnu::always_inline]] friend inline F32x16Avx2 max(F32x16Avx2 a, F32x16Avx2 b) {
    return {_mm256_max_ps(a.low, b.low), _mm256_max_ps(a.high, b.high)};
  }
  [[gnu::always_inline]] friend inline F32x16Avx2 min(F32x16Avx2 a, F32x16Avx2 b) {
    return {_mm256_min_ps(a.low, b.low), _mm256_min_ps(a.high, b.high)};
  }
  [[gnu::always_inline]] friend inline F32x16Avx2 abs(F32x16Avx2 a) {
    const __m256 magnitude = _mm256_castsi256_ps(_mm256_set1_epi32(0x7fffffff));
    return {_mm256_and_ps(a.low, magnitude), _mm256_and_ps(a.high, magnitude)};
  }
  [[gnu::always_inline]] friend inline F32x16Avx2 sqrt(F32x16Avx2 a) {
    return {_mm256_sqrt_ps(a.low), _mm256_sqrt_ps(a.high)};
  }
  [[gnu::always_inline]] friend inline F32x16Avx2 scale_by_power_of_two(F32x16Avx2 a, F32x16Avx2 n) {
    return {scale_half(a.low, n.low), scale_half(a.high, n.high)};
  }
  [[gnu::always_inline]] friend inline F32x16Avx2 lookup(const float* table, F32x16Avx2 bits) {
    const __m256 eight = _mm256_loadu_ps(table);
    return {_mm256_permutevar8x32_ps(eight, _mm256_castps_si256(bits.low)),
            _mm256_permutevar8x32_ps(eight, _mm256_castps_si256(bits.high))};
  }
  [[gnu::always_inline]] friend inline float reduce_add(F32x16Avx2 a) {
    const __m256 eight = _mm256_add_ps(a.low, a.high);
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
  }
  [[gnu::always_inline]] friend inline float reduce_max(F32x16Avx2 a) {
    const __m256 eight = _mm256_max_ps(a.low, a.high);
    const __m128 four = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
  }

 private:
  [[gnu::always_inline]] static inline __m256 nibbles_of(__m256i lanes, int index) {
    const __m256i shifted = _mm256_srlv_epi32(lanes, _mm256_set1_epi32(4 * index));
    const __m256i nibbles = _mm256_and_si256(shifted, _mm256_set1_epi32(15));
    return _mm256_cvtepi32_ps(_mm256_sub_epi32(nibbles, _mm256_set1_epi32(8)));
  }
  // Sixteen words from 0 to 255.
  [[gnu::always_inline]] inline __m256i words() const {
    const __m256i packed = _mm256_packus_epi32(bytes_of(low), bytes_of(high));  // in each half of the register
    return _mm256_permute4x64_epi64(packed, 0b11011000);
  }
  [[gnu::always_inline]] static inline __m256i bytes_of(__m256 v) {
    const __m256 positive = _mm256_max_ps(v, _mm256_setzero_ps());  // the second operand wins: NaN becomes 0
    return _mm256_cvtps_epi32(_mm256_min_ps(positive, _mm256_set1_ps(255.0f)));
  }
  [[gnu::always_inline]] static inline __m256i first_lanes(Index count) {
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(count)), lane);
  }
  // Two factors, because 2^n alone may be out of range; the first product is exact.
  [[gnu::always_inline]] static inline __m256 scale_half(__m256 a, __m256 n) {
    const __m256i exponent = _mm256_cvtps_epi32(n);
    const __m256i half = _mm256_srai_epi32(exponent, 1);
    return _mm256_mul_ps(_mm256_mul_ps(a, power_of_two(half)), power_of_two(_mm256_sub_epi32(exponent, half)));
  }
  [[gnu::always_inline]] static inline __m256 power_of_two(__m256i exponent) {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(exponent, _mm256_set1_epi32(127)), 23));
  }
};

}  // namespace vitpose::engine::simd
