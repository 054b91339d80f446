#include "core/thread_pool.h"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <sched.h>
#include <utility>

#include "core/cpu_quota.h"
#include "core/float_environment.h"
#include "core/pause.h"

namespace vitpose::engine {

namespace {

// Long enough to bridge the serial steps between the loops of a forward, short enough not to be noticed.
constexpr std::chrono::microseconds kSpinTime{50};
constexpr int kSpinsBetweenClockReads = 64;
// Of the caller, in a row: once may be chance.
constexpr int kStopsToMove = 2;

// Whether this thread runs a task of a loop that has the workers.
thread_local bool in_task = false;

}  // namespace

int available_processors() {
  int count = static_cast<int>(std::thread::hardware_concurrency());
  cpu_set_t mask;
  if (sched_getaffinity(0, sizeof(mask), &mask) == 0) count = CPU_COUNT(&mask);
  const int quota = cgroup_processors();
  if (quota > 0) count = std::min(count, quota);
  return std::max(count, 1);
}

ThreadPool::ThreadPool(int threads) : workers_(static_cast<std::size_t>(std::max(threads, 1))) {
  threads_.reserve(static_cast<std::size_t>(std::max(threads - 1, 0)));
  try {
    for (int worker = 1; worker < threads; ++worker) {
      threads_.emplace_back([this, worker] { run_worker(worker); });
    }
  } catch (...) {  // the system refuses more threads: work with those that started
  }
}

ThreadPool::~ThreadPool() {
  stop_.store(true);
  ticket_.fetch_add(2);
  ticket_.notify_all();
  for (std::thread& worker : threads_) worker.join();
}

int ThreadPool::available() const noexcept {
  return in_task ? 1 : size();
}

bool ThreadPool::take(Worker& of, End from, Index& task) {
  std::uint64_t range = of.tasks.load();
  while (true) {
    const std::uint64_t begin = range & 0xffffffffu;
    const std::uint64_t end = range >> 32;
    if (begin == end) return false;
    const std::uint64_t rest = from == End::kFront ? (end << 32 | (begin + 1)) : ((end - 1) << 32 | begin);
    if (of.tasks.compare_exchange_weak(range, rest)) {
      task = static_cast<Index>(from == End::kFront ? begin : end - 1);
      return true;
    }
  }
}

bool ThreadPool::take_tasks(int worker, OwnStops& stops) {
  const bool outer = std::exchange(in_task, true);
  bool leaves = false;
  for (int next = 0; next < size() && !leaves; ++next) {
    Worker& of = workers_[static_cast<std::size_t>((worker + next) % size())];
    const End from = next == 0 ? End::kFront : End::kBack;
    Index task = 0;
    // The caller must stay: while it is stopped nobody can go on, whether it has a task or not.
    while (!(leaves = worker != 0 && stops.stop_is_near()) && take(of, from, task)) {
      (*body_)(task, worker);
      stops.task_ends();
    }
  }
  in_task = outer;
  return !leaves;
}

// Everybody waits for the caller between loops: another process should rather share a worker's processor.
void ThreadPool::leave_contested_processor(OwnStops& stops) {
  if (stops.lately() < kStopsToMove) return;
  for (std::size_t i = 0; i < threads_.size(); ++i) {
    Worker& other = workers_[i + 1];
    const pthread_t thread = threads_[i].native_handle();
    const bool moved = other.seat.is_here() ? other.seat.send_away(thread)
                                            : !other.stopped_lately.load() && other.seat.exchange(thread);
    if (moved) return stops.forget();
  }
}

void ThreadPool::parallel_for(Index tasks, Body body) {
  std::unique_lock<std::mutex> lock(owner_, std::defer_lock);
  if (available() == 1 || tasks <= 1 || !lock.try_lock()) {
    for (Index task = 0; task < tasks; ++task) body(task, 0);
    return;
  }
  thread_local OwnStops stops;
  stops.waiting();
  leave_contested_processor(stops);
  body_ = &body;
  assert(tasks <= Index{0xffffffff});
  for (int worker = 0; worker < size(); ++worker) {
    const auto begin = static_cast<std::uint64_t>(tasks * worker / size());
    const auto end = static_cast<std::uint64_t>(tasks * (worker + 1) / size());
    workers_[static_cast<std::size_t>(worker)].tasks.store(end << 32 | begin);
  }
  ticket_.fetch_add(1);  // odd: open
  if (sleepers_.load() > 0) ticket_.notify_all();
  take_tasks(0, stops);
  // Close the loop first, then wait only for the workers that did enter: one that never woke up, because
  // its core is busy with something else, is not waited for.
  ticket_.fetch_add(1);  // even: closed
  for (int spins = 0; inside_.load() != 0; ++spins) {
    pause_briefly();
    if (spins % kSpinsBetweenClockReads == 0) stops.waiting();
    if (spins >= 4096) std::this_thread::yield();
  }
}

void ThreadPool::run_worker(int worker) {
  const FloatEnvironment environment;
  Worker& own = workers_[static_cast<std::size_t>(worker)];
  OwnStops stops;
  std::uint32_t seen = 0;
  while (true) {
    auto spin_end = std::chrono::steady_clock::now() + kSpinTime;
    std::uint32_t ticket = ticket_.load();
    for (int spins = 1; ticket == seen; ++spins) {
      pause_briefly();
      ticket = ticket_.load();
      if (spins % kSpinsBetweenClockReads != 0) continue;
      if (stops.waiting()) spin_end = std::chrono::steady_clock::now() + kSpinTime;
      if (std::chrono::steady_clock::now() < spin_end) continue;
      sleepers_.fetch_add(1);
      ticket_.wait(seen);
      sleepers_.fetch_sub(1);
      ticket = ticket_.load();
      stops.slept();
    }
    if (stop_.load()) return;
    seen = ticket;
    if ((ticket & 1u) == 0) continue;
    own.seat.here_now();
    own.stopped_lately.store(stops.lately() > 0);
    inside_.fetch_add(1);
    // The loop may have been closed between the two loads; then body_ must not be touched.
    const std::uint32_t now = ticket_.load();
    bool stays = true;
    if ((now & 1u) != 0) {
      seen = now;
      stops.waiting();
      stays = take_tasks(worker, stops);
    }
    inside_.fetch_sub(1);
    if (stays) continue;
    stops.wait_for_stop();
    seen = now - 1;  // so that it comes back if the loop is still open
  }
}

}  // namespace vitpose::engine
