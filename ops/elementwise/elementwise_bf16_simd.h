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

template <class Bf16>
void quantise_row(const BFloat16* x, Index count, std::uint8_t* out, Index padded, float* scale, float* zero) {
  using Vector = typename Bf16::Vector;
  const Vector none = Vector::broadcast(0.0f);
  constexpr int kChains = 4;  // side by side: one alone would wait for itself
  Vector lowest[kChains];
  Vector highest[kChains];
  Vector probe[kChains];  // becomes NaN by a NaN or an infinity, which a minimum may lose
  for (int chain = 0; chain < kChains; ++chain) lowest[chain] = highest[chain] = probe[chain] = none;
  const Index whole = count / (16 * kChains) * (16 * kChains);
  const auto look_at = [&](Vector v, int chain) __attribute__((always_inline)) {
    lowest[chain] = min(v, lowest[chain]);
    highest[chain] = max(v, highest[chain]);
    probe[chain] = fma(v, none, probe[chain]);
  };
  for (Index i = 0; i < whole; i += 16 * kChains) {
    for (int chain = 0; chain < kChains; ++chain) look_at(Bf16::load(x + i + 16 * chain, 16), chain);
  }
  for (Index i = whole; i < count; i += 16) look_at(Bf16::load(x + i, count - i < 16 ? count - i : 16), 0);
  for (int chain = 1; chain < kChains; ++chain) {
    lowest[0] = min(lowest[chain], lowest[0]);
    highest[0] = max(highest[chain], highest[0]);
    probe[0] = probe[0] + probe[chain];
  }
  const float low = -reduce_max(none - lowest[0]);
  float range = reduce_max(highest[0]) - low;
  if (!(range >= kSmallestByteRange)) range = 0.0f;
  const float inverse = range > 0.0f ? 255.0f / range : 0.0f;
  const Vector rounder = Vector::broadcast(12582912.0f);  // 1.5 * 2^23: adding it rounds to an integer
  const Vector inverses = Vector::broadcast(inverse);
  const Vector zeros = fma(Vector::broadcast(-low), inverses, rounder) - rounder;
  const auto store = [&](Index i, Index values) __attribute__((always_inline)) {
    const Vector v = Bf16::load(x + i, values);
    Bf16::store_bytes(out + i, (fma(v, inverses, rounder) - rounder) + zeros, values);
  };
  for (Index i = 0; i < whole; i += 16) store(i, 16);
  for (Index i = whole; i < count; i += 16) store(i, count - i < 16 ? count - i : 16);
  for (Index i = count; i < padded; ++i) out[i] = 0;
  float zero_lanes[16];
  zeros.store(zero_lanes);
  *zero = zero_lanes[0];
  *scale = range / 255.0f + reduce_add(probe[0]);
}

}  // namespace vitpose::engine
