#include <cmath>
#include <limits>

#include "tests/api/api_support.h"

using namespace vitpose;
using namespace vitpose::test;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// A black canvas of 120 x 100.
struct BlackCanvas {
  std::vector<std::uint8_t> rgb = std::vector<std::uint8_t>(120 * 100 * 3, 0);
  Canvas canvas() { return {rgb.data(), 120, 100}; }
  int drawn() const {
    int count = 0;
    for (std::size_t i = 0; i < rgb.size(); i += 3) count += (rgb[i] | rgb[i + 1] | rgb[i + 2]) != 0 ? 1 : 0;
    return count;
  }
  std::array<int, 3> at(int x, int y) const {
    const auto i = static_cast<std::size_t>(y * 120 + x) * 3;
    return {rgb[i], rgb[i + 1], rgb[i + 2]};
  }
};

// COCO keypoints 5, 7 and 9, a left arm.
Pose arm() {
  return {.keypoints = {{20, 20}, {60, 50}, {100, 80}}, .scores = {0.9f, 0.9f, 0.9f}, .labels = {5, 7, 9}};
}

const DrawOptions kCoco{.keypoint_sets = {"coco17"}};

}  // namespace

TEST_CASE("a pose is drawn with the colours of its keypoint set") {
  BlackCanvas black;
  draw_poses(black.canvas(), {arm()}, {}, {.keypoint_sets = {"coco17"}, .radius = 4, .thickness = 4});
  CHECK(black.at(60, 50) == std::array<int, 3>{0, 255, 0});
  CHECK(black.at(40, 35) == std::array<int, 3>{0, 255, 0});  // the edge between shoulder and elbow
  CHECK(black.at(60, 20) == std::array<int, 3>{0, 0, 0});
}

TEST_CASE("without a set only keypoints are drawn") {
  BlackCanvas black;
  draw_poses(black.canvas(), {arm()}, {});
  CHECK(black.at(60, 50) != std::array<int, 3>{0, 0, 0});
  CHECK(black.at(40, 35) == std::array<int, 3>{0, 0, 0});
}

TEST_CASE("every pose may have a set of its own") {
  BlackCanvas both;
  Pose animal = arm();
  animal.labels = {3, 4, 0};  // AP-10K: neck and tail have an edge, COCO has none between 3 and 4
  for (Point& point : animal.keypoints) point.x = 119 - point.x;
  draw_poses(both.canvas(), {arm(), animal}, {}, {.keypoint_sets = {"coco17", "ap10k17"}});
  CHECK(both.at(40, 35) != std::array<int, 3>{0, 0, 0});
  CHECK(both.at(79, 35) != std::array<int, 3>{0, 0, 0});
  BlackCanvas coco;
  draw_poses(coco.canvas(), {arm(), animal}, {}, kCoco);
  CHECK(coco.at(79, 35) == std::array<int, 3>{0, 0, 0});
  check_refused(ErrorCode::kInvalidArgument, {"keypoint_sets", "(2)", "3"}, [&] {
    draw_poses(both.canvas(), {arm(), animal}, {}, {.keypoint_sets = {"coco17", "coco17", "coco17"}});
  });
}

TEST_CASE("boxes give sizes, and are drawn when asked for") {
  BlackCanvas by_points;
  BlackCanvas by_box;
  BlackCanvas with_box;
  const std::vector<Box> boxes{{5, 5, 110, 90}};
  draw_poses(by_points.canvas(), {arm()}, {}, kCoco);
  draw_poses(by_box.canvas(), {arm()}, {{-900, -900, 2000, 2000}}, kCoco);
  CHECK(by_box.drawn() > by_points.drawn());
  DrawOptions options = kCoco;
  options.boxes = true;
  draw_poses(with_box.canvas(), {arm()}, boxes, options);
  CHECK(with_box.at(60, 5) != std::array<int, 3>{0, 0, 0});
  check_refused(ErrorCode::kInvalidArgument, {"boxes"}, [&] { draw_poses(with_box.canvas(), {arm()}, {}, options); });
  check_refused(ErrorCode::kInvalidArgument, {"boxes", "2", "1"}, [&] {
    draw_poses(with_box.canvas(), {arm(), arm()}, boxes, options);
  });
}

TEST_CASE("estimated poses can be drawn as they are, thresholded or not") {
  const auto estimator = PoseEstimator::load(plain_model());
  const TestPicture picture;
  for (const bool subset : {false, true}) {
    EstimateOptions options;
    if (subset) options.threshold = 0.0;
    std::vector<std::uint8_t> pixels = picture.rgb;
    draw_poses({pixels.data(), 80, 60}, estimator.estimate(picture.image(), test_boxes(), options), test_boxes(),
               {.keypoint_sets = {estimator.keypoint_set()->name}, .threshold = 0, .labels = Labels::kNames});
    CHECK(pixels != picture.rgb);
  }
}

TEST_CASE("drawing gives the same bits in every order of channels") {
  BlackCanvas rgb;
  draw_poses(rgb.canvas(), {arm()}, {}, kCoco);
  std::vector<std::uint8_t> bgra(120 * 100 * 4, 0);
  draw_poses({bgra.data(), 120, 100, 0, PixelFormat::kBgra8}, {arm()}, {}, kCoco);
  for (std::size_t i = 0; i < 120 * 100; ++i) {
    REQUIRE(bgra[4 * i] == rgb.rgb[3 * i + 2]);
    REQUIRE(bgra[4 * i + 2] == rgb.rgb[3 * i]);
    REQUIRE(bgra[4 * i + 3] == 0);
  }
}

TEST_CASE("what cannot be drawn is refused by name") {
  BlackCanvas black;
  const auto refuse = [&](const DrawOptions& options, std::initializer_list<std::string_view> parts) {
    check_refused(ErrorCode::kInvalidArgument, parts, [&] { draw_poses(black.canvas(), {arm()}, {}, options); });
  };
  refuse({.keypoint_sets = {"coco19"}}, {"coco19", "coco17"});
  refuse({.threshold = kNan}, {"threshold"});
  refuse({.radius = -1}, {"radius", "-1"});
  refuse({.thickness = kNan}, {"thickness"});
  refuse({.thickness = 1e300}, {"thickness"});
  refuse({.labels = Labels{7}}, {"labels", "7"});
  Pose strange = arm();
  strange.labels[1] = 17;
  check_refused(ErrorCode::kInvalidArgument, {"pose 0", "coco17", "17"},
                [&] { draw_poses(black.canvas(), {strange}, {}, kCoco); });
  strange.labels[1] = -1;
  check_refused(ErrorCode::kInvalidArgument, {"pose 0", "-1"}, [&] { draw_poses(black.canvas(), {strange}, {}); });
  strange = arm();
  strange.scores.pop_back();
  check_refused(ErrorCode::kInvalidArgument, {"scores"}, [&] { draw_poses(black.canvas(), {strange}, {}, kCoco); });
  check_refused(ErrorCode::kInvalidArgument, {"canvas", "GRAY8"}, [&] {
    draw_poses({black.rgb.data(), 120, 100, 0, PixelFormat::kGray8}, {arm()}, {});
  });
  check_refused(ErrorCode::kInvalidArgument, {"canvas", "NULL"}, [&] { draw_poses({nullptr, 120, 100}, {arm()}, {}); });
  CHECK(black.drawn() == 0);
}

TEST_CASE("a heatmap's peak is drawn where decoding finds the keypoint") {
  Tensor heatmaps{{1, 17, 64, 48}, std::vector<float>(17 * 64 * 48, 0)};
  for (int y = 0; y < 64; ++y) {
    for (int x = 0; x < 48; ++x) {
      const double away = (x - 30) * (x - 30) + (y - 20) * (y - 20);
      heatmaps.values[static_cast<std::size_t>((3 * 64 + y) * 48 + x)] = static_cast<float>(std::exp(-away / 8));
    }
  }
  const std::vector<Box> boxes{{20, 10, 60, 80}};
  const Point found = decode(heatmaps, boxes)[0].keypoints[3];
  BlackCanvas black;
  draw_heatmaps(black.canvas(), heatmaps, boxes);
  int best = 0;
  double x = 0;
  double y = 0;
  int peaks = 0;
  for (int i = 0; i < 120 * 100; ++i) {
    const auto pixel = black.at(i % 120, i / 120);
    const int light = pixel[0] + pixel[1] + pixel[2];
    if (light > best) {
      best = light;
      x = y = peaks = 0;
    }
    if (light < best) continue;
    x += i % 120;
    y += i / 120;
    ++peaks;
  }
  CHECK(std::abs(x / peaks - static_cast<double>(found.x)) < 1);
  CHECK(std::abs(y / peaks - static_cast<double>(found.y)) < 1);
  BlackCanvas other;
  draw_heatmaps(other.canvas(), heatmaps, boxes, {.keypoint = 4});
  CHECK(other.at(static_cast<int>(found.x), static_cast<int>(found.y)) == other.at(60, 90));
}

TEST_CASE("heatmaps that cannot be drawn are refused by name") {
  BlackCanvas black;
  const Tensor heatmaps{{1, 17, 64, 48}, std::vector<float>(17 * 64 * 48, 1)};
  const auto refuse = [&](const DrawHeatmapOptions& options, std::initializer_list<std::string_view> parts) {
    check_refused(ErrorCode::kInvalidArgument, parts, [&] {
      draw_heatmaps(black.canvas(), heatmaps, {{0, 0, 50, 50}}, options);
    });
  };
  refuse({.keypoint = 17}, {"keypoint", "16", "17"});
  refuse({.opacity = 1.5}, {"opacity", "1.5"});
  refuse({.full_scale = kNan}, {"full_scale"});
  refuse({.crop_height = 1}, {"crop_height"});
  check_refused(ErrorCode::kInvalidArgument, {"boxes", "1", "2"}, [&] {
    draw_heatmaps(black.canvas(), heatmaps, {{0, 0, 50, 50}, {0, 0, 50, 50}});
  });
  CHECK(black.drawn() == 0);
  draw_heatmaps(black.canvas(), heatmaps, {{kNan, 0, 50, 50}});  // no place, nothing to draw
  CHECK(black.drawn() == 0);
}
