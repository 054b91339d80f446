#include <atomic>
#include <doctest/doctest.h>
#include <limits>
#include <thread>

#include "core/float_environment.h"
#include "core/thread_pool.h"
#include "tests/support/float_mode.h"

using namespace vitpose::engine;
using namespace vitpose::engine::testing;

namespace {

bool denormals_are_kept() {
  volatile float smallest_normal = std::numeric_limits<float>::min();
  volatile float half = smallest_normal * 0.5f;
  return half > 0;
}

}  // namespace

TEST_CASE("a float environment keeps denormals, rounds to nearest, and restores the caller's mode") {
  const std::uint64_t before = float_mode();
  const std::uint64_t hostile = before | kFlushDenormals | kRoundDown;
  set_float_mode(hostile);
  CHECK_FALSE(denormals_are_kept());
  {
    const FloatEnvironment environment;
    CHECK(denormals_are_kept());
    CHECK((float_mode() & kRounding) == 0);
  }
  CHECK(float_mode() == hostile);
  set_float_mode(before);
}

TEST_CASE("threads of a pool keep denormals although the creating thread flushes them") {
  const std::uint64_t before = float_mode();
  set_float_mode(before | kFlushDenormals);
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
  set_float_mode(before);
  CHECK_FALSE(kept[0]);  // the creating thread itself, whose mode is its own affair
  for (int worker = 1; worker < kThreads; ++worker) CHECK(kept[worker]);
}
