#include "core/thread_pool.h"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <sched.h>
#include <utility>

#include "core/cpu_quota.h"
#include "core/float_environment.h"

namespace vitpose::engine {

namespace {

// Long enough to bridge the serial steps between the loops of a forward, short enough not to be noticed.
constexpr std::chrono::microseconds kSpinTime{50};
constexpr int kSpinsBetweenClockReads = 64;

// Whether this thread runs a task of a loop that has the workers.
thread_local bool in_task = false;

void pause_briefly() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace

int available_processors() {
  int count = static_cast<int>(std::thread::hardware_concurrency());
  cpu_set_t mask;
  if (sched_getaffinity(0, sizeof(mask), &mask) == 0) count = CPU_COUNT(&mask);
  const int quota = cgroup_processors();
  if (quota > 0) count = std::min(count, quota);
  return std::max(count, 1);
}

ThreadPool::ThreadPool(int threads) : shares_(static_cast<std::size_t>(std::max(threads, 1))) {
  workers_.reserve(static_cast<std::size_t>(std::max(threads - 1, 0)));
  try {
    for (int worker = 1; worker < threads; ++worker) {
      workers_.emplace_back([this, worker] { run_worker(worker); });
    }
  } catch (...) {  // the system refuses more threads: work with those that started
  }
}

ThreadPool::~ThreadPool() {
  stop_.store(true);
  ticket_.fetch_add(2);
  ticket_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

int ThreadPool::available() const noexcept {
  return in_task ? 1 : size();
}

bool ThreadPool::take(Share& share, End from, Index& task) {
  std::uint64_t range = share.range.load();
  while (true) {
    const std::uint64_t begin = range & 0xffffffffu;
    const std::uint64_t end = range >> 32;
    if (begin == end) return false;
    const std::uint64_t rest = from == End::kFront ? (end << 32 | (begin + 1)) : ((end - 1) << 32 | begin);
    if (share.range.compare_exchange_weak(range, rest)) {
      task = static_cast<Index>(from == End::kFront ? begin : end - 1);
      return true;
    }
  }
}

void ThreadPool::take_tasks(int worker) {
  const bool outer = std::exchange(in_task, true);
  Index task = 0;
  while (take(shares_[static_cast<std::size_t>(worker)], End::kFront, task)) (*body_)(task, worker);
  for (int next = 1; next < size(); ++next) {
    Share& other = shares_[static_cast<std::size_t>((worker + next) % size())];
    while (take(other, End::kBack, task)) (*body_)(task, worker);
  }
  in_task = outer;
}

void ThreadPool::parallel_for(Index tasks, Body body) {
  std::unique_lock<std::mutex> lock(owner_, std::defer_lock);
  if (available() == 1 || tasks <= 1 || !lock.try_lock()) {
    for (Index task = 0; task < tasks; ++task) body(task, 0);
    return;
  }
  body_ = &body;
  assert(tasks <= Index{0xffffffff});
  for (int worker = 0; worker < size(); ++worker) {
    const auto begin = static_cast<std::uint64_t>(tasks * worker / size());
    const auto end = static_cast<std::uint64_t>(tasks * (worker + 1) / size());
    shares_[static_cast<std::size_t>(worker)].range.store(end << 32 | begin);
  }
  ticket_.fetch_add(1);  // odd: open
  if (sleepers_.load() > 0) ticket_.notify_all();
  take_tasks(0);
  // Close the loop first, then wait only for the workers that did enter: one that never woke up, because
  // its core is busy with something else, is not waited for.
  ticket_.fetch_add(1);  // even: closed
  for (int spins = 0; inside_.load() != 0; ++spins) {
    pause_briefly();
    if (spins >= 4096) std::this_thread::yield();
  }
}

void ThreadPool::run_worker(int worker) {
  const FloatEnvironment environment;
  std::uint32_t seen = 0;
  while (true) {
    auto spin_end = std::chrono::steady_clock::now() + kSpinTime;
    std::uint32_t ticket = ticket_.load();
    for (int spins = 1; ticket == seen; ++spins) {
      pause_briefly();
      ticket = ticket_.load();
      if (spins % kSpinsBetweenClockReads == 0 && std::chrono::steady_clock::now() > spin_end) {
        sleepers_.fetch_add(1);
        ticket_.wait(seen);
        sleepers_.fetch_sub(1);
        ticket = ticket_.load();
      }
    }
    if (stop_.load()) return;
    seen = ticket;
    if ((ticket & 1u) == 0) continue;
    inside_.fetch_add(1);
    // The loop may have been closed between the two loads; then body_ must not be touched.
    const std::uint32_t now = ticket_.load();
    if ((now & 1u) != 0) {
      seen = now;
      take_tasks(worker);
    }
    inside_.fetch_sub(1);
  }
}

}  // namespace vitpose::engine
