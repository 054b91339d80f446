// The matrix products of ViTPose-S, -B and -L, for the benchmarks of our kernels and of oneDNN's.
#pragma once

#include <cstring>

#include "bench/bench_support.h"
#include "model/model_files.h"
#include "ops/gemm/gemm.h"
#include "tools/peak/peak.h"

namespace vitpose::engine::bench {

struct Product {
  const char* layer;
  Index rows;
  Index n;
  Index k;
  Epilogue epilogue;  // the layer's
};

inline constexpr Product kProducts[] = {
    {"S.qkv", 192, 1152, 384, Epilogue::kStore},          {"S.projection", 192, 384, 384, Epilogue::kAccumulate},
    {"S.fc1", 192, 1536, 384, Epilogue::kGelu},           {"S.fc2", 192, 384, 1536, Epilogue::kAccumulate},
    {"B.qkv", 192, 2304, 768, Epilogue::kStore},          {"B.projection", 192, 768, 768, Epilogue::kAccumulate},
    {"B.fc1", 192, 3072, 768, Epilogue::kGelu},           {"B.fc2", 192, 768, 3072, Epilogue::kAccumulate},
    {"B.deconv1_phase", 192, 256, 3072, Epilogue::kRelu}, {"B.deconv2_phase", 768, 256, 1024, Epilogue::kRelu},
    {"B.head_17", 3072, 17, 256, Epilogue::kStore},       {"B.fc1_4_crops", 768, 3072, 768, Epilogue::kGelu},
    {"L.qkv", 192, 3072, 1024, Epilogue::kStore},         {"L.projection", 192, 1024, 1024, Epilogue::kAccumulate},
    {"L.fc1", 192, 4096, 1024, Epilogue::kGelu},          {"L.fc2", 192, 1024, 4096, Epilogue::kAccumulate},
};

inline constexpr DType kProductTypes[] = {DType::kF32, DType::kBF16, DType::kI8};

// What the product writes: with weights of bf16 or int8 as the model does, bf16 unless it adds to the residual stream.
inline DType output_type(DType weights, Epilogue epilogue) {
  return weights == DType::kF32 || epilogue == Epilogue::kAccumulate ? DType::kF32 : DType::kBF16;
}

// Calls body(product, name) with the bare product (bias only), and with the layer's own epilogue if it has another.
template <class Body>
void for_all_products(Body body) {
  for (Product product : kProducts) {
    const std::string name = std::string("gemm/") + product.layer;
    const Epilogue own = product.epilogue;
    product.epilogue = Epilogue::kStore;
    body(product, name);
    product.epilogue = own;
    if (own != Epilogue::kStore) body(product, name + "+epilogue");
  }
}

// Copies of packed weights, one after the other in 100 MB, so that a product finds none of them in a private cache.
class StreamedWeights {
 public:
  StreamedWeights(const void* packed, std::size_t bytes) : stride_((bytes + kAlignment - 1) / kAlignment * kAlignment) {
    for (; (copies_ + 1) * stride_ <= buffer().size_bytes(); ++copies_) std::memcpy(at(copies_), packed, bytes);
  }
  void* next() { return at(next_++ % copies_); }

 private:
  static AlignedBuffer& buffer() {
    static AlignedBuffer all(100'000'000);
    return all;
  }
  std::byte* at(std::size_t copy) { return static_cast<std::byte*>(buffer().data()) + copy * stride_; }

  std::size_t stride_;
  std::size_t copies_ = 0;
  std::size_t next_ = 0;
};

// Runs `multiply` and tells its rate and the share of the peak of `isa`, measured before and after.
template <class Multiply>
void time_product(benchmark::State& state, const Product& product, std::string_view isa, DType dtype,
                  Multiply multiply) {
  const double peak_before = tools::measure_peak(isa, dtype);
  for (auto _ : state) {
    multiply();
    benchmark::ClobberMemory();
  }
  const double peak = (peak_before + tools::measure_peak(isa, dtype)) / 2;
  const double operations = 2.0 * static_cast<double>(product.rows * product.n * product.k);
  report_rate(state, "FLOP/s", operations);
  if (peak > 0.0) report_rate(state, "of_peak", operations * 1e-9 / peak);
  state.SetLabel(std::to_string(product.rows) + " x " + std::to_string(product.n) + " x " + std::to_string(product.k));
}

}  // namespace vitpose::engine::bench
