// Sixteen sums, or sixteen pairs of bf16, in plain C++: the definition of bf16_registers_avx512_bf16.h, bit for bit.
#pragma once

#include "core/simd/bf16_scalar.h"
#include "core/simd/f32_registers_scalar.h"

namespace vitpose::engine::simd {

struct Bf16RegistersScalar : F32RegistersScalar {
  using Bf16 = Bf16Scalar;
  static constexpr int kUnit = 2;

  static void multiply_add(Register& sum, const Register& a, const Register& b) { sum = Bf16::dot(sum, a, b); }
};

}  // namespace vitpose::engine::simd
