// The floating-point mode the reproducibility contract needs: round to nearest, denormals kept, no traps.
// A host program may have switched denormals off; every public entry point and every pool thread
// opens one of these, and the host's mode is back when it closes.
#pragma once

#include <cstdint>

namespace vitpose::engine {

class FloatEnvironment {
 public:
  FloatEnvironment() noexcept;
  ~FloatEnvironment();
  FloatEnvironment(const FloatEnvironment&) = delete;
  FloatEnvironment& operator=(const FloatEnvironment&) = delete;

 private:
  std::uint64_t saved_;
};

}  // namespace vitpose::engine
