#include <atomic>
#include <chrono>
#include <doctest/doctest.h>
#include <thread>
#include <vector>

#include "core/thread_pool.h"

using namespace vitpose::engine;

TEST_CASE("every task runs exactly once, for any number of tasks and threads") {
  for (const int threads : {1, 2, 3, 8}) {
    ThreadPool pool(threads);
    CHECK(pool.size() == threads);
    for (const Index tasks : {0, 1, 2, 7, 1000}) {
      std::vector<std::atomic<int>> runs(static_cast<std::size_t>(tasks));
      pool.parallel_for(tasks, [&](Index task, int) { ++runs[static_cast<std::size_t>(task)]; });
      for (const auto& count : runs) REQUIRE(count.load() == 1);
    }
  }
}

TEST_CASE("a worker number is never used by two tasks at once") {
  ThreadPool pool(4);
  std::vector<std::atomic<int>> busy(4);
  std::atomic<bool> clash{false};
  for (int loop = 0; loop < 200; ++loop) {
    pool.parallel_for(16, [&](Index, int worker) {
      auto& mine = busy[static_cast<std::size_t>(worker)];
      if (mine.fetch_add(1) != 0) clash = true;
      mine.fetch_sub(1);
    });
  }
  CHECK_FALSE(clash.load());
}

TEST_CASE("results written by tasks are visible when the loop returns, thousands of loops in a row") {
  ThreadPool pool(2);
  std::vector<Index> values(8);
  for (Index loop = 0; loop < 20000; ++loop) {
    pool.parallel_for(8, [&](Index task, int) { values[static_cast<std::size_t>(task)] = loop + task; });
    for (Index task = 0; task < 8; ++task) REQUIRE(values[static_cast<std::size_t>(task)] == loop + task);
  }
}

TEST_CASE("workers that went to sleep wake up for the next loop") {
  ThreadPool pool(2);
  for (int loop = 0; loop < 5; ++loop) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    // Each task waits for the other, so the loop only ends if two threads really run it.
    std::atomic<int> arrived{0};
    pool.parallel_for(2, [&](Index, int) {
      ++arrived;
      while (arrived.load() < 2) std::this_thread::yield();
    });
    CHECK(arrived.load() == 2);
  }
}

TEST_CASE("several threads may run loops on one pool at once") {
  ThreadPool pool(2);
  std::vector<std::thread> callers;
  std::atomic<Index> total{0};
  for (int caller = 0; caller < 4; ++caller) {
    callers.emplace_back([&] {
      for (int loop = 0; loop < 500; ++loop) pool.parallel_for(10, [&](Index task, int) { total += task; });
    });
  }
  for (std::thread& caller : callers) caller.join();
  CHECK(total.load() == 4 * 500 * 45);
}
