// One AVX-512 register of sixteen sums, or of sixteen pairs of bf16, as matrix products of bf16 use it: panels of pairs
// lie in memory that is declared as floats.
#pragma once

#include "core/simd/bf16_avx512_bf16.h"
#include "core/simd/f32_registers_avx512.h"

namespace vitpose::engine::simd {

struct Bf16RegistersAvx512 : F32RegistersAvx512 {
  using Bf16 = Bf16Avx512;
  static constexpr int kUnit = 2;

  // Assembly for the reason that f32_registers_avx512.h gives.
  [[gnu::always_inline]] static inline void multiply_add(Register& sum, Register a, Register b) {
    asm volatile("vdpbf16ps %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
  }
};

// The same bits from fused multiply-adds of f32, odd before even: a product of two bf16 is exact in f32. For processors
// whose vdpbf16ps is slow (CpuFeatures::slow_vdpbf16ps).
struct Bf16FusedRegistersAvx512 : F32RegistersAvx512 {
  using Bf16 = Bf16Avx512;
  static constexpr int kUnit = 2;
  static constexpr bool kTakesPairsApart = true;

  // vdpbf16ps takes denormals for zero and rounds to nearest in any mode; fused multiply-adds do as the mode says.
  class ProductEnvironment {
   public:
    [[gnu::always_inline]] inline ProductEnvironment() : saved_(_mm_getcsr()) {
      set(0x9fc0);  // nearest, results and operands below the normal floats are zero, no traps
    }
    [[gnu::always_inline]] inline ~ProductEnvironment() { set(saved_); }
    ProductEnvironment(const ProductEnvironment&) = delete;
    ProductEnvironment& operator=(const ProductEnvironment&) = delete;

   private:
    [[gnu::always_inline]] static inline void set(unsigned mode) {
      asm volatile("vldmxcsr %0" : : "m"(mode) : "memory");
    }
    unsigned saved_;
  };

  // Writes up to 15 zeros behind the last one.
  [[gnu::always_inline]] static inline void take_apart(const float* pairs, Index count, float* evens, float* odds) {
    for (Index i = 0; i < count; i += 16) {
      const unsigned left = count - i >= 16 ? 16u : static_cast<unsigned>(count - i);
      const Register some = _mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << left) - 1u), pairs + i);
      store(evens + i, even(some));
      store(odds + i, odd(some));
    }
  }
};

}  // namespace vitpose::engine::simd
