// One AVX2 register of eight 32-bit integers, as matrix products of words and bytes use it: panels and sums lie in
// memory that is declared as floats.
#pragma once

#include "core/simd/f32x16_avx2.h"

namespace vitpose::engine::simd {

struct I32RegistersAvx2 {
  using Register = __m256i;
  static constexpr int kLanes = 8;

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
  [[gnu::always_inline]] static inline void prefetch(const float* p) {
    _mm_prefetch(reinterpret_cast<const char*>(p), _MM_HINT_T1);
  }
};

}  // namespace vitpose::engine::simd
