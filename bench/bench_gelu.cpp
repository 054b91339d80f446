// GELU of one row in the first-level cache (as in a product's epilogue) and of a whole hidden layer.
#include "bench/bench_support.h"

namespace vitpose::engine::bench {
namespace {

void run(benchmark::State& state, const KernelTable& table, Index count) {
  Floats x(count);
  Floats out(count);
  for (auto _ : state) {
    table.gelu(x.data(), out.data(), count);
    benchmark::ClobberMemory();
  }
  report_rate(state, "elements/s", static_cast<double>(count));
}

const bool registered = [] {
  const auto add = [](const char* name, Index count) {
    return for_all_tables(name, [=](benchmark::State& state, const KernelTable& table) { run(state, table, count); });
  };
  return add("gelu/3072", 3072) && add("gelu/192x3072", 192 * 3072);
}();

}  // namespace
}  // namespace vitpose::engine::bench
