// One AVX-512 register of sixteen 32-bit integers, as matrix products of words and bytes use it: panels and sums lie in
// memory that is declared as floats.
#pragma once

#include "core/simd/f32x16_avx512.h"

namespace vitpose::engine::simd {

struct I32RegistersAvx512 {
  using Register = __m512i;
  static constexpr int kLanes = 16;

  [[gnu::always_inline]] static inline Register zero() { return _mm512_setzero_si512(); }
  [[gnu::always_inline]] static inline Register load(const float* p) { return _mm512_loadu_si512(p); }
  [[gnu::always_inline]] static inline void store(float* p, Register v) { _mm512_storeu_si512(p, v); }
  [[gnu::always_inline]] static inline Register broadcast(const float* p) {
    return _mm512_castps_si512(_mm512_set1_ps(*p));
  }
  [[gnu::always_inline]] static inline Register add(Register a, Register b) { return _mm512_add_epi32(a, b); }
  [[gnu::always_inline]] static inline void prefetch(const float* p) {
    _mm_prefetch(reinterpret_cast<const char*>(p), _MM_HINT_T1);
  }
};

// Products of bytes, four of k at a time; for processors with AVX512_VNNI.
struct I32BytesAvx512 : I32RegistersAvx512 {
  static constexpr int kUnit = 4;
  static constexpr bool kSumsIntegers = true;
  // Assembly, because g++ 12 rotates the sums through other registers and then spills some of them.
  [[gnu::always_inline]] static inline void multiply_add(Register& sum, Register a, Register b) {
    asm volatile("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
  }
};

}  // namespace vitpose::engine::simd
