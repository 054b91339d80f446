// A font of strokes for labels: printable ASCII, any size, drawn by the same capsules as everything else.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "draw/stroke.h"

namespace vitpose::engine {

struct TextStyle {
  Point origin;       // where the first letter stands on its base line
  double height = 0;  // of a capital letter, px
  double radius = 0;  // half the breadth of a stroke, px
  LinearColour colour;
  std::uint16_t opacity = kWhole;
};

// From the origin to the end of the last letter, px.
double text_width(std::string_view text, double height);

// Other characters than printable ASCII appear as question marks.
void append_text(std::string_view text, const TextStyle& style, std::vector<Stroke>& strokes);

}  // namespace vitpose::engine
