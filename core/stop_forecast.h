// Foresees when the scheduler will stop a thread in favour of another process that wants the same processor.
//
// A thread that is stopped in the middle of a task holds up the whole loop, until it has a turn again. The scheduler
// stops a thread at a tick of its clock, every 1 to 10 ms, when it has had its turn; two threads that never sleep take
// turns of the same length for as long as both want the processor. So who was stopped a moment ago knows when it will
// be stopped next, and begins no task that would not be done by then. Without such a neighbour nothing is foreseen.
//
// Moments are milliseconds of CLOCK_MONOTONIC. Not thread-safe: one thread's own.
#pragma once

#include <optional>

namespace vitpose::engine {

// Between two ticks of the scheduler's clock.
double scheduler_tick_ms();

class StopForecast {
 public:
  explicit StopForecast(double tick_ms = scheduler_tick_ms());

  // This thread did not run from stop_ms to resume_ms, of which it was aware because it was waiting.
  void stopped(double stop_ms, double resume_ms);
  // It was stopped somewhere in a task that took from begin_ms to end_ms.
  void stopped_in_task(double begin_ms, double end_ms);
  // It has slept until now.
  void slept(double now_ms);
  // It has done a task in this time, without being stopped.
  void task_took(double task_ms);

  // If a task begun now would probably meet a stop: when that stop will have come, if it comes. None where none was met
  // lately, or where tasks are so long that they all meet one.
  std::optional<double> wait_until_ms(double now_ms) const;
  // Stops of late, one after another.
  int stops(double now_ms) const;
  double longest_task_ms() const { return longest_task_ms_; }

 private:
  double next_tick_ms(double from_ms) const;

  double tick_ms_;
  double tick_phase_ms_ = 0;  // of the stops seen: each this much after a multiple of tick_ms_
  double resumed_ms_ = 0;
  double turn_ms_;              // the shortest of late, from being resumed until being stopped
  double longest_task_ms_ = 0;  // of late
  int stops_ = 0;
  double last_stop_ms_;
};

}  // namespace vitpose::engine
