#include "core/stop_forecast.h"

#include <algorithm>
#include <cmath>
#include <ctime>

namespace vitpose::engine {

namespace {

// Longer than the scheduler lets a few neighbours run in a row: who has not been stopped for so long is alone.
constexpr double kRemembered_ms = 30;
constexpr double kForgotten = -1e300;
// Of a task's time, for what its length varies.
constexpr double kMargin = 1.1;
constexpr double kMargin_ms = 0.02;
// After the moment of a foreseen stop, until it is clear that it did not come.
constexpr double kLate_ms = 0.1;

}  // namespace

double scheduler_tick_ms() {
  // The coarse clock is advanced by the tick, so its resolution is the tick.
  timespec resolution{};
  if (clock_getres(CLOCK_MONOTONIC_COARSE, &resolution) != 0) return 4;
  const double tick_ms = static_cast<double>(resolution.tv_nsec) * 1e-6;
  return std::clamp(tick_ms, 1.0, 10.0);
}

StopForecast::StopForecast(double tick_ms) : tick_ms_(tick_ms), turn_ms_(tick_ms), last_stop_ms_(kForgotten) {}

void StopForecast::stopped(double stop_ms, double resume_ms) {
  stops_ = stops(stop_ms) + 1;
  tick_phase_ms_ = std::fmod(stop_ms, tick_ms_);
  // A turn may have been short because it began just before a tick; a longer one after it counts again soon.
  turn_ms_ = std::max(std::min(1.2 * turn_ms_, stop_ms - resumed_ms_), 0.5 * tick_ms_);
  resumed_ms_ = resume_ms;
  last_stop_ms_ = resume_ms;
}

void StopForecast::stopped_in_task(double begin_ms, double end_ms) {
  stops_ = stops(end_ms) + 1;
  // It was stopped soon after begin_ms, at the tick; if the known phase has none there, this is nearer the truth.
  if (next_tick_ms(begin_ms) > begin_ms + longest_task_ms_) tick_phase_ms_ = std::fmod(begin_ms, tick_ms_);
  resumed_ms_ = end_ms - longest_task_ms_;  // or later
  last_stop_ms_ = end_ms;
}

void StopForecast::slept(double now_ms) {
  resumed_ms_ = now_ms;
}

void StopForecast::task_took(double task_ms) {
  // Loops have tasks of different lengths: this forgets one in some hundred tasks, about a layer.
  longest_task_ms_ = std::max(task_ms, 0.998 * longest_task_ms_);
}

double StopForecast::next_tick_ms(double from_ms) const {
  return std::ceil((from_ms - tick_phase_ms_) / tick_ms_) * tick_ms_ + tick_phase_ms_;
}

std::optional<double> StopForecast::wait_until_ms(double now_ms) const {
  if (now_ms - last_stop_ms_ > kRemembered_ms) return std::nullopt;
  const double task_ms = kMargin * longest_task_ms_ + kMargin_ms;
  if (task_ms > 0.5 * turn_ms_) return std::nullopt;
  const double stop_ms = next_tick_ms(std::max(now_ms, resumed_ms_ + 0.7 * turn_ms_));
  if (now_ms + task_ms < stop_ms) return std::nullopt;
  return stop_ms + longest_task_ms_ + kLate_ms;  // the phase may be that of the task in which a stop came
}

int StopForecast::stops(double now_ms) const {
  return now_ms - last_stop_ms_ > kRemembered_ms ? 0 : stops_;
}

}  // namespace vitpose::engine
