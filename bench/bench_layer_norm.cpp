#include "bench/bench_support.h"

namespace vitpose::engine::bench {
namespace {

template <class Out, class Kernel>
void run(benchmark::State& state, Index rows, Index columns, Kernel layer_norm) {
  Floats x(rows * columns);
  Values<Out> out(rows * columns);
  Floats weight(columns);
  Floats bias(columns);
  for (auto _ : state) {
    layer_norm(MatrixView<const float>{x.data(), rows, columns, columns}, {weight.data(), bias.data(), 1e-12f},
               MatrixView<Out>{out.data(), rows, columns, columns});
    benchmark::ClobberMemory();
  }
  report_rate(state, "elements/s", static_cast<double>(rows * columns));
}

const bool registered = [] {
  for (const Index columns : {384, 768, 1024, 1280}) {
    const std::string name = "layer_norm/192x" + std::to_string(columns);
    for_all_tables(name + "/f32", [=](benchmark::State& state, const KernelTable& table) {
      run<float>(state, 192, columns, table.layer_norm);
    });
    for_all_bf16_kernels(name + "/bf16", [=](benchmark::State& state, const Bf16Kernels& kernels) {
      run<BFloat16>(state, 192, columns, kernels.layer_norm);
    });
  }
  return true;
}();

}  // namespace
}  // namespace vitpose::engine::bench
