// Sixteen sums, or sixteen pairs of bf16, in plain C++: the definition of bf16_registers_avx512_bf16.h, bit for bit.
#pragma once

#include "core/simd/bf16_scalar.h"

namespace vitpose::engine::simd {

struct Bf16RegistersScalar {
  using Bf16 = Bf16Scalar;
  using Vector = F32x16Scalar;
  using Register = F32x16Scalar;
  static constexpr int kUnit = 2;
  static constexpr int kLanes = 16;

  static Register zero() { return Register::broadcast(0.0f); }
  static Register load(const float* p) { return Register::load(p); }
  static void store(float* p, const Register& v) { v.store(p); }
  static Register broadcast(const float* p) { return Register::broadcast(*p); }
  static Register add(const Register& a, const Register& b) { return a + b; }
  static void multiply_add(Register& sum, const Register& a, const Register& b) { sum = Bf16::dot(sum, a, b); }
  static void prefetch(const float*) {}
};

}  // namespace vitpose::engine::simd
