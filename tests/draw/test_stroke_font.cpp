#include <doctest/doctest.h>
#include <set>
#include <string>

#include "draw/paint.h"
#include "draw/stroke_font.h"
#include "tests/draw/draw_support.h"

using namespace vitpose::engine;
using vitpose::engine::testing::checksum;
using vitpose::engine::testing::TestCanvas;

namespace {

std::uint64_t drawn(std::string_view text, int& touched, double height = 24) {
  TestCanvas canvas(120, 60);
  TextStyle style;
  style.origin = {10, 40};
  style.height = height;
  style.radius = 1.25;
  style.colour = {kWhole, kWhole, kWhole};
  std::vector<Stroke> strokes;
  append_text(text, style, strokes);
  paint(canvas.view(), strokes);
  touched = canvas.touched_count();
  return checksum(canvas.pixels());
}

}  // namespace

TEST_CASE("every printable character has a shape of its own") {
  std::set<std::uint64_t> shapes;
  for (char letter = ' '; letter <= '~'; ++letter) {
    CAPTURE(letter);
    int touched = 0;
    shapes.insert(drawn(std::string(1, letter), touched));
    CHECK((touched > 5) == (letter != ' '));
  }
  CHECK(shapes.size() == 95);
}

TEST_CASE("letters stay within their width and height") {
  for (char letter = '!'; letter <= '~'; ++letter) {
    std::vector<Stroke> strokes;
    TextStyle style;
    style.origin = {100, 200};
    style.height = 60;
    append_text(std::string(1, letter), style, strokes);
    const double width = text_width(std::string(1, letter), 60);
    CAPTURE(letter);
    CHECK(width <= 40);
    for (const Stroke& stroke : strokes) {
      for (const Point point : {stroke.from, stroke.to}) {
        CHECK(point.x >= 100);
        CHECK(point.x <= 100 + width);
        CHECK(point.y >= 200 - 70);
        CHECK(point.y <= 200 + 20);  // descenders
      }
    }
  }
}

TEST_CASE("letters follow each other without touching, and the width says where a text ends") {
  const double one = text_width("n", 24);
  CHECK(text_width("nn", 24) > 2 * one + 4);
  CHECK(text_width("", 24) == 0);
  CHECK(text_width("knee", 48) == doctest::Approx(2 * text_width("knee", 24)));
}

TEST_CASE("characters that the font does not have appear as question marks") {
  int touched = 0;
  const auto question = drawn("??", touched);
  CHECK(drawn("\xc3\xa9", touched) == question);
  CHECK(drawn("\n\x7f", touched) == question);
}
