// Notices when this thread is stopped in favour of another process, and keeps its forecast.
#pragma once

#include "core/stop_forecast.h"

namespace vitpose::engine {

// One thread's own: construct and use it there. It reads the clock once a task; the kernel is asked only when a task or
// a wait was unusually long.
class OwnStops {
 public:
  OwnStops();

  // Often, while waiting. True if this thread was stopped since the last call.
  bool waiting();
  void slept();
  // The one that began at the last call of any of these.
  void task_ends();

  // Whether a task begun now would probably be interrupted.
  bool stop_is_near();
  // Waits until the stop that is near has come and gone. Holds no task: nobody need wait for this thread.
  void wait_for_stop();

  int lately() const { return forecast_.stops(last_ms_); }
  void forget() { forecast_ = StopForecast(); }

 private:
  bool was_stopped();

  StopForecast forecast_;
  double last_ms_;    // the clock when it was last read
  long stops_count_;  // the kernel's count of this thread's stops
};

}  // namespace vitpose::engine
