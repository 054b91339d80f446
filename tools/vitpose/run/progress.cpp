#include "tools/vitpose/run/progress.h"

#include <cstdio>
#include <string>
#include <unistd.h>

namespace vitpose::tools {

namespace {

constexpr std::chrono::milliseconds kInterval{100};
constexpr std::size_t kBarWidth = 24;

std::string bar(std::size_t done, std::size_t total) {
  const std::size_t filled = total == 0 ? kBarWidth : kBarWidth * done / total;
  return "[" + std::string(filled, '#') + std::string(kBarWidth - filled, '-') + "] ";
}

// h:mm:ss
std::string duration(double seconds) {
  const auto whole = static_cast<long long>(seconds + 0.5);
  char text[64];
  std::snprintf(text, sizeof(text), "%lld:%02lld:%02lld", whole / 3600, whole / 60 % 60, whole % 60);
  return text;
}

}  // namespace

Progress::Progress(bool hidden, std::optional<std::size_t> total)
    : visible_(!hidden && ::isatty(STDERR_FILENO) == 1), total_(total) {}

void Progress::advance() {
  ++done_;
  const Clock::time_point now = Clock::now();
  if (visible_ && (!shown_ || now - *shown_ >= kInterval || done_ == total_)) show(now);
}

void Progress::show(Clock::time_point now) {
  const double seconds = std::chrono::duration<double>(now - start_).count();
  const double rate = seconds > 0 ? static_cast<double>(done_) / seconds : 0;
  std::string line = total_ ? bar(done_, *total_) : std::string();
  line += std::to_string(done_);
  if (total_) line += "/" + std::to_string(*total_);
  char speed[64];
  std::snprintf(speed, sizeof(speed), "  %.1f/s", rate);
  line += speed;
  if (total_ && rate > 0) line += "  " + duration(static_cast<double>(*total_ - done_) / rate) + " left";
  std::fprintf(stderr, "\r%s\x1b[K", line.c_str());
  std::fflush(stderr);
  shown_ = now;
}

void Progress::clear() {
  if (!shown_) return;
  std::fputs("\r\x1b[K", stderr);
  std::fflush(stderr);
  shown_.reset();
}

}  // namespace vitpose::tools
