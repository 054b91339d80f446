#include "bench/fma_peak.h"

#include <algorithm>
#include <array>
#include <ctime>

namespace vitpose::engine::bench {

namespace {

double thread_seconds() {
  std::timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

}  // namespace

// Samples of some milliseconds, and their median: what the core sustains, not what it reaches before its clock falls.
double fma_peak(std::string_view isa) {
  constexpr int kSamples = 7;
  constexpr long kRounds = 1'500'000;
  std::array<double, kSamples> rates{};
  float sink[16];
  for (double& rate : rates) {
    const double start = thread_seconds();
    double operations = 0.0;
#if defined(__x86_64__)
    if (isa == "avx512") operations = run_fma_avx512(kRounds, sink);
    if (isa == "avx2") operations = run_fma_avx2(kRounds, sink);
#elif defined(__aarch64__)
    if (isa == "neon") operations = run_fma_neon(kRounds, sink);
#endif
    rate = operations / (thread_seconds() - start) * 1e-9;
  }
  std::sort(rates.begin(), rates.end());
  return rates[kSamples / 2];
}

}  // namespace vitpose::engine::bench
