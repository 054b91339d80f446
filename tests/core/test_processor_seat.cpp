#include <atomic>
#include <doctest/doctest.h>
#include <sched.h>
#include <thread>
#include <vector>

#include "core/processor_seat.h"

using namespace vitpose::engine;

namespace {

cpu_set_t only(int processor) {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  CPU_SET(processor, &mask);
  return mask;
}

cpu_set_t mask_of(pthread_t thread) {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  REQUIRE(pthread_getaffinity_np(thread, sizeof(mask), &mask) == 0);
  return mask;
}

void set_mask(pthread_t thread, const cpu_set_t& mask) {
  REQUIRE(pthread_setaffinity_np(thread, sizeof(mask), &mask) == 0);
}

// A thread that takes its seat when told to, and sleeps in between.
class Sitter {
 public:
  Sitter() : thread_([this] { run(); }) {}
  ~Sitter() {
    sit(2);
    thread_.join();
  }
  void take_seat() { sit(1); }
  pthread_t handle() { return thread_.native_handle(); }
  ProcessorSeat seat;

 private:
  void sit(int order) {
    order_.store(order);
    order_.notify_one();
    order_.wait(order);
  }
  void run() {
    while (true) {
      order_.wait(0);
      const int order = order_.load();
      if (order == 1) seat.here_now();
      order_.store(0);
      order_.notify_one();
      if (order == 2) return;
    }
  }
  std::atomic<int> order_{0};
  std::thread thread_;
};

// Two processors this process may use, the calling thread on the first; its mask comes back at the end.
struct TwoProcessors {
  TwoProcessors() : before(mask_of(pthread_self())) {
    for (int p = 0; p < CPU_SETSIZE && second < 0; ++p) {
      if (CPU_ISSET(p, &before)) (first < 0 ? first : second) = p;
    }
    if (second < 0) return;
    both = only(first);
    CPU_SET(second, &both);
    set_mask(pthread_self(), only(first));
  }
  ~TwoProcessors() { pthread_setaffinity_np(pthread_self(), sizeof(before), &before); }
  bool usable() const { return second >= 0 && sched_getcpu() == first; }  // emulators may not say where they are
  cpu_set_t before, both{};
  int first = -1, second = -1;
};

}  // namespace

TEST_CASE("a worker on the caller's processor is sent to another one, and may return later") {
  const TwoProcessors processors;
  if (!processors.usable()) {
    MESSAGE("skipped: fewer than two processors");
    return;
  }
  Sitter worker;
  set_mask(worker.handle(), only(processors.first));
  worker.take_seat();
  CHECK(worker.seat.is_here());
  CHECK_FALSE(worker.seat.send_away(worker.handle()));  // its mask allows no other
  set_mask(worker.handle(), processors.both);
  REQUIRE(worker.seat.send_away(worker.handle()));
  CHECK_FALSE(worker.seat.send_away(worker.handle()));  // it has not moved yet
  worker.take_seat();
  CHECK_FALSE(worker.seat.is_here());
  const cpu_set_t mask = mask_of(worker.handle());
  CHECK(CPU_EQUAL(&mask, &processors.both));
  set_mask(worker.handle(), only(processors.first));
  worker.take_seat();
  set_mask(worker.handle(), processors.both);
  CHECK(worker.seat.send_away(worker.handle()));  // once more
}

TEST_CASE("caller and worker exchange their processors and keep their masks") {
  const TwoProcessors processors;
  if (!processors.usable()) {
    MESSAGE("skipped: fewer than two processors");
    return;
  }
  Sitter worker;
  CHECK_FALSE(worker.seat.exchange(worker.handle()));  // it has not said where it is
  set_mask(worker.handle(), only(processors.second));
  worker.take_seat();
  CHECK_FALSE(worker.seat.is_here());
  CHECK_FALSE(worker.seat.exchange(worker.handle()));  // each may use its own only
  // Both may move again as soon as they have their masks back, so this may take more than one attempt.
  bool exchanged = false;
  for (int attempt = 0; attempt < 20 && !exchanged; ++attempt) {
    set_mask(pthread_self(), only(processors.first));
    set_mask(worker.handle(), only(processors.second));
    worker.take_seat();
    set_mask(worker.handle(), processors.both);
    set_mask(pthread_self(), processors.both);
    if (!worker.seat.exchange(worker.handle())) continue;
    const bool caller_moved = sched_getcpu() == processors.second;
    const cpu_set_t own = mask_of(pthread_self());
    CHECK(CPU_EQUAL(&own, &processors.both));
    set_mask(pthread_self(), only(processors.first));
    worker.take_seat();
    const cpu_set_t its = mask_of(worker.handle());
    CHECK(CPU_EQUAL(&its, &processors.both));
    exchanged = caller_moved && worker.seat.is_here();
  }
  CHECK(exchanged);
}
