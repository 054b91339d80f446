#include "tools/vitpose/bench_timing.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <string>

namespace vitpose::tools {

namespace {

using Clock = std::chrono::steady_clock;

const Clock::time_point process_start = Clock::now();  // set before main

double milliseconds(Clock::duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

// splitmix64
class Random {
 public:
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

 private:
  std::uint64_t state_ = 0;
};

}  // namespace

Timing time_repeatedly(int repetitions, engine::FunctionRef<void()> body) {
  std::vector<double> times;
  for (int i = 0; i < repetitions; ++i) {
    const Clock::time_point start = Clock::now();
    body();
    times.push_back(milliseconds(Clock::now() - start));
  }
  std::sort(times.begin(), times.end());
  return {times[times.size() / 2], times.front()};
}

double milliseconds_since_start() {
  return milliseconds(Clock::now() - process_start);
}

std::int64_t peak_resident_mb() {
  // Not getrusage: its figure survives exec and may be the parent's.
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("VmHWM:", 0) == 0) return std::stoll(line.substr(6)) / 1024;
  }
  return 0;
}

Tensor synthetic_pixel_values(std::int64_t crops, std::int64_t height, std::int64_t width) {
  Tensor tensor{{crops, 3, height, width}, {}};
  tensor.values.resize(static_cast<std::size_t>(crops * 3 * height * width));
  Random random;
  for (float& value : tensor.values) {
    value = static_cast<float>(static_cast<std::int64_t>(random.next() >> 40) - (1 << 23)) * (2.0f / (1 << 23));
  }
  return tensor;
}

std::vector<std::uint8_t> synthetic_picture(int width, int height) {
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3);
  Random random;
  for (std::uint8_t& pixel : pixels) pixel = static_cast<std::uint8_t>(random.next() >> 56);
  return pixels;
}

}  // namespace vitpose::tools
