#include <atomic>
#include <chrono>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <sched.h>
#include <string>
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

TEST_CASE("a task's own loop runs on the task's thread alone, and is done when it returns") {
  ThreadPool pool(3);
  CHECK(pool.available() == 3);
  constexpr Index kOuter = 50;
  constexpr Index kInner = 20;
  std::vector<Index> sums(kOuter);
  std::atomic<int> elsewhere{0};
  pool.parallel_for(kOuter, [&](Index outer, int) {
    const std::thread::id here = std::this_thread::get_id();
    if (pool.available() != 1) ++elsewhere;
    pool.parallel_for(kInner, [&](Index inner, int worker) {
      if (worker != 0 || std::this_thread::get_id() != here) ++elsewhere;
      sums[static_cast<std::size_t>(outer)] += inner;
    });
  });
  CHECK(elsewhere.load() == 0);
  for (const Index sum : sums) CHECK(sum == kInner * (kInner - 1) / 2);
  CHECK(pool.available() == 3);
}

TEST_CASE("a loop of one task leaves the workers to the loops inside") {
  ThreadPool pool(2);
  std::atomic<int> arrived{0};
  pool.parallel_for(1, [&](Index, int) {
    CHECK(pool.available() == 2);
    // Each waits for the other.
    pool.parallel_for(2, [&](Index, int) {
      ++arrived;
      while (arrived.load() < 2) std::this_thread::yield();
    });
  });
  CHECK(arrived.load() == 2);
}

#if defined(__linux__)
namespace {

// The states ("R" runs, "S" sleeps) of this process's threads but the calling one, which asks.
std::string states_of_other_threads() {
  std::string states;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream file(entry.path() / "stat");
    std::ifstream own("/proc/thread-self/stat");
    std::string id;
    std::string own_id;
    own >> own_id;
    file >> id;
    if (id == own_id) continue;
    std::string rest;
    std::getline(file, rest);
    states += rest.substr(rest.rfind(')') + 2, 1);
  }
  return states;
}

}  // namespace

TEST_CASE("workers without work sleep") {
  ThreadPool pool(4);
  pool.parallel_for(100, [](Index, int) {});
  int asleep_in_a_row = 0;
  for (int look = 0; look < 2000 && asleep_in_a_row < 20; ++look) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    const std::string states = states_of_other_threads();
    REQUIRE(states.size() >= 3);
    asleep_in_a_row = states.find_first_not_of('S') == std::string::npos ? asleep_in_a_row + 1 : 0;
  }
  CHECK(asleep_in_a_row == 20);
}

TEST_CASE("a process bound to one processor has one, and more threads than that still finish their loops") {
  cpu_set_t before;
  REQUIRE(sched_getaffinity(0, sizeof(before), &before) == 0);
  cpu_set_t one;
  CPU_ZERO(&one);
  for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++cpu) {
    if (CPU_ISSET(cpu, &before)) CPU_SET(cpu, &one);
  }
  REQUIRE(sched_setaffinity(0, sizeof(one), &one) == 0);
  CHECK(available_processors() == 1);
  {
    ThreadPool pool(4);  // its threads inherit the binding
    std::atomic<Index> total{0};
    for (int loop = 0; loop < 200; ++loop) pool.parallel_for(10, [&](Index task, int) { total += task; });
    CHECK(total.load() == 200 * 45);
  }
  REQUIRE(sched_setaffinity(0, sizeof(before), &before) == 0);
}
#endif

TEST_CASE("beside busy threads every task runs once, and the caller's affinity stays what it was") {
  cpu_set_t all, one;
  REQUIRE(sched_getaffinity(0, sizeof(all), &all) == 0);
  CPU_ZERO(&one);
  CPU_SET(sched_getcpu(), &one);
  for (const cpu_set_t& mask : {one, all}) {  // on one processor all threads stop each other
    REQUIRE(sched_setaffinity(0, sizeof(mask), &mask) == 0);
    const int processors = available_processors();
    CAPTURE(processors);
    std::atomic<bool> done{false};
    std::vector<std::thread> neighbours;
    for (int i = 0; i < processors; ++i) {
      neighbours.emplace_back([&done] {
        while (!done.load()) continue;
      });
    }
    std::vector<int> runs(16);
    {
      ThreadPool pool(processors + 1);
      for (int loop = 0; loop < 300; ++loop) {
        pool.parallel_for(16, [&](Index task, int) {
          std::atomic<int> busy{0};
          while (busy.fetch_add(1) < 4000) continue;
          ++runs[static_cast<std::size_t>(task)];
        });
      }
    }
    done = true;
    for (std::thread& neighbour : neighbours) neighbour.join();
    for (const int count : runs) CHECK(count == 300);
    cpu_set_t after;
    REQUIRE(sched_getaffinity(0, sizeof(after), &after) == 0);
    CHECK(CPU_EQUAL(&mask, &after));
  }
}
