#include "core/simd/bf16_avx512_bf16.h"
#include "tools/peak/peak_body.h"
#include "tools/peak/peak_probes.h"

namespace vitpose::tools {

namespace {

using V = engine::simd::F32x16Avx512;
constexpr int kChains = 16;  // vdpbf16ps may take eight cycles

}  // namespace

double run_bf16_avx512(long rounds) {
  const V ones = V::broadcast(1.0f);
  return run_chains<V, kChains>(
      rounds,
      2 * 32, [&](V chain) __attribute__((always_inline)) { return engine::simd::Bf16Avx512::dot(chain, ones, ones); });
}

double run_int8_avx512(long rounds) {
  const V bytes = V::broadcast(0.0f);
  return run_chains<V, kChains>(
      rounds, 2 * 64, [&](V chain) __attribute__((always_inline)) {
        asm("vpdpbusd %1, %1, %0" : "+v"(chain.all) : "v"(bytes.all));
        return chain;
      });
}

}  // namespace vitpose::tools
