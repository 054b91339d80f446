#include <atomic>
#include <chrono>
#include <doctest/doctest.h>
#include <sched.h>
#include <thread>

#include "core/own_stops.h"

using namespace vitpose::engine;

namespace {

// This thread and one that never sleeps on a single processor; the mask comes back at the end.
class SharedProcessor {
 public:
  SharedProcessor() {
    sched_getaffinity(0, sizeof(before_), &before_);
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    sched_setaffinity(0, sizeof(one), &one);
    neighbour_ = std::thread([this] {
      while (!done_.load()) continue;
    });
  }
  ~SharedProcessor() {
    done_ = true;
    neighbour_.join();
    sched_setaffinity(0, sizeof(before_), &before_);
  }

 private:
  cpu_set_t before_{};
  std::atomic<bool> done_{false};
  std::thread neighbour_;
};

void work() {
  std::atomic<int> steps{0};
  while (steps.fetch_add(1) < 2000) continue;
}

}  // namespace

TEST_CASE("a thread that shares its processor notices its stops, while it waits or works, and foresees the next") {
  const SharedProcessor processor;
  OwnStops stops;
  CHECK(stops.lately() == 0);
  CHECK_FALSE(stops.stop_is_near());
  // A generous end, so that a failure is no hang: the neighbour's first turn comes within milliseconds.
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  const auto may_go_on = [&] { return std::chrono::steady_clock::now() < end; };
  bool noticed = false;
  while (!noticed && may_go_on()) noticed = stops.waiting();
  REQUIRE(noticed);
  CHECK(stops.lately() >= 1);

  stops.forget();
  CHECK(stops.lately() == 0);
  while (stops.lately() == 0 && may_go_on()) {
    work();
    stops.task_ends();
  }
  CHECK(stops.lately() >= 1);

  bool foreseen = false;
  while (!foreseen && may_go_on()) {
    work();
    stops.task_ends();
    foreseen = stops.stop_is_near();
  }
  REQUIRE(foreseen);
  stops.wait_for_stop();
  CHECK(may_go_on());
}
