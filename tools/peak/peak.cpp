#include "tools/peak/peak.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <future>

#include "core/cpu_features.h"
#include "ops/bf16_kernels.h"
#include "ops/kernels.h"
#include "tools/peak/peak_probes.h"

namespace vitpose::tools {

namespace {

using engine::DType;

// In the order of the kernels' lists.
std::vector<PeakProbe> all_probes() {
#if defined(__x86_64__)
  return {{"avx512", DType::kF32, run_f32_avx512},
          {"avx2", DType::kF32, run_f32_avx2},
          {"amx", DType::kBF16, run_bf16_amx},
          {"amx", DType::kI8, run_int8_amx},
          {"avx512_bf16", DType::kBF16, engine::cpu_features().slow_vdpbf16ps ? run_f32_avx512 : run_bf16_avx512},
          {"avx512_bf16", DType::kI8, run_int8_avx512}};
#elif defined(__aarch64__)
  return {{"neon", DType::kF32, run_f32_neon}};
#else
  return {};
#endif
}

template <class Table>
bool has(const std::vector<const Table*>& tables, std::string_view isa) {
  return std::any_of(tables.begin(), tables.end(), [&](const Table* table) { return table->name == isa; });
}

std::vector<PeakProbe> runnable_probes() {
  std::vector<PeakProbe> probes = all_probes();
  std::erase_if(probes, [](const PeakProbe& probe) {
    return probe.dtype == DType::kF32 ? !has(engine::available_kernel_tables(), probe.isa)
                                      : !has(engine::available_bf16_kernels(), probe.isa);
  });
  return probes;
}

double thread_seconds() {
  std::timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

// Samples of some milliseconds, and their median: what the core sustains, not what it reaches before its clock falls.
double measure_here(const PeakProbe& probe) {
  constexpr int kSamples = 7;
  constexpr long kRounds = 150'000;
  std::array<double, kSamples> rates{};
  for (double& rate : rates) {
    const double start = thread_seconds();
    const double operations = probe.run(kRounds);
    rate = operations / (thread_seconds() - start) * 1e-9;
  }
  std::sort(rates.begin(), rates.end());
  return rates[kSamples / 2];
}

}  // namespace

const std::vector<PeakProbe>& available_peak_probes() {
  static const std::vector<PeakProbe> probes = runnable_probes();
  return probes;
}

double measure_peak(const PeakProbe& probe, int threads) {
  std::vector<std::future<double>> others;
  for (int i = 1; i < threads; ++i) others.push_back(std::async(std::launch::async, measure_here, probe));
  double total = measure_here(probe);
  for (std::future<double>& other : others) total += other.get();
  return total;
}

double measure_peak(std::string_view isa, DType dtype) {
  for (const PeakProbe& probe : available_peak_probes()) {
    if (probe.isa == isa && probe.dtype == dtype) return measure_peak(probe);
  }
  return 0.0;
}

}  // namespace vitpose::tools
