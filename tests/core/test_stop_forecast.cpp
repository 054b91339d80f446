#include <cmath>
#include <doctest/doctest.h>

#include "core/stop_forecast.h"

using namespace vitpose::engine;

namespace {

// A processor that this thread and a neighbour have by turns of so many ticks, the thread first.
struct SharedProcessor {
  double tick_ms, phase_ms;
  int ticks;
  // The end of the turn that now_ms lies in.
  double stop_ms(double now_ms) const {
    const double both_ms = 2 * ticks * tick_ms;
    return (std::floor((now_ms - phase_ms) / both_ms) + 0.5) * both_ms + phase_ms;
  }
  double away_ms() const { return ticks * tick_ms; }
};

struct Outcome {
  int stops = 0, within_tasks = 0;
  double at_work_ms = 0, had_ms = 0;
};

// A thread that takes tasks of such a length, and waits where a stop is foreseen, as a pool's worker does.
Outcome work(const SharedProcessor& processor, double task_ms, double duration_ms) {
  StopForecast forecast(processor.tick_ms);
  Outcome outcome;
  const double start_ms = processor.phase_ms + 1000 * processor.tick_ms * processor.ticks;
  double now_ms = start_ms;
  while (now_ms < start_ms + duration_ms) {
    const double stop_ms = processor.stop_ms(now_ms), resume_ms = stop_ms + processor.away_ms() + 1e-6;
    const auto until_ms = forecast.wait_until_ms(now_ms);
    const bool works = !until_ms.has_value();
    const double end_ms = works ? now_ms + task_ms : *until_ms;
    if (end_ms < stop_ms) {
      outcome.had_ms += end_ms - now_ms;
      if (works) outcome.at_work_ms += task_ms, forecast.task_took(task_ms);
      now_ms = end_ms;
      continue;
    }
    ++outcome.stops;
    outcome.had_ms += stop_ms - now_ms;
    if (works) {
      ++outcome.within_tasks;
      outcome.at_work_ms += task_ms;
      outcome.had_ms += end_ms - stop_ms;
      const double begin_ms = now_ms;
      now_ms = resume_ms + (end_ms - stop_ms);
      forecast.stopped_in_task(begin_ms, now_ms);
    } else {
      now_ms = resume_ms;
      forecast.stopped(stop_ms, resume_ms);
    }
  }
  return outcome;
}

}  // namespace

TEST_CASE("nothing is foreseen for a thread that is alone") {
  StopForecast forecast(4);
  for (double now_ms = 0; now_ms < 100; now_ms += 0.1) {
    forecast.task_took(0.1);
    CHECK_FALSE(forecast.wait_until_ms(now_ms).has_value());
  }
  CHECK(forecast.stops(100) == 0);
}

TEST_CASE("a thread that shares its processor is hardly ever stopped within a task, and works for most of its share") {
  for (const double tick_ms : {1.0, 3.333333, 4.0, 10.0}) {
    for (const int ticks : {1, 3}) {
      for (const double phase_ms : {0.0, 0.3}) {
        const double task_ms = 0.05 * tick_ms;
        CAPTURE(tick_ms);
        CAPTURE(ticks);
        CAPTURE(phase_ms);
        const SharedProcessor processor{tick_ms, phase_ms, ticks};
        if (processor.away_ms() > 15) continue;  // a neighbour that is given more at a time than is remembered
        const Outcome outcome = work(processor, task_ms, 400 * ticks * tick_ms);
        CHECK(outcome.stops >= 190);
        CHECK(outcome.within_tasks <= 10);
        CHECK(outcome.at_work_ms > 0.85 * outcome.had_ms);
      }
    }
  }
}

TEST_CASE("tasks that every turn would interrupt are taken nonetheless") {
  StopForecast forecast(4);
  forecast.task_took(3);
  forecast.stopped(96, 100);
  for (double now_ms = 100; now_ms < 104; now_ms += 0.1) CHECK_FALSE(forecast.wait_until_ms(now_ms).has_value());
}

TEST_CASE("a neighbour that left is forgotten") {
  StopForecast forecast(4);
  forecast.task_took(0.2);
  forecast.stopped(88, 92);
  forecast.stopped(96, 100);
  CHECK(forecast.stops(101) == 2);
  REQUIRE(forecast.wait_until_ms(103.9).has_value());
  CHECK(*forecast.wait_until_ms(103.9) >= 104);
  CHECK(*forecast.wait_until_ms(103.9) < 105);
  CHECK(forecast.stops(131) == 0);
  CHECK_FALSE(forecast.wait_until_ms(131.9).has_value());
  forecast.stopped(200, 204);
  CHECK(forecast.stops(205) == 1);
}

TEST_CASE("the scheduler's tick is one that Linux can be built with") {
  CHECK(scheduler_tick_ms() >= 1);
  CHECK(scheduler_tick_ms() <= 10);
}
