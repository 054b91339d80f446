// Where a thread of a pool runs, and how the thread that all others wait for gets a processor to itself.
#pragma once

#include <atomic>
#include <pthread.h>
#include <sched.h>

namespace vitpose::engine {

// A worker's. The worker calls here_now often; the others are the caller's, one thread at a time.
class ProcessorSeat {
 public:
  // Notes the processor, and gives the worker back the mask that was narrowed to move it.
  void here_now();

  bool is_here() const { return processor_.load() == sched_getcpu(); }
  // The worker goes to any other processor that its mask allows. False if there is none.
  bool send_away(pthread_t worker);
  // The caller goes to the worker's processor and the worker to the caller's. False, and nothing done, where one's mask
  // lacks the other's processor. The caller keeps its mask.
  bool exchange(pthread_t worker);

 private:
  bool move(pthread_t worker, const cpu_set_t& to);

  std::atomic<int> processor_{-1};
  std::atomic<bool> moved_{false};
  cpu_set_t mask_{};  // to return to; written before moved_
};

}  // namespace vitpose::engine
