#include <cmath>
#include <doctest/doctest.h>
#include <vector>

#include "draw/paint.h"
#include "tests/draw/draw_support.h"

using namespace vitpose::engine;
using vitpose::engine::testing::TestCanvas;

namespace {

constexpr double kPi = 3.14159265358979;
constexpr LinearColour kWhite{kWhole, kWhole, kWhole};
constexpr LinearColour kRed{kWhole, 0, 0};

Stroke disc(double x, double y, double radius, LinearColour colour = kWhite) {
  return {{x, y}, {x, y}, radius, radius, colour, kWhole};
}

Stroke line(Point from, Point to, double radius, LinearColour colour = kWhite) {
  return {from, to, radius, radius, colour, kWhole};
}

double coverage(const Stroke& stroke, Point pixel) {
  return Coverage(stroke).at(pixel);
}

double covered_area(const Stroke& stroke) {
  double area = 0;
  for (int y = 0; y < 100; ++y) {
    for (int x = 0; x < 100; ++x) area += coverage(stroke, {static_cast<double>(x), static_cast<double>(y)});
  }
  return area;
}

void paint_one(TestCanvas& canvas, const Stroke& stroke) {
  paint(canvas.view(), {&stroke, 1});
}

}  // namespace

TEST_CASE("a disc covers its area wherever its centre lies between the pixels") {
  for (const double radius : {1.5, 2.0, 4.5, 20.0}) {
    for (const double shift : {0.0, 0.25, 0.5, 0.7}) {
      CAPTURE(radius);
      CAPTURE(shift);
      // Straight outlines within the pixels add a twelfth of a pixel times pi.
      const double expected = kPi * (radius * radius + 1.0 / 12);
      CHECK(covered_area(disc(50 + shift, 50 - shift / 2, radius)) == doctest::Approx(expected).epsilon(0.02));
    }
  }
}

TEST_CASE("a line covers its length times its thickness, even when it is thinner than a pixel") {
  for (const double thickness : {0.2, 0.5, 1.0, 3.0, 9.0}) {
    for (const double angle : {0.0, 0.3, 0.785398, 1.2, 1.570796}) {
      CAPTURE(thickness);
      CAPTURE(angle);
      const Point from{50 - 40 * std::cos(angle), 50 - 40 * std::sin(angle)};
      const Point to{50 + 40 * std::cos(angle), 50 + 40 * std::sin(angle)};
      const double expected = 80 * thickness + kPi * thickness * thickness / 4;
      CHECK(covered_area(line(from, to, thickness / 2)) == doctest::Approx(expected).epsilon(0.01));
    }
  }
}

TEST_CASE("outside the rows and bounds of a stroke nothing is covered") {
  for (const Stroke& stroke : {line({20, 30}, {70, 33}, 2), line({60, 10}, {55, 90}, 0.3), line({80, 80}, {15, 20}, 7),
                               line({10, 50}, {90, 50}, 1), disc(40, 40, 9), disc(40.5, 40, 0)}) {
    const Coverage found(stroke);
    for (int y = 0; y < 100; ++y) {
      const Interval row = found.row(y, {0, 100});
      const Rectangle& bounds = found.bounds();
      for (int x = 0; x < 100; ++x) {
        const bool inside = x >= row.first && x < row.end && x >= bounds.left && x < bounds.right && y >= bounds.top &&
                            y < bounds.bottom;
        if (!inside) REQUIRE(found.at({static_cast<double>(x), static_cast<double>(y)}) == 0);
      }
    }
  }
}

TEST_CASE("an upright line between two columns covers half of each") {
  const Stroke stroke = line({20.5, -50}, {20.5, 150}, 0.5);
  CHECK(coverage(stroke, {20, 10}) == 0.5);
  CHECK(coverage(stroke, {21, 10}) == 0.5);
  CHECK(coverage(stroke, {19, 10}) == 0);
  CHECK(coverage(stroke, {22, 10}) == 0);
}

TEST_CASE("a radius changes evenly along a stroke") {
  const Stroke stroke{{10, 50}, {90, 50}, 2, 10, kWhite, kWhole};
  CHECK(coverage(stroke, {10, 51.9}) > 0.5);
  CHECK(coverage(stroke, {10, 52.6}) == 0);
  CHECK(coverage(stroke, {50, 55.4}) == 1);
  CHECK(coverage(stroke, {50, 56.6}) == 0);
  CHECK(coverage(stroke, {90, 59.4}) == 1);
}

TEST_CASE("a pixel that is half covered sends half of the light") {
  TestCanvas canvas(40, 20);
  paint_one(canvas, line({20.5, -50}, {20.5, 150}, 0.5));
  const int half = canvas.at(20, 10)[0];
  CHECK(half == 188);  // sRGB of a linear half
  CHECK(canvas.at(21, 10)[2] == 188);
  CHECK_FALSE(canvas.touched(19, 10));
}

TEST_CASE("where strokes overlap the later one replaces the earlier, colour and opacity") {
  TestCanvas canvas(60, 60, 128);
  TestCanvas expected(60, 60, 128);
  std::vector<Stroke> strokes{disc(30, 30, 12, {}), disc(30, 30, 20, kRed)};
  for (Stroke& stroke : strokes) stroke.opacity = kWhole / 2;
  paint(canvas.view(), strokes);
  paint_one(expected, strokes[1]);
  CHECK(canvas.pixels() == expected.pixels());
  CHECK(canvas.at(30, 30)[0] > 180);
  CHECK(canvas.at(30, 30)[1] > 80);  // the canvas shines through
}

TEST_CASE("what is not covered stays as it was, to the last bit") {
  for (const int grey : {0, 1, 7, 128, 254, 255}) {
    TestCanvas canvas(64, 64, static_cast<std::uint8_t>(grey));
    Stroke stroke = disc(32, 32, 10, {});
    stroke.opacity = 0;
    paint_one(canvas, stroke);
    CHECK(canvas.touched_count() == 0);
  }
}

TEST_CASE("strokes outside the canvas draw nothing, strokes across its border only what is inside") {
  for (const Point centre : {Point{-30, 20}, Point{130, 20}, Point{50, -30}, Point{50, 90}, Point{-1e6, -1e6},
                             Point{1e6, 30}, Point{1e6, 1e6}}) {
    TestCanvas canvas(100, 60);
    paint_one(canvas, disc(centre.x, centre.y, 10));
    CHECK(canvas.touched_count() == 0);
    CHECK(canvas.guards_hold());
  }
  TestCanvas small(50, 40);
  TestCanvas large(90, 100);
  paint_one(small, disc(48, 38, 9.5));
  paint_one(large, disc(48, 38, 9.5));
  for (int y = 0; y < 40; ++y) {
    for (int x = 0; x < 50; ++x) CHECK(small.at(x, y) == large.at(x, y));
  }
  CHECK(small.guards_hold());
  CHECK(small.touched(49, 39));
}

TEST_CASE("a line between two far points crosses the canvas where it should") {
  TestCanvas canvas(200, 100);
  paint_one(canvas, line({-1e6, -1e6 + 0.5}, {1e6, 1e6 + 0.5}, 1));
  for (int x = 1; x < 98; ++x) {
    CHECK(canvas.touched(x, x));
    CHECK_FALSE(canvas.touched(x, x >= 4 ? x - 4 : x + 6));
  }
  CHECK(canvas.guards_hold());
}

TEST_CASE("the order of channels and the distance of rows change no pixel, and alpha stays") {
  const std::vector<Stroke> strokes{line({5, 5}, {60, 40}, 3.25, {9000, 40000, 60000}), disc(60, 40, 7, kRed)};
  TestCanvas expected(80, 50, 90);
  paint(expected.view(), strokes);
  std::vector<std::uint8_t> bgra(80 * 50 * 4, 90);
  for (std::size_t i = 3; i < bgra.size(); i += 4) bgra[i] = static_cast<std::uint8_t>(i % 251);
  // Bottom up, as some libraries keep their pictures.
  const Canvas view{bgra.data() + 49 * 320, 80, 50, -320, 4, 2, 1, 0};
  paint(view, strokes);
  for (int y = 0; y < 50; ++y) {
    for (int x = 0; x < 80; ++x) {
      const std::size_t i = static_cast<std::size_t>((49 - y) * 80 + x) * 4;
      REQUIRE(expected.at(x, y) == std::array<std::uint8_t, 3>{bgra[i + 2], bgra[i + 1], bgra[i]});
      REQUIRE(bgra[i + 3] == static_cast<std::uint8_t>((i + 3) % 251));
    }
  }
}

TEST_CASE("no strokes, no change") {
  TestCanvas canvas(10, 10, 3);
  paint(canvas.view(), {});
  CHECK(canvas.touched_count() == 0);
}
