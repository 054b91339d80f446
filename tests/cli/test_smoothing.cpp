// The One-Euro filter against values computed by hand, and tracks of poses through it.
#include <cmath>
#include <limits>
#include <numbers>

#include "io/image.h"
#include "tests/cli/cli_support.h"
#include "tools/vitpose/run/one_euro_filter.h"
#include "tools/vitpose/run/track_smoother.h"

using namespace vitpose::test;
using vitpose::Point;
using vitpose::tools::ImageResult;
using vitpose::tools::OneEuroFilter;
using vitpose::tools::TrackSmoother;

namespace {

// With this time between samples, a cutoff of 1 Hz weighs old and new alike: tau = 1 / (2 pi) s.
constexpr double kSeconds = 1 / (2 * std::numbers::pi);

struct Seen {
  std::optional<std::int64_t> track;
  std::vector<Point> points;
  double size = 100;  // of the box
};

ImageResult frame_of(const std::vector<Seen>& subjects) {
  ImageResult frame;
  for (const Seen& seen : subjects) {
    frame.subjects.push_back({.box = {0, 0, seen.size / 2, seen.size}, .expert = {}, .track_id = seen.track});
    vitpose::Pose pose;
    pose.keypoints = seen.points;
    pose.scores.assign(seen.points.size(), 0.5f);
    for (std::size_t k = 0; k < seen.points.size(); ++k) pose.labels.push_back(static_cast<std::int64_t>(k));
    frame.poses.push_back(pose);
  }
  return frame;
}

float x_after(TrackSmoother& smoother, const std::vector<Seen>& subjects, std::size_t pose = 0, std::size_t point = 0) {
  ImageResult frame = frame_of(subjects);
  smoother.smooth(frame);
  return frame.poses.at(pose).keypoints.at(point).x;
}

}  // namespace

TEST_CASE("the filter's first sample passes unchanged, and a constant stays that constant") {
  OneEuroFilter filter;
  CHECK(filter.filter(0.1, kSeconds) == 0.1);
  for (int i = 0; i < 10; ++i) CHECK(filter.filter(0.1, kSeconds) == doctest::Approx(0.1).epsilon(1e-15));
}

TEST_CASE("the filter gives the values computed by hand") {
  // Speeds 0, then 2 pi, smoothed to pi: with beta 1/pi the cutoff is 2 Hz, tau half the time, the weight 2/3.
  OneEuroFilter filter({.min_cutoff = 1, .beta = 1 / std::numbers::pi, .d_cutoff = 1});
  CHECK(filter.filter(0, kSeconds) == 0);
  CHECK(filter.filter(1, kSeconds) == doctest::Approx(2.0 / 3).epsilon(1e-14));
  // Speed 2 pi / 3, smoothed to 5/6 pi: cutoff 11/6, weight 11/17.
  CHECK(filter.filter(1, kSeconds) == doctest::Approx(15.0 / 17).epsilon(1e-14));
}

TEST_CASE("speeds count in the unit told") {
  OneEuroFilter filter({.min_cutoff = 1, .beta = 1 / std::numbers::pi, .d_cutoff = 1});
  filter.filter(0, kSeconds, 2);
  CHECK(filter.filter(1, kSeconds, 2) == doctest::Approx(0.6).epsilon(1e-14));  // cutoff 3/2
}

TEST_CASE("without beta the filter is exponential smoothing, whose step response is 1 - (1 - a)^n") {
  const double seconds = 1.0 / 30;
  const double a = 1 / (1 + 30 / (2 * std::numbers::pi * 1.5));
  OneEuroFilter filter({.min_cutoff = 1.5, .beta = 0, .d_cutoff = 1});
  filter.filter(0, seconds);
  for (int n = 1; n < 40; ++n)
    CHECK(filter.filter(1, seconds) == doctest::Approx(1 - std::pow(1 - a, n)).epsilon(1e-13));
}

TEST_CASE("a quick motion is followed more closely than a slow one") {
  OneEuroFilter slow;
  OneEuroFilter quick;
  for (const double x : {0.0, 0.1}) slow.filter(x, 1.0 / 30);
  for (const double x : {0.0, 100.0}) quick.filter(x, 1.0 / 30);
  CHECK(slow.filter(0.2, 1.0 / 30) / 0.2 < 0.7);
  CHECK(quick.filter(200, 1.0 / 30) / 200 > 0.9);
}

TEST_CASE("a track's keypoints are smoothed by the filter with the issue's parameters and the box's longer side") {
  TrackSmoother smoother(30, false);
  OneEuroFilter expected({.min_cutoff = 1.0, .beta = 0.3, .d_cutoff = 1.0});
  for (const float x : {10.0f, 14.0f, 12.0f, 30.0f, 31.0f}) {
    const auto value = static_cast<float>(expected.filter(static_cast<double>(x), 1.0 / 30, 100));
    CHECK(x_after(smoother, {{.track = 5, .points = {{x, 0}}}}) == value);
  }
}

TEST_CASE("a subject twice as large that moves twice as far is smoothed alike") {
  TrackSmoother near(30, false);
  TrackSmoother far(30, false);
  for (const float x : {8.0f, 16.0f, 12.0f, 64.0f}) {
    CHECK(x_after(near, {{.track = 5, .points = {{2 * x, 0}}, .size = 200}}) ==
          2 * x_after(far, {{.track = 5, .points = {{x, 0}}}}));
  }
}

TEST_CASE("scores are never smoothed, and x and y and the keypoints are independent") {
  TrackSmoother smoother(30, false);
  ImageResult frame = frame_of({{.track = 1, .points = {{1, 2}, {3, 4}}}});
  smoother.smooth(frame);
  frame = frame_of({{.track = 1, .points = {{50, 2}, {3, 4}}}});
  frame.poses[0].scores = {0.25f, 0.75f};
  smoother.smooth(frame);
  CHECK(frame.poses[0].scores == std::vector<float>{0.25f, 0.75f});
  CHECK(frame.poses[0].keypoints[0].x < 50);
  CHECK(frame.poses[0].keypoints[0].y == 2);
  CHECK(frame.poses[0].keypoints[1].x == 3);
  CHECK(frame.poses[0].keypoints[1].y == 4);
}

TEST_CASE("tracks are told apart by their number, not by their place in the frame") {
  TrackSmoother smoother(30, false);
  x_after(smoother, {{.track = 1, .points = {{0, 0}}}, {.track = 2, .points = {{1000, 0}}}});
  const float second = x_after(smoother, {{.track = 2, .points = {{1001, 0}}}, {.track = 1, .points = {{1, 0}}}});
  CHECK(second > 1000);
}

TEST_CASE("a track that was away begins anew") {
  TrackSmoother smoother(30, false);
  x_after(smoother, {{.track = 1, .points = {{0, 0}}}});
  x_after(smoother, {{.track = 2, .points = {{0, 0}}}});
  CHECK(x_after(smoother, {{.track = 1, .points = {{70, 0}}}}) == 70);
  smoother.skip_frame();
  CHECK(x_after(smoother, {{.track = 1, .points = {{5, 0}}}}) == 5);
}

TEST_CASE("a keypoint that was away, or was no number, begins anew") {
  TrackSmoother smoother(30, false);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  x_after(smoother, {{.track = 1, .points = {{0, 0}, {0, 0}}}});
  x_after(smoother, {{.track = 1, .points = {{0, 0}}}});
  CHECK(x_after(smoother, {{.track = 1, .points = {{0, 0}, {70, 0}}}}, 0, 1) == 70);
  CHECK(std::isnan(x_after(smoother, {{.track = 1, .points = {{nan, 0}}}})));
  CHECK(x_after(smoother, {{.track = 1, .points = {{70, 0}}}}) == 70);
}

TEST_CASE("no box and no rate makes a finite place anything else") {
  for (const double rate : {1e-300, 1e6}) {
    for (const double size : {0.0, 1e-300, 1e300}) {
      TrackSmoother smoother(rate, false);
      for (const float x : {0.0f, 3e38f, -3e38f, 1.0f, 1.0f}) {
        CHECK(std::isfinite(x_after(smoother, {{.track = 1, .points = {{x, 0}}, .size = size}})));
      }
    }
  }
}

TEST_CASE("boxes without a track stay as they are, unless every frame has the same boxes") {
  TrackSmoother by_track(30, false);
  TrackSmoother by_place(30, true);
  for (TrackSmoother* smoother : {&by_track, &by_place}) x_after(*smoother, {{.track = {}, .points = {{0, 0}}}});
  CHECK(x_after(by_track, {{.track = {}, .points = {{70, 0}}}}) == 70);
  CHECK(x_after(by_place, {{.track = {}, .points = {{70, 0}}}}) < 70);
}

TEST_CASE("--smooth smooths the frames of a video, and of pictures in their order") {
  const vitpose::engine::Image image = vitpose::engine::read_image(picture_folder() + "/a.png");
  std::string frames;
  for (int i = 0; i < 4; ++i) {
    for (const std::uint8_t value : image.rgb) frames += static_cast<char>(value - value / 16 * i);
  }
  const std::vector<std::string> video{"run", plain_model(), "--raw", "80x60"};
  std::vector<std::string> smooth = video;
  smooth.insert(smooth.end(), {"--smooth", "--fps", "10"});
  const auto plain_lines = lines_of(succeed(video, frames));
  const auto smooth_lines = lines_of(succeed(smooth, frames));
  REQUIRE(smooth_lines.size() == 4);
  TrackSmoother smoother(10, true);
  for (std::size_t i = 0; i < 4; ++i) {
    const Json plain = parse(plain_lines[i]);
    const Json smoothed = parse(smooth_lines[i]);
    const Json& plain_pose = plain.at("poses").as_array()[0];
    const Json& smooth_pose = smoothed.at("poses").as_array()[0];
    std::vector<Point> points;
    for (const Json& point : plain_pose.at("keypoints").as_array()) {
      points.push_back({to_f32(point.as_array()[0]), to_f32(point.as_array()[1])});
    }
    ImageResult frame = frame_of({{.track = {}, .points = points, .size = 80}});
    smoother.smooth(frame);
    for (std::size_t k = 0; k < 17; ++k) {
      CHECK(to_f32(smooth_pose.at("keypoints").as_array()[k].as_array()[0]) == frame.poses[0].keypoints[k].x);
      CHECK(to_f32(smooth_pose.at("keypoints").as_array()[k].as_array()[1]) == frame.poses[0].keypoints[k].y);
      CHECK(to_f32(smooth_pose.at("scores").as_array()[k]) == to_f32(plain_pose.at("scores").as_array()[k]));
    }
  }
  CHECK(smooth_lines[0] == plain_lines[0]);
  CHECK(smooth_lines[3] != plain_lines[3]);
}

TEST_CASE("--smooth with a file of boxes needs tracks in it") {
  const TemporaryFolder folder;
  vitpose::engine::testing::write_file(folder / "boxes.json", R"([{"file_name": "a.png", "bbox": [1, 2, 30, 40]}])");
  check_fails(1, {"run", plain_model(), "a.png", "b.png", "--smooth", "--boxes", folder / "boxes.json"},
              {"boxes.json", "track_id"});
}
