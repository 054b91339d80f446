// Independent chains of multiply-adds on a vector type; compiled once per instruction set.
#pragma once

namespace vitpose::tools {

// `step` is chain = step(chain), of `operations` operations. kChains must hide the latency of both ports.
template <class V, int kChains, class Step>
[[gnu::always_inline]] inline double run_chains(long rounds, double operations, Step step) {
  constexpr int kSteps = 10;  // a round: 60 to 70 cycles on two ports
  V chains[kChains];
  for (int c = 0; c < kChains; ++c) chains[c] = V::broadcast(static_cast<float>(c));
  for (long round = 0; round < rounds; ++round) {
    for (int i = 0; i < kSteps; ++i) {
      for (int c = 0; c < kChains; ++c) chains[c] = step(chains[c]);
    }
  }
  V sum = chains[0];
  for (int c = 1; c < kChains; ++c) sum = sum + chains[c];
  float lanes[16];
  sum.store(lanes);
  asm volatile("" : : "r"(lanes) : "memory");  // somebody might read them
  return static_cast<double>(rounds) * kSteps * kChains * operations;
}

template <class V, int kChains>
[[gnu::always_inline]] inline double run_f32_chains(long rounds) {
  const V factor = V::broadcast(0.999f);
  const V summand = V::broadcast(0.001f);
  return run_chains<V, kChains>(
      rounds, 2 * 16, [&](V chain) __attribute__((always_inline)) { return fma(chain, factor, summand); });
}

}  // namespace vitpose::tools
