// What the rasteriser draws: lines with round ends.
#pragma once

#include <cstdint>
#include <vector>

#include "draw/colour.h"

namespace vitpose::engine {

struct Point {
  double x = 0;  // px; the centre of the top left pixel is (0, 0)
  double y = 0;
};

// Everything nearer to the line from `from` to `to` than a radius that changes evenly from one end to the other;
// a disc when both ends are the same.
struct Stroke {
  Point from;
  Point to;
  double from_radius = 0;  // px
  double to_radius = 0;
  LinearColour colour;
  std::uint16_t opacity = kWhole;
};

}  // namespace vitpose::engine
