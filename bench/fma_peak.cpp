#include "bench/fma_peak.h"

#include <algorithm>
#include <ctime>

namespace vitpose::engine::bench {

namespace {

double thread_seconds() {
  std::timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

}  // namespace

double fma_peak(std::string_view isa) {
  constexpr int kSamples = 5;
  constexpr long kRounds = 100'000;
  double best = 0.0;
  float sink[16];
  for (int sample = 0; sample < kSamples; ++sample) {
    const double start = thread_seconds();
    double operations = 0.0;
    if (isa == "avx512") operations = run_fma_avx512(kRounds, sink);
    if (isa == "avx2") operations = run_fma_avx2(kRounds, sink);
    best = std::max(best, operations / (thread_seconds() - start) * 1e-9);
  }
  return best;
}

}  // namespace vitpose::engine::bench
