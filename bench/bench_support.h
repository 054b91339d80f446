// What the kernels' benchmarks share.
#pragma once

#include <benchmark/benchmark.h>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "core/aligned_buffer.h"
#include "ops/bf16_kernels.h"
#include "ops/kernels.h"

namespace vitpose::engine::bench {

// Values on a cache line.
template <class T>
class Values {
 public:
  explicit Values(Index count) : buffer_(static_cast<std::size_t>(count) * sizeof(T)) {}
  T* data() { return static_cast<T*>(buffer_.data()); }
  Index count() const { return static_cast<Index>(buffer_.size_bytes() / sizeof(T)); }

 private:
  AlignedBuffer buffer_;
};

// From -2 to 2, quickly made.
class Floats : public Values<float> {
 public:
  explicit Floats(Index count) : Values(count) {
    std::minstd_rand generator;
    for (Index i = 0; i < count; ++i) data()[i] = static_cast<float>(generator() % 4096) / 1024.0f - 2.0f;
  }
};

class BFloat16s : public Values<BFloat16> {
 public:
  explicit BFloat16s(Index count) : Values(count) {
    Floats floats(count);
    for (Index i = 0; i < count; ++i) data()[i] = to_bf16(floats.data()[i]);
  }
};

// Registers body(state, table) as "<name>/<instruction set>".
template <class Table, class Body>
void add_benchmark(const std::string& name, const Table& table, Body body) {
  const std::string full_name = name + "/" + table.name;
  benchmark::RegisterBenchmark(full_name.c_str(), [&table, body](benchmark::State& state) {
    body(state, table);
  })->Unit(benchmark::kMicrosecond);
}

// For every table this CPU can run.
template <class Body>
bool for_all_tables(const std::string& name, Body body) {
  for (const KernelTable* table : available_kernel_tables()) add_benchmark(name, *table, body);
  return true;
}

// For all kernels of bf16 and int8 but the last, the emulation: nobody waits for that; of two with the same name the
// one that is used.
template <class Body>
bool for_all_bf16_kernels(const std::string& name, Body body) {
  const std::vector<const Bf16Kernels*>& tables = available_bf16_kernels();
  for (std::size_t i = 0; i + 1 < tables.size(); ++i) {
    if (i == 0 || std::string_view(tables[i]->name) != tables[i - 1]->name) add_benchmark(name, *tables[i], body);
  }
  return true;
}

inline void report_rate(benchmark::State& state, const char* unit, double per_iteration) {
  state.counters[unit] =
      benchmark::Counter(per_iteration, benchmark::Counter::kIsIterationInvariantRate, benchmark::Counter::kIs1000);
}

}  // namespace vitpose::engine::bench
