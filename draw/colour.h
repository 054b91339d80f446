// Colours in linear light, where blending is done.
//
// Why linear: the edge of a stroke that covers half a pixel should send half of its light. Blended in sRGB it sends a
// fifth, so that thin lines look thinner and darker than they are, and the seam between green and red turns brown.
#pragma once

#include <cstdint>

#include "model/keypoint_sets.h"

namespace vitpose::engine {

// Amounts of light, opacity and coverage: 65535 is all of it.
inline constexpr std::uint32_t kWhole = 65535;

struct LinearColour {
  std::uint16_t red = 0;
  std::uint16_t green = 0;
  std::uint16_t blue = 0;
};

// Exact inverses of each other on the 256 values of sRGB.
std::uint16_t linear_of_srgb(std::uint8_t value);
std::uint8_t srgb_of_linear(std::uint32_t light);

LinearColour to_linear(const Rgb& colour);

// part / 65535 of the way from `from` to `to`, rounded.
constexpr std::uint32_t mix(std::uint32_t from, std::uint32_t to, std::uint32_t part) {
  return (from * (kWhole - part) + to * part + kWhole / 2) / kWhole;
}

}  // namespace vitpose::engine
