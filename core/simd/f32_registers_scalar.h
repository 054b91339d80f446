// Sixteen floats in plain C++, as matrix products use a register.
#pragma once

#include "core/simd/f32x16_scalar.h"

namespace vitpose::engine::simd {

struct F32RegistersScalar {
  using Vector = F32x16Scalar;
  using Register = F32x16Scalar;
  static constexpr int kLanes = 16;

  static Register zero() { return Register::broadcast(0.0f); }
  static Register load(const float* p) { return Register::load(p); }
  static void store(float* p, const Register& v) { v.store(p); }
  static Register broadcast(const float* p) { return Register::broadcast(*p); }
  static Register add(const Register& a, const Register& b) { return a + b; }
  static void multiply_add(Register& sum, const Register& a, const Register& b) { sum = fma(a, b, sum); }
  static void prefetch(const float*) {}
};

}  // namespace vitpose::engine::simd
