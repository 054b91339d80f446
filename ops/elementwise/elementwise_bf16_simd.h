// The elementwise kernels of bf16_kernels.h on a type of pairs (core/simd/bf16_scalar.h).
#pragma once

#include "ops/bf16_kernels.h"

namespace vitpose::engine {

template <class Bf16>
void round_bf16(const float* x, BFloat16* out, Index count) {
  using Vector = typename Bf16::Vector;
  Index i = 0;
  for (; i + 16 <= count; i += 16) Bf16::store(out + i, Vector::load(x + i), 16);
  if (i < count) Bf16::store(out + i, Vector::load_partial(x + i, count - i, Vector::broadcast(0.0f)), count - i);
}

template <class Bf16>
void relu_bf16(const BFloat16* x, BFloat16* out, Index count) {
  using Vector = typename Bf16::Vector;
  const Vector zero = Vector::broadcast(0.0f);
  for (Index i = 0; i < count; i += 16) {
    const Index rest = count - i < 16 ? count - i : 16;
    Bf16::store(out + i, max(zero, Bf16::load(x + i, rest)), rest);
  }
}

}  // namespace vitpose::engine
