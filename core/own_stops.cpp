#include "core/own_stops.h"

#include <chrono>
#include <sys/resource.h>

#include "core/pause.h"

namespace vitpose::engine {

namespace {

// What a wait or a task takes longer than it should before the kernel is asked why.
constexpr double kSuspicious_ms = 0.25;

double now_ms() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// How often this thread had to give its processor away.
long involuntary_switches() {
  rusage usage{};
  return getrusage(RUSAGE_THREAD, &usage) == 0 ? usage.ru_nivcsw : 0;
}

}  // namespace

OwnStops::OwnStops() : last_ms_(now_ms()), stops_count_(involuntary_switches()) {}

bool OwnStops::was_stopped() {
  const long count = involuntary_switches();
  const bool more = count != stops_count_;
  stops_count_ = count;
  return more;
}

bool OwnStops::waiting() {
  const double before_ms = last_ms_;
  last_ms_ = now_ms();
  if (last_ms_ - before_ms < kSuspicious_ms || !was_stopped()) return false;
  forecast_.stopped(before_ms, last_ms_);
  return true;
}

void OwnStops::slept() {
  last_ms_ = now_ms();
  forecast_.slept(last_ms_);
}

void OwnStops::task_ends() {
  const double begin_ms = last_ms_;
  last_ms_ = now_ms();
  const double task_ms = last_ms_ - begin_ms;
  if (task_ms > 2 * forecast_.longest_task_ms() + kSuspicious_ms && was_stopped()) {
    forecast_.stopped_in_task(begin_ms, last_ms_);
  } else {
    forecast_.task_took(task_ms);
  }
}

bool OwnStops::stop_is_near() {
  return forecast_.wait_until_ms(last_ms_).has_value();
}

void OwnStops::wait_for_stop() {
  const double until_ms = forecast_.wait_until_ms(last_ms_).value_or(last_ms_);
  while (!waiting() && last_ms_ < until_ms) pause_briefly();
}

}  // namespace vitpose::engine
