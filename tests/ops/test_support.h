// What the tests of kernels share: inputs with and without special values, buffers with canaries, comparisons
// by bits, and the shapes that break vector code.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "core/shape.h"

namespace vitpose::engine::test {

constexpr std::uint32_t kCanary = 0xdeadbeef;

// Floats between two stretches of canaries, `misalignment` floats off the allocation's alignment.
class GuardedBuffer {
 public:
  explicit GuardedBuffer(Index count, Index misalignment = 0)
      : begin_(kMargin + misalignment), count_(count), memory_(static_cast<std::size_t>(begin_ + count + kMargin)) {
    for (float& value : memory_) value = std::bit_cast<float>(kCanary);
  }
  float* data() { return memory_.data() + begin_; }
  Index count() const { return count_; }
  bool intact() const {
    for (Index i = 0; i < static_cast<Index>(memory_.size()); ++i) {
      const bool inside = i >= begin_ && i < begin_ + count_;
      if (!inside && std::bit_cast<std::uint32_t>(memory_[static_cast<std::size_t>(i)]) != kCanary) return false;
    }
    return true;
  }

 private:
  static constexpr Index kMargin = 64;
  Index begin_;
  Index count_;
  std::vector<float> memory_;
};

inline std::vector<float> random_floats(Index count, unsigned seed, float deviation = 1.0f) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal(0.0f, deviation);
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values) value = normal(generator);
  return values;
}

// Values where formulas and comparisons break.
inline const std::vector<float>& special_floats() {
  using Limits = std::numeric_limits<float>;
  static const std::vector<float> values = {0.0f,
                                            -0.0f,
                                            Limits::quiet_NaN(),
                                            Limits::infinity(),
                                            -Limits::infinity(),
                                            Limits::denorm_min(),
                                            -Limits::denorm_min(),
                                            Limits::min() / 3,
                                            -Limits::min() / 3,
                                            Limits::max(),
                                            Limits::lowest(),
                                            3e18f,
                                            -3e18f};
  return values;
}

// Random values of which about one in `every` is special.
inline std::vector<float> floats_with_specials(Index count, unsigned seed, unsigned every) {
  std::vector<float> values = random_floats(count, seed);
  std::mt19937 generator(seed + 1);
  for (float& value : values) {
    if (generator() % every == 0) value = special_floats()[generator() % special_floats().size()];
  }
  return values;
}

// Equal bits; any NaN equals any NaN (payloads and signs of NaN are outside the contract).
inline bool same_bits(float a, float b) {
  return (a != a && b != b) || std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b);
}

// "" or the first difference.
inline std::string first_difference(const float* found, const float* expected, Index count) {
  for (Index i = 0; i < count; ++i) {
    if (!same_bits(found[i], expected[i])) {
      return "element " + std::to_string(i) + ": found " + std::to_string(found[i]) + ", expected " +
             std::to_string(expected[i]);
    }
  }
  return "";
}

// The larger error; NaN is the worst of all and stays. (std::max(0.0, NaN) is 0.0: a check would pass over it.)
inline double worse(double worst, double error) {
  return std::isnan(worst) || error <= worst ? worst : error;
}

// 1, V - 1, V, V + 1, 2V + 3 for vectors of sixteen.
inline const std::vector<Index>& awkward_sizes() {
  static const std::vector<Index> sizes = {1, 15, 16, 17, 35};
  return sizes;
}

}  // namespace vitpose::engine::test
