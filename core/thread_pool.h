// A fixed set of threads that hands out the tasks of one loop at a time, dynamically.
//
// Every worker has a share of the tasks, neighbours in memory, and takes them one by one in ascending order: it finds
// what the loop before left in its own cache, and what it fetched ahead. A worker whose share is done takes tasks from
// the ends of the others', so a core that another process occupies slows the loop by its share, not by half. Who will
// be stopped in favour of that process (stop_forecast.h) holds no task then, and the caller, for whom all others wait
// between loops, leaves that core to a worker (processor_seat.h).
// The calling thread works too: a pool of n threads starts n - 1. Workers spin for a moment after a loop, because a
// forward is a chain of short loops, and then sleep.
// Any number of threads may call parallel_for at once: while one has the workers, the others run their own
// loops themselves. A task may have loops too: it runs them itself, since all workers have tasks of their own.
// Which thread ran a task never changes a result.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include "core/function_ref.h"
#include "core/own_stops.h"
#include "core/processor_seat.h"
#include "core/shape.h"

namespace vitpose::engine {

// Processors this process may use: its affinity mask, and the cgroup's quota if one is set. At least 1.
int available_processors();

class ThreadPool {
 public:
  explicit ThreadPool(int threads);  // at least 1
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int size() const noexcept { return static_cast<int>(threads_.size()) + 1; }
  // Of these, how many a loop that starts here may use: one within a task, else all.
  int available() const noexcept;

  // Calls body(task, worker) for every task in [0, tasks), tasks < 2^32, worker in [0, available()); no two calls with
  // the same worker run at once within this loop, so `worker` may index scratch memory. Returns when all are done.
  // The body must not throw.
  using Body = FunctionRef<void(Index task, int worker)>;
  void parallel_for(Index tasks, Body body);

 private:
  struct alignas(64) Worker {  // the caller is the first
    // Its share [begin, end) as long as nobody has taken it, in one word, begin in the low half: it takes from the
    // front, others from the end.
    std::atomic<std::uint64_t> tasks{0};
    ProcessorSeat seat;
    std::atomic<bool> stopped_lately{false};
  };
  enum class End { kFront, kBack };
  // False when its share is empty.
  static bool take(Worker& of, End from, Index& task);

  void run_worker(int worker);
  // False if it left tasks because this thread will probably be stopped for a while.
  bool take_tasks(int worker, OwnStops& stops);
  void leave_contested_processor(OwnStops& caller);

  std::mutex owner_;  // held by the caller whose loop has the workers
  const Body* body_ =
      nullptr;  // of the open loop; written before ticket_ becomes odd, read only by workers that entered
  std::vector<Worker> workers_;           // their shares likewise
  std::atomic<std::uint32_t> ticket_{0};  // odd while a loop is open; changes wake the workers
  std::atomic<int> inside_{0};            // workers that entered the open loop and have not left
  std::atomic<int> sleepers_{0};
  std::atomic<bool> stop_{false};
  std::vector<std::thread> threads_;  // of all workers but the caller
};

}  // namespace vitpose::engine
