// One line on the terminal: how far, how fast, how long still.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

namespace vitpose::tools {

class Progress {
 public:
  // `total` is unknown for a stream. `hidden`: nothing is shown; nor unless standard error is a terminal.
  Progress(bool hidden, std::optional<std::size_t> total);
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void advance();
  void clear();  // leaves the terminal's line empty, for a message

 private:
  using Clock = std::chrono::steady_clock;

  void show(Clock::time_point now);

  bool visible_;
  std::optional<std::size_t> total_;
  std::size_t done_ = 0;
  Clock::time_point start_ = Clock::now();
  std::optional<Clock::time_point> shown_;  // last time
};

}  // namespace vitpose::tools
