#include <algorithm>
#include <cmath>
#include <doctest/doctest.h>

#include "draw/colour.h"
#include "draw/palette.h"

using namespace vitpose::engine;

TEST_CASE("light follows the sRGB curve") {
  CHECK(linear_of_srgb(0) == 0);
  CHECK(linear_of_srgb(255) == kWhole);
  CHECK(linear_of_srgb(10) == 199);     // 10 / 255 / 12.92
  CHECK(linear_of_srgb(128) == 14146);  // ((128 / 255 + 0.055) / 1.055) ^ 2.4
  CHECK(linear_of_srgb(188) == 32957);
}

TEST_CASE("sRGB to light and back is the identity") {
  for (int code = 0; code < 256; ++code) {
    CHECK(srgb_of_linear(linear_of_srgb(static_cast<std::uint8_t>(code))) == code);
  }
}

TEST_CASE("mixing reaches both ends and rounds between them") {
  CHECK(mix(12345, 54321, 0) == 12345);
  CHECK(mix(12345, 54321, kWhole) == 54321);
  CHECK(mix(kWhole, kWhole, 777) == kWhole);
  CHECK(mix(0, kWhole, 777) == 777);
}

TEST_CASE("heat colours grow evenly lighter and stay within the gamut") {
  double last = -1;
  double smallest_step = 1;
  double largest_step = 0;
  for (int i = 0; i <= 32; ++i) {
    const LinearColour colour = heat_colour(i / 32.0);
    const double luminance = (0.2126 * colour.red + 0.7152 * colour.green + 0.0722 * colour.blue) / kWhole;
    const double lightness = luminance > 0.008856 ? 1.16 * std::cbrt(luminance) - 0.16 : 9.033 * luminance;
    if (i > 0) {
      smallest_step = std::min(smallest_step, lightness - last);
      largest_step = std::max(largest_step, lightness - last);
    }
    last = lightness;
    // A channel at its end for long would mean a colour that the screen cannot show.
    const int clipped = (colour.red == 0) + (colour.green == 0) + (colour.blue == 0) + (colour.red == kWhole) +
                        (colour.green == kWhole) + (colour.blue == kWhole);
    CHECK(clipped == 0);
  }
  CHECK(smallest_step > 0.6 / 32);
  CHECK(largest_step < 1.3 / 32);
  CHECK(heat_colour(-1).red == heat_colour(0).red);
  CHECK(heat_colour(2).red == heat_colour(1).red);
}

TEST_CASE("every keypoint and edge of every set has a colour, published or by its side") {
  const KeypointSet& coco = find_keypoint_set("coco17");
  CHECK(keypoint_colour(coco, 5).green == 255);  // left: green
  const KeypointSet& markers = find_keypoint_set("synthpose52");
  REQUIRE(markers.keypoint_colours.empty());
  CHECK(keypoint_colour(markers, 19).green == 255);  // lshoulder
  CHECK(keypoint_colour(markers, 18).blue == 255);   // rshoulder
  CHECK(keypoint_colour(markers, 17).red == 255);    // sternum
  CHECK(keypoint_colour(markers, 46).green == 255);  // l_calc, before the right one
}
