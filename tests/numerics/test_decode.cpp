#include <array>
#include <cmath>
#include <doctest/doctest.h>
#include <limits>
#include <string>

#include "core/error.h"
#include "model/decode.h"
#include "tests/numerics/golden_inputs.h"

namespace vitpose::engine {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::vector<DecodedPose> decode_maps(const std::vector<float>& maps, const Shape& shape, std::span<const Box> boxes,
                                     const DecodeOptions& options = {}) {
  return decode({maps.data(), shape}, boxes, 256, 192, options);
}

std::string refusal_of(const Shape& shape, std::size_t boxes, const DecodeOptions& options = {}) {
  const std::vector<float> maps(static_cast<std::size_t>(shape.count()), 0.5f);
  try {
    (void)decode_maps(maps, shape, std::vector<Box>(boxes), options);
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kInvalidArgument);
    return error.what();
  }
  return "";
}

TEST_CASE("the first maximum wins at every position, length and tie") {
  for (Index count = 1; count <= 70; ++count) {
    std::vector<float> values(static_cast<std::size_t>(count), -2.0f);
    for (Index at = count - 1; at >= 0; --at) {
      values[static_cast<std::size_t>(at)] = -1.0f;  // ties with every later position
      REQUIRE(first_maximum(values.data(), count) == at);
    }
  }
}

TEST_CASE("the first NaN counts as the maximum, wherever it stands") {
  for (const std::size_t count : {std::size_t{1}, std::size_t{15}, std::size_t{16}, std::size_t{40}}) {
    for (std::size_t at = 0; at < count; ++at) {
      std::vector<float> values(count, 1.0f);
      values[count - 1] = kNan;
      values[at] = kNan;
      REQUIRE(first_maximum(values.data(), static_cast<Index>(count)) == static_cast<Index>(at));
    }
  }
}

TEST_CASE("infinities are ordinary values of the maximum") {
  const std::array<float, 4> low{-kInfinity, -kInfinity, -kInfinity, -kInfinity};
  CHECK(first_maximum(low.data(), 4) == 0);
  const std::array<float, 4> mixed{-kInfinity, 3.0f, kInfinity, kInfinity};
  CHECK(first_maximum(mixed.data(), 4) == 2);
}

TEST_CASE("the box of transformers' documentation comes back as transformers returns it") {
  const std::vector<float> maps = golden::heatmaps({"bump", 1, 2, 3, 64, 48});
  const std::array<Box, 2> boxes{{{412.8, 157.61, 53.05, 138.01}, {384.43, 172.21, 15.12, 35.74}}};
  const std::vector<DecodedPose> poses = decode_maps(maps, {2, 3, 64, 48}, boxes);
  CHECK(poses[0].bbox == std::array<float, 4>{439.325f, 226.615f, 438.97192f, 226.47757f});
  CHECK(poses[1].bbox == std::array<float, 4>{391.99f, 190.08f, 391.15753f, 189.30338f});
}

TEST_CASE("a pose does not depend on the other maps of its batch") {
  const golden::HeatmapCase which{"holes", 2, 7, 5, 64, 48};
  const std::vector<float> maps = golden::heatmaps(which);
  const std::vector<Box> boxes = golden::boxes(3, which.n);
  const std::vector<DecodedPose> together = decode_maps(maps, which.shape(), boxes);
  const std::size_t size = 5 * 64 * 48;
  for (std::size_t n = 0; n < 7; ++n) {
    const DecodedPose alone =
        decode({maps.data() + n * size, Shape{1, 5, 64, 48}}, std::span(&boxes[n], 1), 256, 192, {}).front();
    CHECK(alone.keypoints == together[n].keypoints);
    CHECK(alone.scores == together[n].scores);
  }
}

TEST_CASE("a thousand persons decode like one") {
  const std::size_t size = 17 * 64 * 48;
  const std::vector<float> one = golden::heatmaps({"noisy", 4, 1, 17, 64, 48});
  std::vector<float> maps;
  for (int n = 0; n < 1000; ++n) maps.insert(maps.end(), one.begin(), one.end());
  const std::vector<Box> boxes(1000, {10, 20, 100, 200});
  ThreadPool pool(2);
  const std::vector<DecodedPose> poses = decode({maps.data(), Shape{1000, 17, 64, 48}}, boxes, 256, 192, {}, &pool);
  REQUIRE(maps.size() == 1000 * size);
  int different = 0;
  for (const DecodedPose& pose : poses) different += pose.keypoints != poses[0].keypoints;
  CHECK(different == 0);
}

TEST_CASE("a map without a positive value scores its maximum and lies at (-1, -1), unrefined") {
  const std::vector<float> maps(64 * 48, -0.25f);
  const Box box{100, 200, 75, 100};
  const DecodedPose pose = decode_maps(maps, {1, 1, 64, 48}, std::span(&box, 1)).front();
  CHECK(pose.scores[0] == -0.25f);
  const float extent = 0.375f * 1.25f * 200.0f;
  CHECK(pose.keypoints[0] == -1.0f * (extent / 47.0f) + 137.5f - extent * 0.5f);
}

TEST_CASE("a NaN scores NaN and lies at (-1, -1)") {
  std::vector<float> maps = golden::heatmaps({"bump", 5, 1, 1, 64, 48});
  maps[2000] = kNan;
  const Box box{100, 200, 75, 100};
  const DecodedPose pose = decode_maps(maps, {1, 1, 64, 48}, std::span(&box, 1)).front();
  CHECK(std::isnan(pose.scores[0]));
  CHECK(std::isfinite(pose.keypoints[0]));
  CHECK(pose.keypoints[0] < 100.0f);
}

TEST_CASE("a singular Hessian keeps the integer peak, and fails the call when transformers' bugs are wanted") {
  const golden::HeatmapCase which{"singular", 1, 1, 2, 64, 48};
  const std::vector<float> maps = golden::heatmaps(which);
  const Box box{0, 0, 75, 100};
  const float factor = 0.375f * 1.25f * 200.0f / 47.0f;
  const DecodedPose pose = decode_maps(maps, which.shape(), std::span(&box, 1), {.kernel_size = 1}).front();
  CHECK(pose.keypoints[0] == 24.0f * factor + 37.5f - 0.375f * 1.25f * 200.0f * 0.5f);
  try {
    (void)decode_maps(maps, which.shape(), std::span(&box, 1), {.kernel_size = 1, .hf_exact = true});
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(std::string(error.what()).find("singular") != std::string::npos);
  }
}

TEST_CASE("a threshold keeps greater scores only and filters points, scores and labels alike") {
  std::vector<float> maps(3 * 64 * 48, 0.0f);
  maps[100] = 0.1f;
  maps[3072 + 200] = std::nextafter(0.1f, 1.0f);
  maps[2 * 3072 + 300] = 0.75f;
  const Box box{0, 0, 75, 100};
  const Shape shape{1, 3, 64, 48};
  const DecodedPose all = decode_maps(maps, shape, std::span(&box, 1)).front();
  const DecodedPose kept = decode_maps(maps, shape, std::span(&box, 1), {.threshold = 0.1}).front();
  CHECK(kept.labels == std::vector<std::int64_t>{1, 2});
  CHECK(kept.scores == std::vector<float>{all.scores[1], all.scores[2]});
  CHECK(kept.keypoints == std::vector<float>(all.keypoints.begin() + 2, all.keypoints.end()));
  CHECK(kept.bbox == all.bbox);
  const DecodedPose none = decode_maps(maps, shape, std::span(&box, 1), {.threshold = 2.0}).front();
  CHECK(none.labels.empty());
  CHECK(none.keypoints.empty());
}

TEST_CASE("no persons are an empty result, or an error when transformers' bugs are wanted") {
  CHECK(decode({nullptr, Shape{0, 17, 64, 48}}, {}, 256, 192, {}).empty());
  CHECK(refusal_of({0, 17, 64, 48}, 0, {.hf_exact = true}).find("found none") != std::string::npos);
}

TEST_CASE("counts and shapes that do not fit are refused with both numbers") {
  CHECK(refusal_of({2, 1, 4, 4}, 3).find("2 persons in the heatmaps, found 3 boxes") != std::string::npos);
  CHECK(refusal_of({2, 1, 4, 4}, 1).find("found 1 boxes") != std::string::npos);
  CHECK(refusal_of({1, 0, 4, 4}, 1).find("[1,0,4,4]") != std::string::npos);
  CHECK(refusal_of({1, 1, 0, 4}, 1).find("[1,1,0,4]") != std::string::npos);
  CHECK(refusal_of({1, 4, 4}, 1).find("[1,4,4]") != std::string::npos);
  CHECK(refusal_of({1, 1, 4, 4}, 1, {.kernel_size = 0}).find("kernel size") != std::string::npos);
  CHECK(refusal_of({2, 1, 4, 4}, 2, {.hf_exact = true}).find("one keypoint") != std::string::npos);
}

}  // namespace
}  // namespace vitpose::engine
