// All heads of one image of 192 tokens, read from the rows [q | k | v] that the projection writes.
#include "bench/bench_support.h"

namespace vitpose::engine::bench {
namespace {

constexpr Index kTokens = 192;

void run(benchmark::State& state, const KernelTable& table, Index heads, Index head_size) {
  const Index channels = heads * head_size;
  Floats qkv(kTokens * 3 * channels);
  Floats out(kTokens * channels);
  Floats scratch(attention_scratch_floats(kTokens, head_size));
  for (auto _ : state) {
    for (Index head = 0; head < heads; ++head) {
      const float* const q = qkv.data() + head * head_size;
      table.attention({kTokens, head_size, q, q + channels, q + 2 * channels, 3 * channels,
                       out.data() + head * head_size, channels},
                      scratch.data());
    }
    benchmark::ClobberMemory();
  }
  report_rate(state, "FLOP/s", 4.0 * static_cast<double>(kTokens * kTokens * channels));
}

const bool registered = [] {
  const auto add = [](const char* name, Index heads, Index head_size) {
    return for_all_tables(
        name, [=](benchmark::State& state, const KernelTable& table) { run(state, table, heads, head_size); });
  };
  return add("attention/12x32", 12, 32) && add("attention/12x64", 12, 64) && add("attention/16x80", 16, 80);
}();

}  // namespace
}  // namespace vitpose::engine::bench
