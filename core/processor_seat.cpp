#include "core/processor_seat.h"

namespace vitpose::engine {

void ProcessorSeat::here_now() {
  if (moved_.load()) {
    pthread_setaffinity_np(pthread_self(), sizeof(mask_), &mask_);
    moved_.store(false);
  }
  processor_.store(sched_getcpu());
}

// The mask stays narrow until the worker runs there: one that sleeps would wake up where it slept.
bool ProcessorSeat::move(pthread_t worker, const cpu_set_t& to) {
  if (pthread_setaffinity_np(worker, sizeof(to), &to) != 0) return false;
  moved_.store(true);
  return true;
}

bool ProcessorSeat::send_away(pthread_t worker) {
  const int here = sched_getcpu();
  if (here < 0 || moved_.load() || pthread_getaffinity_np(worker, sizeof(mask_), &mask_) != 0) return false;
  cpu_set_t elsewhere = mask_;
  CPU_CLR(here, &elsewhere);
  return CPU_COUNT(&elsewhere) != 0 && move(worker, elsewhere);
}

bool ProcessorSeat::exchange(pthread_t worker) {
  const int here = sched_getcpu(), there = processor_.load();
  if (here < 0 || there < 0 || moved_.load()) return false;
  cpu_set_t own_mask;
  if (sched_getaffinity(0, sizeof(own_mask), &own_mask) != 0) return false;
  if (pthread_getaffinity_np(worker, sizeof(mask_), &mask_) != 0) return false;
  if (!CPU_ISSET(there, &own_mask) || !CPU_ISSET(here, &mask_)) return false;
  cpu_set_t only_here, only_there;
  CPU_ZERO(&only_here);
  CPU_ZERO(&only_there);
  CPU_SET(here, &only_here);
  CPU_SET(there, &only_there);
  if (!move(worker, only_here)) return false;
  if (sched_setaffinity(0, sizeof(only_there), &only_there) == 0) sched_setaffinity(0, sizeof(own_mask), &own_mask);
  return true;
}

}  // namespace vitpose::engine
