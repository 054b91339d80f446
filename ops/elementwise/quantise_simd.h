// The body of quantise.h. `In` loads a row's values (core/simd/bf16_scalar.h, or F32Row), `Out` stores them.
#pragma once

#include "ops/elementwise/quantise.h"

namespace vitpose::engine {

template <class V>
struct F32Row {
  using Element = float;
  using Vector = V;
  [[gnu::always_inline]] static inline V load(const float* p, Index count) {
    return count >= 16 ? V::load(p) : V::load_partial(p, count, V::broadcast(0.0f));
  }
};

template <class V>
struct ByteRow {
  using Element = std::uint8_t;
  [[gnu::always_inline]] static inline void store(std::uint8_t* p, V v, Index count) { v.store_bytes(p, count); }
};

template <class V>
struct WordRow {
  using Element = std::int16_t;
  [[gnu::always_inline]] static inline void store(std::int16_t* p, V v, Index count) { v.store_words(p, count); }
};

template <class In, class Out>
void quantise_row(const typename In::Element* x, Index count, typename Out::Element* out, Index padded, float* scale,
                  float* zero) {
  using Vector = typename In::Vector;
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
    for (int chain = 0; chain < kChains; ++chain) look_at(In::load(x + i + 16 * chain, 16), chain);
  }
  for (Index i = whole; i < count; i += 16) look_at(In::load(x + i, count - i < 16 ? count - i : 16), 0);
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
    const Vector v = In::load(x + i, values);
    Out::store(out + i, (fma(v, inverses, rounder) - rounder) + zeros, values);
  };
  for (Index i = 0; i < whole; i += 16) store(i, 16);
  for (Index i = whole; i < count; i += 16) store(i, count - i < 16 ? count - i : 16);
  for (Index i = count; i < padded; ++i) out[i] = 0;
  float zero_lanes[16];
  zeros.store(zero_lanes);
  *zero = zero_lanes[0];
  *scale = range / 255.0f + reduce_add(probe[0]);
}

// From f32; `out` holds bytes or words.
template <class V, template <class> class Row>
[[gnu::always_inline]] inline void quantise_floats(const float* x, Index count, void* out, Index padded, float* scale,
                                                   float* zero) {
  quantise_row<F32Row<V>, Row<V>>(x, count, static_cast<typename Row<V>::Element*>(out), padded, scale, zero);
}

}  // namespace vitpose::engine
