#include <algorithm>
#include <cmath>

#include "tests/api/api_support.h"

using namespace vitpose;
using namespace vitpose::test;

namespace {

// Heatmaps with one peak each, at a place that depends on its number.
Tensor peaked_heatmaps(std::int64_t n, std::int64_t k, std::int64_t h = 64, std::int64_t w = 48) {
  Tensor heatmaps{{n, k, h, w}, {}};
  for (std::int64_t map = 0; map < n * k; ++map) {
    const auto y0 = static_cast<float>(3 + map * 7 % (h - 6)) + 0.3f;
    const auto x0 = static_cast<float>(3 + map * 5 % (w - 6)) - 0.2f;
    for (std::int64_t y = 0; y < h; ++y) {
      for (std::int64_t x = 0; x < w; ++x) {
        const float dy = static_cast<float>(y) - y0;
        const float dx = static_cast<float>(x) - x0;
        heatmaps.values.push_back(0.9f * std::exp(-(dx * dx + dy * dy) / 8));
      }
    }
  }
  return heatmaps;
}

}  // namespace

TEST_CASE("the free preprocess equals a published model's, and its modes differ as they should") {
  const auto estimator = PoseEstimator::load(plain_model());
  const TestPicture picture;
  const Tensor hf4 = preprocess(picture.image(), test_boxes());
  CHECK(same_bits(hf4, estimator.preprocess(picture.image(), test_boxes())));
  const Tensor hf5 = preprocess(picture.image(), test_boxes(), {.numerics = Numerics::kHf5});
  CHECK_FALSE(same_bits(hf4, hf5));
  float largest = 0;
  for (std::size_t i = 0; i < hf4.values.size(); ++i) {
    largest = std::max(largest, std::abs(hf4.values[i] - hf5.values[i]));
  }
  CHECK(largest <= 2.4e-7f * 1.01f);
  CHECK(same_bits(
      hf5, PoseEstimator::load(plain_model(), {.numerics = Numerics::kHf5}).preprocess(picture.image(), test_boxes())));
}

TEST_CASE("rescaling and normalisation can be switched off, and the crop has the size asked for") {
  const TestPicture picture;
  const Box whole{0, 0, 60, 80};
  const Tensor raw = preprocess(picture.image(), {whole}, {.rescale = false, .normalize = false});
  CHECK(std::all_of(raw.values.begin(), raw.values.end(),
                    [](float value) { return value >= 0 && value <= 255 && value == std::floor(value); }));
  const Tensor scaled = preprocess(picture.image(), {whole}, {.normalize = false});
  CHECK(*std::max_element(scaled.values.begin(), scaled.values.end()) <= 1.0f);
  CHECK(preprocess(picture.image(), {whole}, {.crop_height = 64, .crop_width = 48}).shape ==
        std::vector<std::int64_t>{1, 3, 64, 48});
  check_refused(ErrorCode::kOutOfMemory, {"[1,3,2147483647,2147483647]"},
                [&] { preprocess(picture.image(), {whole}, {.crop_height = 2147483647, .crop_width = 2147483647}); });
  check_refused(ErrorCode::kInvalidArgument, {"crop_height", "-3"},
                [&] { preprocess(picture.image(), {whole}, {.crop_height = -3}); });
}

TEST_CASE("with flip_pairs the heatmaps of a crop come mirrored, the pairs exchanged") {
  const auto estimator = PoseEstimator::load(plain_model());
  const Tensor pixel_values = estimator.preprocess(TestPicture().image(), test_boxes());
  const Tensor plain = estimator.forward(pixel_values);
  Tensor expected = plain;
  const std::int64_t width = plain.shape[3];
  const std::int64_t map = plain.shape[2] * width;
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(plain.values.size()); ++i) {
    const std::int64_t keypoint = i / map % plain.shape[1];
    const std::int64_t other = keypoint == 5 ? 6 : keypoint == 6 ? 5 : keypoint;
    const std::int64_t from = i + (other - keypoint) * map - i % width + (width - 1 - i % width);
    expected.values[static_cast<std::size_t>(i)] = plain.values[static_cast<std::size_t>(from)];
  }
  CHECK(same_bits(estimator.forward(pixel_values, {.flip_pairs = {{5, 6}}}), expected));
  CHECK_FALSE(same_bits(plain, expected));
}

TEST_CASE("hidden states are the embedding and every layer's output") {
  const auto estimator = PoseEstimator::load(plain_model());
  const TestPicture picture;
  const Tensor pixel_values = estimator.preprocess(picture.image(), test_boxes());
  Tensor states;
  const Tensor heatmaps = estimator.forward(pixel_values, {.hidden_states = &states});
  CHECK(states.shape == std::vector<std::int64_t>{3, 5, 192, 32});
  CHECK(same_bits(heatmaps, estimator.forward(pixel_values)));
  const std::size_t layer = states.values.size() / 3;
  CHECK_FALSE(std::equal(states.values.begin(), states.values.begin() + static_cast<std::ptrdiff_t>(layer),
                         states.values.begin() + static_cast<std::ptrdiff_t>(layer)));
  for (const float value : states.values) {
    if (!std::isfinite(value)) FAIL("a hidden state is not finite");
  }
}

TEST_CASE("forward refuses pixel values of another shape, naming both") {
  const auto estimator = PoseEstimator::load(plain_model());
  check_refused(ErrorCode::kInvalidArgument, {"[?,3,256,192]", "[1,3,64,48]"}, [&] {
    estimator.forward({{1, 3, 64, 48}, std::vector<float>(3 * 64 * 48)});
  });
  check_refused(ErrorCode::kInvalidArgument, {"[?,3,256,192]", "[3,256,192]"}, [&] {
    estimator.forward({{3, 256, 192}, std::vector<float>(3 * 256 * 192)});
  });
  check_refused(ErrorCode::kInvalidArgument, {"[1,3,256,192]", "17"}, [&] {
    estimator.forward({{1, 3, 256, 192}, std::vector<float>(17)});
  });
}

TEST_CASE("a NaN in one crop stays in that crop") {
  const auto estimator = PoseEstimator::load(plain_model());
  const TestPicture picture;
  Tensor pixel_values = estimator.preprocess(picture.image(), {test_boxes()[0], test_boxes()[1]});
  const Tensor clean = estimator.forward(pixel_values);
  pixel_values.values[100 * 192 + 50] = std::nanf("");
  const Tensor spoilt = estimator.forward(pixel_values);
  const auto half = static_cast<std::ptrdiff_t>(clean.values.size() / 2);
  CHECK(std::isnan(spoilt.values[0]));
  CHECK(std::equal(clean.values.begin() + half, clean.values.end(), spoilt.values.begin() + half));
}

TEST_CASE("decoding finds the peaks in the picture") {
  const Box box{100, 50, 60, 80};  // 3:4, so the crop is 1.25 times the box
  const auto poses = decode(peaked_heatmaps(1, 4), {box});
  REQUIRE(poses.size() == 1);
  for (std::size_t k = 0; k < 4; ++k) {
    const double x = 3 + static_cast<double>(k) * 5 - 0.2;
    const double y = 3 + static_cast<double>(k) * 7 + 0.3;
    CHECK(poses[0].keypoints[k].x == doctest::Approx(130 - 37.5 + x * 75 / 47).epsilon(0.001));
    CHECK(poses[0].keypoints[k].y == doctest::Approx(90 - 50 + y * 100 / 63).epsilon(0.001));
  }
}

TEST_CASE("three hundred people in one call decode as each does alone") {
  const std::int64_t people = 300;
  const Tensor heatmaps = peaked_heatmaps(people, 17);
  std::vector<Box> boxes;
  for (std::int64_t i = 0; i < people; ++i) boxes.push_back({static_cast<double>(i), 10, 60, 80});
  const auto together = decode(heatmaps, boxes);
  REQUIRE(together.size() == 300);
  const std::ptrdiff_t maps = 17 * 64 * 48;
  for (const std::ptrdiff_t i : {0, 150, 297, 298, 299}) {
    const auto first = heatmaps.values.begin() + i * maps;
    const auto alone = decode({{1, 17, 64, 48}, {first, first + maps}}, {boxes[static_cast<std::size_t>(i)]});
    CHECK(same_bits(alone[0], together[static_cast<std::size_t>(i)]));
  }
}

TEST_CASE("target sizes turn boxes given in 0..1 into pixels") {
  const Tensor heatmaps = peaked_heatmaps(2, 3);
  const auto expected = decode(heatmaps, {{100, 50, 60, 80}, {10, 20, 30, 40}});
  const std::vector<Box> relative{{100 / 256.0, 50 / 128.0, 60 / 256.0, 80 / 128.0},
                                  {10 / 512.0, 20 / 64.0, 30 / 512.0, 40 / 64.0}};
  CHECK(same_bits(decode(heatmaps, relative, {.target_sizes = {{256, 128}, {512, 64}}}), expected));
  check_refused(ErrorCode::kInvalidArgument, {"target_sizes", "2", "3"}, [&] {
    decode(heatmaps, relative, {.target_sizes = {{1, 1}, {1, 1}, {1, 1}}});
  });
}

TEST_CASE("decoding refuses what does not fit together") {
  const Tensor heatmaps = peaked_heatmaps(2, 3);
  check_refused(ErrorCode::kInvalidArgument, {"2", "1"}, [&] { decode(heatmaps, {{1, 2, 3, 4}}); });
  check_refused(ErrorCode::kInvalidArgument, {"2", "3"}, [&] {
    decode(heatmaps, {{1, 2, 3, 4}, {1, 2, 3, 4}, {1, 2, 3, 4}});
  });
  check_refused(ErrorCode::kInvalidArgument, {"kernel"}, [&] {
    decode(heatmaps, {{1, 2, 3, 4}, {1, 2, 3, 4}}, {.kernel_size = 0});
  });
  check_refused(ErrorCode::kInvalidArgument, {"[?,?,?,?]", "[3,64,48]"}, [&] {
    decode({{3, 64, 48}, std::vector<float>(3 * 64 * 48)}, {});
  });
  check_refused(ErrorCode::kInvalidArgument, {"[1,0,64,48]"}, [&] { decode({{1, 0, 64, 48}, {}}, {{1, 2, 3, 4}}); });
}
