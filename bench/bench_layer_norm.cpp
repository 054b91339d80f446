#include "bench/bench_support.h"

namespace vitpose::engine::bench {
namespace {

void run(benchmark::State& state, const KernelTable& table, Index rows, Index columns) {
  Floats x(rows * columns);
  Floats out(rows * columns);
  Floats weight(columns);
  Floats bias(columns);
  for (auto _ : state) {
    table.layer_norm({x.data(), rows, columns}, {weight.data(), bias.data(), 1e-12f}, {out.data(), rows, columns});
    benchmark::ClobberMemory();
  }
  report_rate(state, "elements/s", static_cast<double>(rows * columns));
}

const bool registered = [] {
  const auto add = [](const char* name, Index rows, Index columns) {
    return for_all_tables(name,
                          [=](benchmark::State& state, const KernelTable& table) { run(state, table, rows, columns); });
  };
  return add("layer_norm/192x384", 192, 384) && add("layer_norm/192x768", 192, 768);
}();

}  // namespace
}  // namespace vitpose::engine::bench
