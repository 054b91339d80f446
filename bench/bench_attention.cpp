// All heads of one image of 192 tokens, read from the rows [q | k | v] that the projection writes.
#include "bench/bench_support.h"

namespace vitpose::engine::bench {
namespace {

constexpr Index kTokens = 192;

template <class Arguments, class Element, class Kernel>
void run_heads(benchmark::State& state, Index heads, Index head_size, Element* qkv, Element* out, float* scratch,
               Kernel attention) {
  const Index channels = heads * head_size;
  for (auto _ : state) {
    for (Index head = 0; head < heads; ++head) {
      const Element* const q = qkv + head * head_size;
      attention(Arguments{kTokens, head_size, q, q + channels, q + 2 * channels, 3 * channels, out + head * head_size,
                          channels},
                scratch);
    }
    benchmark::ClobberMemory();
  }
  report_rate(state, "FLOP/s", 4.0 * static_cast<double>(kTokens * kTokens * channels));
}

bool add(const char* shape, Index heads, Index head_size) {
  const Index channels = heads * head_size;
  for_all_tables(std::string("attention/") + shape + "/f32", [=](benchmark::State& state, const KernelTable& table) {
    Floats qkv(kTokens * 3 * channels);
    Floats out(kTokens * channels);
    Floats scratch(attention_scratch_floats(kTokens, head_size));
    run_heads<AttentionArguments>(state, heads, head_size, qkv.data(), out.data(), scratch.data(), table.attention);
  });
  return for_all_bf16_kernels(std::string("attention/") + shape + "/bf16",
                              [=](benchmark::State& state, const Bf16Kernels& kernels) {
                                BFloat16s qkv(kTokens * 3 * channels);
                                BFloat16s out(kTokens * channels);
                                Floats scratch(attention_bf16_scratch_floats(kTokens, head_size));
                                run_heads<AttentionBf16Arguments>(state, heads, head_size, qkv.data(), out.data(),
                                                                  scratch.data(), kernels.attention);
                              });
}

const bool registered = add("12x32", 12, 32) && add("12x64", 12, 64) && add("16x64", 16, 64) && add("16x80", 16, 80);

}  // namespace
}  // namespace vitpose::engine::bench
