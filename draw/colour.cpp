// The tables are computed by the compiler from operations that IEEE 754 defines exactly, so that no machine's pow()
// can make a picture differ.
#include "draw/colour.h"

#include <array>
#include <cstddef>

namespace vitpose::engine {

namespace {

constexpr int kCodes = 256;
constexpr int kBins = 8192;  // of light: narrow enough that the 256 codes fall into bins of their own
constexpr std::uint32_t kBinWidth = 8;

// x^(1/5) by Newton's method, from above.
constexpr double fifth_root(double x) {
  double root = 1;
  for (int i = 0; i < 64; ++i) root = (4 * root + x / (root * root * root * root)) / 5;
  return root;
}

// IEC 61966-2-1. x^2.4 = x^2 * (x^2)^(1/5)
constexpr double light(double code) {
  if (code <= 0.04045) return code / 12.92;
  const double x = (code + 0.055) / 1.055;
  return x * x * fifth_root(x * x);
}

constexpr std::array<std::uint16_t, kCodes> make_linear_table() {
  std::array<std::uint16_t, kCodes> table{};
  for (int code = 0; code < kCodes; ++code) {
    table[static_cast<std::size_t>(code)] = static_cast<std::uint16_t>(light(code / 255.0) * kWhole + 0.5);
  }
  return table;
}
constexpr std::array<std::uint16_t, kCodes> kLinear = make_linear_table();

// For the middle of each bin the code whose light is nearest.
constexpr std::array<std::uint8_t, kBins> make_srgb_table() {
  std::array<std::uint8_t, kBins> table{};
  std::size_t code = 0;
  for (std::uint32_t bin = 0; bin < kBins; ++bin) {
    const std::uint32_t middle = bin * kBinWidth + kBinWidth / 2;
    while (code + 1 < kCodes && std::uint32_t{kLinear[code]} + kLinear[code + 1] < 2 * middle) ++code;
    table[bin] = static_cast<std::uint8_t>(code);
  }
  return table;
}
constexpr std::array<std::uint8_t, kBins> kSrgb = make_srgb_table();

constexpr bool tables_are_inverse() {
  for (std::size_t code = 0; code < kCodes; ++code) {
    if (kSrgb[kLinear[code] / kBinWidth] != code) return false;
  }
  return true;
}
static_assert(tables_are_inverse());

}  // namespace

std::uint16_t linear_of_srgb(std::uint8_t value) {
  return kLinear[value];
}

std::uint8_t srgb_of_linear(std::uint32_t light) {
  return kSrgb[light / kBinWidth];
}

LinearColour to_linear(const Rgb& colour) {
  return {linear_of_srgb(colour.red), linear_of_srgb(colour.green), linear_of_srgb(colour.blue)};
}

}  // namespace vitpose::engine
