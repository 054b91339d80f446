// One AVX-512 register of sixteen floats, as matrix products use it.
#pragma once

#include "core/simd/f32x16_avx512.h"

namespace vitpose::engine::simd {

struct F32RegistersAvx512 {
  using Vector = F32x16Avx512;
  using Register = __m512;
  static constexpr int kLanes = 16;

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

  // Of sixteen pairs of bf16, the lower (first in memory) and the upper halves, as floats.
  [[gnu::always_inline]] static inline Register even(Register pairs) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_castps_si512(pairs), 16));
  }
  [[gnu::always_inline]] static inline Register odd(Register pairs) {
    const __m512i upper = _mm512_set1_epi32(static_cast<int>(0xffff0000u));
    return _mm512_castsi512_ps(_mm512_and_si512(_mm512_castps_si512(pairs), upper));
  }
};

}  // namespace vitpose::engine::simd
