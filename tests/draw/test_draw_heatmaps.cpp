#include <doctest/doctest.h>
#include <limits>

#include "draw/draw_heatmaps.h"
#include "draw/palette.h"
#include "tests/draw/draw_support.h"

using namespace vitpose::engine;
using vitpose::engine::testing::TestCanvas;

namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Two maps of 6 x 4 values.
struct Maps {
  std::vector<float> values = std::vector<float>(2 * 6 * 4, 0.0f);
  float& at(int k, int y, int x) { return values[static_cast<std::size_t>((k * 6 + y) * 4 + x)]; }
  TensorView<const float> view() const { return {values.data(), {2, 6, 4}}; }
};

int brightness(const TestCanvas& canvas, int x, int y) {
  const auto pixel = canvas.at(x, y);
  return pixel[0] + pixel[1] + pixel[2];
}

std::array<int, 2> brightest(const TestCanvas& canvas) {
  std::array<int, 2> best{0, 0};
  for (int y = 0; y < canvas.height(); ++y) {
    for (int x = 0; x < canvas.width(); ++x) {
      if (brightness(canvas, x, y) > brightness(canvas, best[0], best[1])) best = {x, y};
    }
  }
  return best;
}

}  // namespace

TEST_CASE("a peak is brightest at its place in the picture") {
  Maps maps;
  maps.at(0, 4, 1) = 1;
  TestCanvas canvas(100, 100);
  draw_heatmap(canvas.view(), maps.view(), {20, 10, 15, 12}, {});
  CHECK(brightest(canvas) == std::array<int, 2>{35, 58});
  CHECK(canvas.guards_hold());
}

TEST_CASE("only what the map covers is changed: half a value beyond the outermost ones") {
  const Maps maps;
  TestCanvas canvas(100, 100, 255);
  draw_heatmap(canvas.view(), maps.view(), {20, 10, 10, 10}, {});
  for (int y = 0; y < 100; ++y) {
    for (int x = 0; x < 100; ++x) CHECK(canvas.touched(x, y) == (x >= 15 && x < 55 && y >= 5 && y < 65));
  }
}

TEST_CASE("the largest of all keypoints is shown, or the one that was asked for") {
  Maps maps;
  maps.at(0, 1, 1) = 0.5f;
  maps.at(1, 4, 2) = 1;
  TestCanvas all(60, 80);
  TestCanvas first(60, 80);
  draw_heatmap(all.view(), maps.view(), {10, 10, 10, 10}, {});
  draw_heatmap(first.view(), maps.view(), {10, 10, 10, 10}, {.keypoint = 0});
  CHECK(brightest(all) == std::array<int, 2>{30, 50});
  CHECK(brightest(first) == std::array<int, 2>{20, 20});
  CHECK(all.at(20, 20) == first.at(20, 20));
}

TEST_CASE("full scale is what was given, or the largest value there is") {
  Maps maps;
  maps.at(0, 2, 2) = 0.25f;
  const LinearColour top = heat_colour(1);
  const std::array<std::uint8_t, 3> brightest_colour{srgb_of_linear(top.red), srgb_of_linear(top.green),
                                                     srgb_of_linear(top.blue)};
  for (const double full_scale : {0.0, 0.25, 0.1}) {
    TestCanvas canvas(60, 80);
    draw_heatmap(canvas.view(), maps.view(), {10, 10, 10, 10}, {.full_scale = full_scale, .opacity = 1});
    CHECK(canvas.at(30, 30) == brightest_colour);
  }
  TestCanvas canvas(60, 80);
  draw_heatmap(canvas.view(), maps.view(), {10, 10, 10, 10}, {.full_scale = 1, .opacity = 1});
  CHECK(canvas.at(30, 30) != brightest_colour);
}

TEST_CASE("opacity 0 leaves the picture as it is") {
  Maps maps;
  maps.at(0, 2, 2) = 1;
  TestCanvas canvas(60, 80, 77);
  draw_heatmap(canvas.view(), maps.view(), {10, 10, 10, 10}, {.opacity = 0});
  CHECK(canvas.touched_count() == 0);
}

TEST_CASE("values that are negative or not finite count as nothing") {
  Maps clean;
  clean.at(0, 2, 2) = 1;
  Maps dirty = clean;
  dirty.at(0, 0, 0) = kNan;
  dirty.at(1, 2, 2) = kNan;
  dirty.at(0, 3, 3) = kInfinity;
  dirty.at(1, 1, 1) = -kInfinity;
  dirty.at(1, 5, 3) = -5;
  TestCanvas expected(60, 80, 128);
  TestCanvas found(60, 80, 128);
  draw_heatmap(expected.view(), clean.view(), {10, 10, 10, 10}, {});
  draw_heatmap(found.view(), dirty.view(), {10, 10, 10, 10}, {});
  CHECK(found.pixels() == expected.pixels());
}

TEST_CASE("a placement that cannot be drawn draws nothing") {
  Maps maps;
  maps.at(0, 2, 2) = 1;
  for (const HeatmapPlacement& placement :
       {HeatmapPlacement{kNan, 10, 10, 10}, HeatmapPlacement{10, kInfinity, 10, 10}, HeatmapPlacement{10, 10, 0, 10},
        HeatmapPlacement{10, 10, 10, kNan}, HeatmapPlacement{10, 10, 1e-300, 10}, HeatmapPlacement{1e300, 10, 10, 10},
        HeatmapPlacement{500, 10, 10, 10}, HeatmapPlacement{10, -500, 10, 10}}) {
    TestCanvas canvas(60, 80, 9);
    draw_heatmap(canvas.view(), maps.view(), placement, {});
    CHECK(canvas.touched_count() == 0);
    CHECK(canvas.guards_hold());
  }
}

TEST_CASE("a map across the border of the picture is clipped, a mirrored one is drawn mirrored") {
  Maps maps;
  maps.at(0, 2, 0) = 1;
  TestCanvas canvas(40, 40);
  draw_heatmap(canvas.view(), maps.view(), {-5, 10, 30, 30}, {});
  CHECK(canvas.touched_count() == 40 * 40);
  CHECK(canvas.guards_hold());
  TestCanvas mirrored(60, 80);
  draw_heatmap(mirrored.view(), maps.view(), {50, 10, -10, 10}, {});
  CHECK(brightest(mirrored) == std::array<int, 2>{50, 30});
}
