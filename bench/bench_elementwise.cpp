// What is done to rows between products: GELU of f32, and in bf16 rounding, ReLU and the quantising to bytes.
#include "bench/bench_support.h"

namespace vitpose::engine::bench {
namespace {

// A row in the first-level cache (as in a product's epilogue), and a whole hidden layer.
void add_gelu(const char* name, Index count) {
  for_all_tables(name, [=](benchmark::State& state, const KernelTable& table) {
    Floats x(count);
    Floats out(count);
    for (auto _ : state) {
      table.gelu(x.data(), out.data(), count);
      benchmark::ClobberMemory();
    }
    report_rate(state, "elements/s", static_cast<double>(count));
  });
}

void round(benchmark::State& state, const Bf16Kernels& kernels) {
  Floats x(3072);
  BFloat16s out(3072);
  for (auto _ : state) {
    kernels.round(x.data(), out.data(), 3072);
    benchmark::ClobberMemory();
  }
  report_rate(state, "elements/s", 3072);
}

void relu(benchmark::State& state, const Bf16Kernels& kernels) {
  BFloat16s x(192 * 768);
  for (auto _ : state) {
    kernels.relu(x.data(), x.data(), 192 * 768);
    benchmark::ClobberMemory();
  }
  report_rate(state, "elements/s", 192 * 768);
}

void add_quantise(Index columns) {
  for_all_bf16_kernels(
      "quantise/192x" + std::to_string(columns), [=](benchmark::State& state, const Bf16Kernels& kernels) {
        BFloat16s x(192 * columns);
        Values<std::uint8_t> out(192 * columns);
        float scale = 0;
        float zero = 0;
        for (auto _ : state) {
          for (Index row = 0; row < 192; ++row) {
            kernels.quantise(x.data() + row * columns, columns, out.data() + row * columns, columns, &scale, &zero);
          }
          benchmark::ClobberMemory();
        }
        report_rate(state, "elements/s", static_cast<double>(192 * columns));
      });
}

const bool registered = [] {
  add_gelu("gelu/3072", 3072);
  add_gelu("gelu/192x3072", 192 * 3072);
  for_all_bf16_kernels("round/3072", round);
  for_all_bf16_kernels("relu/192x768/bf16", relu);
  for (const Index columns : {384, 768, 1024, 1536, 3072, 4096}) add_quantise(columns);
  return true;
}();

}  // namespace
}  // namespace vitpose::engine::bench
