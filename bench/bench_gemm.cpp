// The matrix products of ViTPose-S, -B and -L on one core, for every kernel table: GFLOP/s and the share of the
// FMA peak measured around them. The weights are streamed: each product takes another copy, 100 MB in all.
#include "bench/bench_support.h"
#include "bench/fma_peak.h"
#include "ops/native/native_backend.h"

namespace vitpose::engine::bench {
namespace {

struct Product {
  const char* layer;
  Index rows;
  Index n;
  Index k;
  Epilogue epilogue;
};

constexpr Product kProducts[] = {
    {"S.qkv", 192, 1152, 384, Epilogue::kStore},          {"S.projection", 192, 384, 384, Epilogue::kAccumulate},
    {"S.fc1", 192, 1536, 384, Epilogue::kGelu},           {"S.fc2", 192, 384, 1536, Epilogue::kAccumulate},
    {"B.qkv", 192, 2304, 768, Epilogue::kStore},          {"B.projection", 192, 768, 768, Epilogue::kAccumulate},
    {"B.fc1", 192, 3072, 768, Epilogue::kGelu},           {"B.fc2", 192, 768, 3072, Epilogue::kAccumulate},
    {"B.deconv1_phase", 192, 256, 3072, Epilogue::kRelu}, {"B.deconv2_phase", 768, 256, 1024, Epilogue::kRelu},
    {"B.head_17", 3072, 17, 256, Epilogue::kStore},       {"B.fc1_4_crops", 768, 3072, 768, Epilogue::kGelu},
    {"L.qkv", 192, 3072, 1024, Epilogue::kStore},         {"L.fc1", 192, 4096, 1024, Epilogue::kGelu},
    {"L.fc2", 192, 1024, 4096, Epilogue::kAccumulate},
};

void run(benchmark::State& state, const KernelTable& table, const Product& product, DType dtype) {
  constexpr Index kStreamedFloats = 25'000'000;
  Floats plain(product.n * product.k);
  std::vector<Tensor> copies;
  while (static_cast<Index>(copies.size()) * product.n * product.k < kStreamedFloats) {
    copies.push_back(pack_matrix({plain.data(), {product.n, product.k}}, dtype));
  }
  Floats x(product.rows * product.k);
  Floats bias(product.n);
  Floats out(product.rows * product.n);
  const NativeBackend backend(table, std::make_shared<ThreadPool>(1));
  Workspace workspace;
  const double peak_before = fma_peak(table.name);
  std::size_t next = 0;
  for (auto _ : state) {
    LinearWeights weights;
    weights.matrix = packed_view(copies[next++ % copies.size()], product.n, product.k);
    weights.bias = bias.data();
    backend.linear({x.data(), product.rows, product.k}, weights, {out.data(), product.rows, product.n},
                   product.epilogue, workspace);
    benchmark::ClobberMemory();
  }
  const double peak = (peak_before + fma_peak(table.name)) / 2;
  const double operations = 2.0 * static_cast<double>(product.rows * product.n * product.k);
  report_rate(state, "FLOP/s", operations);
  if (peak > 0.0) report_rate(state, "of_peak", operations * 1e-9 / peak);
}

const bool registered = [] {
  for (const Product& product : kProducts) {
    for (const DType dtype : {DType::kF32, DType::kBF16}) {
      const std::string weights = dtype == DType::kF32 ? "/f32" : "/bf16_weights";
      for_all_tables("gemm/" + std::string(product.layer) + weights,
                     [=](benchmark::State& state, const KernelTable& table) { run(state, table, product, dtype); });
    }
  }
  return true;
}();

}  // namespace
}  // namespace vitpose::engine::bench
