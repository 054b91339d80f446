#pragma once

#include "core/shape.h"

namespace vitpose::engine {

// For a >= 0 and b > 0.
constexpr Index ceil_divide(Index a, Index b) {
  return (a + b - 1) / b;
}

}  // namespace vitpose::engine
