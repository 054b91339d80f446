// Independent chains of fused multiply-adds on a vector type; compiled once per instruction set.
#pragma once

namespace vitpose::engine::bench {

template <class V, int kChains>
[[gnu::always_inline]] inline double run_fma_chains(long rounds, float* sink) {
  const V factor = V::broadcast(0.999f);
  const V summand = V::broadcast(0.001f);
  V chains[kChains];
  for (int c = 0; c < kChains; ++c) chains[c] = V::broadcast(static_cast<float>(c));
  for (long round = 0; round < rounds; ++round) {
    for (int c = 0; c < kChains; ++c) chains[c] = fma(chains[c], factor, summand);
  }
  V sum = chains[0];
  for (int c = 1; c < kChains; ++c) sum = sum + chains[c];
  sum.store(sink);
  return static_cast<double>(rounds) * kChains * 16 * 2;
}

}  // namespace vitpose::engine::bench
