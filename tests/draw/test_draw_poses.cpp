#include <algorithm>
#include <cmath>
#include <doctest/doctest.h>
#include <map>
#include <string>

#include "draw/draw_poses.h"
#include "tests/draw/draw_support.h"

using namespace vitpose::engine;
using vitpose::engine::testing::checksum;
using vitpose::engine::testing::TestCanvas;
using vitpose::engine::testing::TestPose;

namespace {

void draw_one(TestCanvas& canvas, const TestPose& pose, const DrawOptions& options = {}) {
  const Figure figure = pose.figure();
  draw_poses(canvas.view(), {&figure, 1}, options);
}

double distance_to_pose(const TestPose& pose, int x, int y) {
  const auto point = [&](int k) {
    const auto i = static_cast<std::size_t>(k);
    return Point{pose.keypoints[2 * i], pose.keypoints[2 * i + 1]};
  };
  const auto to_line = [&](Point a, Point b) {
    const double length_squared = (b.x - a.x) * (b.x - a.x) + (b.y - a.y) * (b.y - a.y);
    const double along = (x - a.x) * (b.x - a.x) + (y - a.y) * (b.y - a.y);
    const double t = length_squared > 0 ? std::clamp(along / length_squared, 0.0, 1.0) : 0;
    return std::hypot(x - a.x - t * (b.x - a.x), y - a.y - t * (b.y - a.y));
  };
  double nearest = 1e9;
  for (std::size_t k = 0; k < pose.scores.size(); ++k) {
    nearest = std::min(nearest, to_line(point(static_cast<int>(k)), point(static_cast<int>(k))));
  }
  for (const Edge& edge : pose.set->edges) nearest = std::min(nearest, to_line(point(edge.from), point(edge.to)));
  return nearest;
}

}  // namespace

TEST_CASE("every set is drawn where its keypoints and edges are and nowhere else") {
  for (const KeypointSet& set : keypoint_sets()) {
    CAPTURE(set.name);
    TestCanvas canvas(320, 300, 100);
    const TestPose pose(set, 160, 150, 240);
    draw_one(canvas, pose);
    CHECK(canvas.guards_hold());
    const double reach = 2 * lay_out(pose.figure(), {}, 320, 300).thickness + 1;
    for (int y = 0; y < 300; ++y) {
      for (int x = 0; x < 320; ++x) {
        if (canvas.touched(x, y)) REQUIRE(distance_to_pose(pose, x, y) < reach);
      }
    }
    for (std::size_t k = 0; k < pose.scores.size(); ++k) {
      CHECK(canvas.touched(static_cast<int>(pose.keypoints[2 * k]), static_cast<int>(pose.keypoints[2 * k + 1])));
    }
  }
}

// When a change is meant, look at the pictures before writing down their new checksums.
TEST_CASE("the drawing of every set is the one that was looked at, bit for bit") {
  const std::map<std::string, std::uint64_t> expected{
      {"coco17", 0xd40d9c9e4f0a1521u},  {"aic14", 0xa5400eae61c69be2u},       {"mpii16", 0xdd3817d7ebb12500u},
      {"ap10k17", 0xf683b42012405622u}, {"crowdpose14", 0x9bf8e3d294e09808u}, {"wholebody133", 0x1c6170169fae1f08u},
      {"hand21", 0x050026b1ac3adbcbu},  {"synthpose52", 0xdbcd8f4dd4ff07a8u}};
  for (const KeypointSet& set : keypoint_sets()) {
    TestCanvas canvas(400, 360, 100);
    DrawOptions options;
    options.boxes = true;
    options.labels = Labels::kIndices;
    draw_one(canvas, TestPose(set, 200, 180, 300), options);
    const std::string name(set.name);
    CAPTURE(name);
    CHECK(expected.at(name) == checksum(canvas.pixels()));
  }
}

TEST_CASE("nothing is drawn when everything is switched off") {
  TestCanvas canvas(200, 200, 50);
  DrawOptions options;
  options.keypoints = false;
  options.skeleton = false;
  draw_one(canvas, TestPose(find_keypoint_set("coco17"), 100, 100, 150), options);
  CHECK(canvas.touched_count() == 0);
}

TEST_CASE("each switch draws something of its own") {
  const TestPose pose(find_keypoint_set("coco17"), 100, 100, 150);
  const auto drawn = [&](const DrawOptions& options) {
    TestCanvas canvas(200, 200, 50);
    draw_one(canvas, pose, options);
    return canvas.touched_count();
  };
  const DrawOptions none{.keypoints = false, .skeleton = false};
  DrawOptions keypoints = none;
  keypoints.keypoints = true;
  DrawOptions skeleton = none;
  skeleton.skeleton = true;
  DrawOptions boxes = none;
  boxes.boxes = true;
  DrawOptions names = none;
  names.labels = Labels::kNames;
  DrawOptions indices = none;
  indices.labels = Labels::kIndices;
  CHECK(drawn(keypoints) > 17 * 20);
  CHECK(drawn(skeleton) > drawn(keypoints));
  CHECK(drawn(boxes) > 4 * 150);
  CHECK(drawn(names) > 2 * drawn(indices));
  CHECK(drawn(indices) > 17 * 20);
}

TEST_CASE("a sure keypoint is opaque, an unsure one lets the picture shine through") {
  TestPose pose(find_keypoint_set("coco17"), 100, 100, 150);
  pose.keypoints = {60, 60, 140, 140};
  pose.labels = {5, 5};
  pose.scores = {0.95f, 0.35f};
  for (const bool weighted : {true, false}) {
    DrawOptions options;
    options.score_opacity = weighted;
    TestCanvas canvas(200, 200, 255);
    draw_one(canvas, pose, options);
    CHECK(canvas.at(60, 60) == std::array<std::uint8_t, 3>{0, 255, 0});
    CHECK((canvas.at(140, 140)[0] > 100) == weighted);
  }
}

TEST_CASE("a small subject is drawn over a large one, in whichever order they come") {
  const TestPose large(find_keypoint_set("coco17"), 150, 150, 280);
  TestPose small(find_keypoint_set("coco17"), 150, 150, 60);
  small.scores.assign(17, 0.95f);
  const std::array<Figure, 2> one{large.figure(), small.figure()};
  const std::array<Figure, 2> other{small.figure(), large.figure()};
  TestCanvas first(300, 300);
  TestCanvas second(300, 300);
  TestCanvas on_black(300, 300, 0);
  TestCanvas on_white(300, 300, 255);
  draw_poses(first.view(), one, {});
  draw_poses(second.view(), other, {});
  draw_one(on_black, small);
  draw_one(on_white, small);
  CHECK(first.pixels() == second.pixels());
  int opaque = 0;
  for (int y = 0; y < 300; ++y) {
    for (int x = 0; x < 300; ++x) {
      if (on_black.at(x, y) != on_white.at(x, y)) continue;
      REQUIRE(first.at(x, y) == on_black.at(x, y));
      ++opaque;
    }
  }
  CHECK(opaque > 100);
}

TEST_CASE("a label that would leave the picture is put on the other side of its keypoint") {
  TestPose pose(find_keypoint_set("coco17"), 100, 100, 150);
  pose.keypoints = {192, 100, 60, 150};
  pose.labels = {0, 16};
  pose.scores = {0.9f, 0.9f};
  TestCanvas canvas(200, 200);
  draw_one(canvas, pose, {.keypoints = false, .skeleton = false, .labels = Labels::kNames});
  int left = 0;
  int right = 0;
  for (int y = 80; y < 120; ++y) {
    for (int x = 130; x < 200; ++x) (x < 192 ? left : right) += canvas.touched(x, y) ? 1 : 0;
  }
  CHECK(left > 50);
  CHECK(right == 0);
}
