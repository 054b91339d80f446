#include <doctest/doctest.h>

#if defined(__x86_64__)
#include <atomic>
#include <limits>
#include <thread>
#include <xmmintrin.h>

#include "core/float_environment.h"
#include "core/thread_pool.h"

using namespace vitpose::engine;

namespace {

constexpr unsigned kFlushDenormals = 0x8040;  // FTZ and DAZ
constexpr unsigned kRoundDown = 0x2000;

bool denormals_are_kept() {
  volatile float smallest_normal = std::numeric_limits<float>::min();
  volatile float half = smallest_normal * 0.5f;
  return half > 0;
}

}  // namespace

TEST_CASE("a float environment keeps denormals, rounds to nearest, and restores the caller's mode") {
  const unsigned before = _mm_getcsr();
  const unsigned hostile = before | kFlushDenormals | kRoundDown;
  _mm_setcsr(hostile);
  CHECK_FALSE(denormals_are_kept());
  {
    const FloatEnvironment environment;
    CHECK(denormals_are_kept());
    CHECK((_mm_getcsr() & 0x6000u) == 0);
  }
  CHECK((_mm_getcsr() & 0xffc0u) == (hostile & 0xffc0u));
  _mm_setcsr(before);
}

TEST_CASE("threads of a pool keep denormals although the creating thread flushes them") {
  const unsigned before = _mm_getcsr();
  _mm_setcsr(before | kFlushDenormals);
  constexpr int kThreads = 4;
  bool kept[kThreads] = {};
  {
    ThreadPool pool(kThreads);
    // Each task waits for all the others, so every thread of the pool really runs one.
    std::atomic<int> arrived{0};
    pool.parallel_for(kThreads, [&](Index, int worker) {
      ++arrived;
      while (arrived.load() < kThreads) std::this_thread::yield();
      kept[worker] = denormals_are_kept();
    });
  }
  _mm_setcsr(before);
  CHECK_FALSE(kept[0]);  // the creating thread itself, whose mode is its own affair
  for (int worker = 1; worker < kThreads; ++worker) CHECK(kept[worker]);
}
#endif
