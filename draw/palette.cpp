#include "draw/palette.h"

#include <algorithm>
#include <array>

namespace vitpose::engine {

namespace {

constexpr Rgb kGreen{0, 255, 0};
constexpr Rgb kBlue{0, 128, 255};
constexpr Rgb kOrange{255, 153, 51};

enum class Side { kLeft, kRight, kMiddle };

Side side_of(const KeypointSet& set, std::size_t keypoint) {
  if (set.flip_index[keypoint] == static_cast<int>(keypoint)) return Side::kMiddle;
  const char initial = set.keypoint_names[keypoint].front();
  return initial == 'l' || initial == 'L' ? Side::kLeft : Side::kRight;
}

Rgb colour_of(Side side) {
  switch (side) {
    case Side::kLeft: return kGreen;
    case Side::kRight: return kBlue;
    case Side::kMiddle: break;
  }
  return kOrange;
}

std::uint16_t quantised(double light) {
  return static_cast<std::uint16_t>(std::clamp(light, 0.0, 1.0) * kWhole + 0.5);
}

}  // namespace

Rgb keypoint_colour(const KeypointSet& set, std::size_t keypoint) {
  return set.keypoint_colours.empty() ? colour_of(side_of(set, keypoint)) : set.keypoint_colours[keypoint];
}

Rgb edge_colour(const KeypointSet& set, std::size_t edge) {
  if (!set.edge_colours.empty()) return set.edge_colours[edge];
  const Side from = side_of(set, static_cast<std::size_t>(set.edges[edge].from));
  const Side to = side_of(set, static_cast<std::size_t>(set.edges[edge].to));
  return colour_of(from == to ? from : Side::kMiddle);
}

Rgb colour_of_index(std::uint64_t index) {
  constexpr std::array<Rgb, 8> kColours{{{255, 90, 80},
                                         {80, 170, 255},
                                         {255, 190, 50},
                                         {150, 110, 255},
                                         {90, 220, 100},
                                         {255, 120, 210},
                                         {60, 220, 220},
                                         {230, 230, 110}}};
  return kColours[index % kColours.size()];
}

// A curve through Oklab, the colour space in which equal distances look alike: lightness grows in proportion, the
// hue turns from violet by teal to yellow. Cubes and products only, so every machine gets the same colours.
LinearColour heat_colour(double value) {
  const double t = std::clamp(value, 0.0, 1.0);
  const double lightness = 0.29 + 0.66 * t;
  const double a = 0.06 - 0.43 * t + 0.32 * t * t;
  const double b = -0.1 + 0.092 * t + 0.168 * t * t;
  const auto cube = [](double x) { return x * x * x; };
  const double l = cube(lightness + 0.3963377774 * a + 0.2158037573 * b);
  const double m = cube(lightness - 0.1055613458 * a - 0.0638541728 * b);
  const double s = cube(lightness - 0.0894841775 * a - 1.2914855480 * b);
  return {quantised(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
          quantised(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
          quantised(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s)};
}

}  // namespace vitpose::engine
