// What the kernels' benchmarks share.
#pragma once

#include <benchmark/benchmark.h>
#include <random>
#include <string>
#include <vector>

#include "core/aligned_buffer.h"
#include "ops/kernels.h"

namespace vitpose::engine::bench {

// Normally distributed floats on a cache line.
class Floats {
 public:
  explicit Floats(Index count) : buffer_(static_cast<std::size_t>(count) * sizeof(float)) {
    std::mt19937 generator(1);
    std::normal_distribution<float> normal;
    for (Index i = 0; i < count; ++i) data()[i] = normal(generator);
  }
  float* data() { return static_cast<float*>(buffer_.data()); }

 private:
  AlignedBuffer buffer_;
};

// Registers body(state, table) as "<name>/<instruction set>" for every table this CPU can run.
template <class Body>
bool for_all_tables(const std::string& name, Body body) {
  for (const KernelTable* table : available_kernel_tables()) {
    const std::string full_name = name + "/" + table->name;
    benchmark::RegisterBenchmark(full_name.c_str(), [table, body](benchmark::State& state) {
      body(state, *table);
    })->Unit(benchmark::kMicrosecond);
  }
  return true;
}

inline void report_rate(benchmark::State& state, const char* unit, double per_iteration) {
  state.counters[unit] =
      benchmark::Counter(per_iteration, benchmark::Counter::kIsIterationInvariantRate, benchmark::Counter::kIs1000);
}

}  // namespace vitpose::engine::bench
