#include <algorithm>
#include <cstdint>
#include <doctest/doctest.h>
#include <fstream>
#include <vector>

#include "core/error.h"
#include "tests/model/model_support.h"
#include "tests/support/errors.h"

using namespace vitpose::engine;
using namespace vitpose::engine::testing;

namespace {

std::vector<std::uint8_t> noise_image(int width, int height) {
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3);
  std::uint32_t state = 5;
  for (auto& pixel : pixels) {
    state = state * 1664525u + 1013904223u;
    pixel = static_cast<std::uint8_t>(state >> 24);
  }
  return pixels;
}

Raised error_of(const PoseEstimator& estimator, std::span<const ImageBoxes> images, const EstimateOptions& options) {
  return raised_by([&] { estimator.estimate(images, options); });
}

bool same(const Pose& a, const Pose& b) {
  return a.decoded.keypoints == b.decoded.keypoints && a.decoded.scores == b.decoded.scores &&
         a.decoded.bbox == b.decoded.bbox;
}

struct Pictures {
  std::vector<std::uint8_t> first = noise_image(100, 80);
  std::vector<std::uint8_t> second = noise_image(33, 57);
  std::vector<Box> first_boxes{{10, 5, 60, 70}, {-20, 30, 50, 50}, {0, 0, 100, 80}};
  std::vector<Box> second_boxes{{3, 3, 20, 40}};
  std::vector<ImageBoxes> all{{{first.data(), 100, 80, 300, PixelFormat::kRgb8}, first_boxes},
                              {{first.data(), 100, 80, 300, PixelFormat::kRgb8}, {}},
                              {{second.data(), 33, 57, 99, PixelFormat::kRgb8}, second_boxes}};
};

// The stages by hand, up to the heatmaps of all boxes.
struct Forwarded {
  Shape shape;  // [4, K, h, w]
  std::vector<float> heatmaps;
  std::vector<Box> boxes;

  TensorView<const float> view() const { return {heatmaps.data(), shape}; }
};

Forwarded forward_all(const PoseEstimator& estimator, const Pictures& pictures) {
  const ModelConfig& config = estimator.config();
  const Shape in{4, 3, config.image_height, config.image_width};
  Forwarded all{{4, config.keypoints(), config.heatmap_height(), config.heatmap_width()}, {}, pictures.first_boxes};
  all.boxes.push_back(pictures.second_boxes[0]);
  all.heatmaps.resize(static_cast<std::size_t>(all.shape.count()));
  std::vector<float> pixels(static_cast<std::size_t>(in.count()));
  estimator.preprocess(pictures.all, pixels.data());
  estimator.forward({pixels.data(), in}, {}, {all.heatmaps.data(), all.shape});
  return all;
}

LoadOptions exactly() {
  LoadOptions options;
  options.numerics.hf_exact = true;
  return options;
}

}  // namespace

TEST_CASE("poses come in image order, then box order, equal to the stages by hand, whatever the batch") {
  const TemporaryFolder folder;
  vitpose::tools::write_random_model(folder / "model", small_model(true, 1));
  const auto estimator = PoseEstimator::load(folder / "model", {});
  const Pictures pictures;
  const auto poses = estimator->estimate(pictures.all, {});
  REQUIRE(poses.size() == 4);
  CHECK(poses[0].image == 0);
  CHECK(poses[2].image == 0);
  CHECK(poses[3].image == 2);

  const Forwarded all = forward_all(*estimator, pictures);
  const auto decoded = decode(all.view(), all.boxes, 80, 64, {});
  for (std::size_t i = 0; i < 4; ++i) CHECK(decoded[i].keypoints == poses[i].decoded.keypoints);

  for (const int batch : {1, 2, 3, 100}) {
    EstimateOptions options;
    options.batch = batch;
    const auto again = estimator->estimate(pictures.all, options);
    REQUIRE(again.size() == 4);
    for (std::size_t i = 0; i < 4; ++i) CHECK(same(again[i], poses[i]));
  }
}

TEST_CASE("no boxes and no images give an empty result") {
  const TemporaryFolder folder;
  vitpose::tools::write_random_model(folder / "model", small_model(true, 3));
  const auto estimator = PoseEstimator::load(folder / "model", {});
  const Pictures pictures;
  CHECK(estimator->estimate({}, {}).empty());
  CHECK(estimator->estimate(std::span(pictures.all).subspan(1, 1), {}).empty());
}

TEST_CASE("with hf_exact no boxes are an error, as in transformers") {
  const TemporaryFolder folder;
  vitpose::tools::write_random_model(folder / "model", small_model(true, 1));
  const auto estimator = PoseEstimator::load(folder / "model", exactly());
  const Pictures pictures;
  CHECK(error_of(*estimator, {}, {}).has("at least one person"));
  CHECK(error_of(*estimator, std::span(pictures.all).subspan(1, 1), {}).has("at least one person"));
  CHECK_FALSE(error_of(*estimator, pictures.all, {}).any);
}

TEST_CASE("hf_exact decodes all people of a call together, whatever the batch") {
  // A keypoint that is nowhere above zero makes transformers read the end of the last person's last map, which is
  // positive here, so that it matters who the last person is.
  auto weights = vitpose::tools::random_weights(small_model(true, 1));
  for (auto& weight : weights) {
    if (weight.name != "head.conv.bias") continue;
    weight.values.front() = -100;
    weight.values.back() = 10;
  }
  const TemporaryFolder folder;
  vitpose::tools::write_model_files(folder / "model", small_model(true, 1), weights);
  const auto estimator = PoseEstimator::load(folder / "model", exactly());
  const Pictures pictures;
  const Forwarded all = forward_all(*estimator, pictures);
  const DecodeOptions exact{.hf_exact = true};
  const auto together = decode(all.view(), all.boxes, 80, 64, exact);
  const TensorView<const float> first(all.heatmaps.data(), {1, all.shape[1], all.shape[2], all.shape[3]});
  REQUIRE(decode(first, std::span(all.boxes).first(1), 80, 64, exact)[0].keypoints != together[0].keypoints);
  for (const int batch : {1, 3, 100}) {
    EstimateOptions options;
    options.batch = batch;
    const auto poses = estimator->estimate(pictures.all, options);
    REQUIRE(poses.size() == together.size());
    for (std::size_t i = 0; i < poses.size(); ++i) CHECK(poses[i].decoded.keypoints == together[i].keypoints);
  }
}

TEST_CASE("hf_exact silences the experts' channels for an index out of range") {
  const TemporaryFolder folder;
  vitpose::tools::write_random_model(folder / "model", small_model(true, 2));
  // transformers masks every expert's output, so the channels get nothing, not even the bias. The same model
  // with zero experts must give the same bits.
  auto weights = vitpose::tools::random_weights(small_model(true, 2));
  for (auto& weight : weights) {
    if (weight.name.find(".experts.") != std::string::npos) std::fill(weight.values.begin(), weight.values.end(), 0.0f);
  }
  vitpose::tools::write_model_files(folder / "silent", small_model(true, 2), weights);
  const auto estimator = PoseEstimator::load(folder / "model", exactly());
  const auto silent = PoseEstimator::load(folder / "silent", {});
  const auto pixels = random_pixels(3 * 80 * 64, 1);
  CHECK(forward_bits(*estimator, pixels, {7}) == forward_bits(*silent, pixels, {0}));
  CHECK(forward_bits(*estimator, pixels, {1}) != forward_bits(*silent, pixels, {0}));
}

TEST_CASE("the head reads the selected stage; later layers only matter for the hidden states") {
  const auto options = small_model(true, 1);
  const TemporaryFolder folder;
  vitpose::tools::write_random_model(folder / "full", options);
  vitpose::tools::write_random_model(folder / "early", options);
  std::ifstream in(folder / "early/config.json");
  std::string config((std::istreambuf_iterator<char>(in)), {});
  in.close();
  const auto parsed = PoseEstimator::load(folder / "full", {});
  const Index layers = parsed->config().layers;
  const auto place = config.find("\"out_indices\"");
  if (place == std::string::npos) {
    const auto backbone = config.find("\"hidden_size\"");
    REQUIRE(backbone != std::string::npos);
    config.insert(backbone, "\"out_indices\": [1], ");
  } else {
    config.replace(place, config.find(']', place) - place + 1, "\"out_indices\": [1]");
  }
  std::ofstream(folder / "early/config.json") << config;
  const auto early = PoseEstimator::load(folder / "early", {});
  CHECK(early->config().feature_stage == 1);

  const Shape pixel_shape{2, 3, 80, 64};
  const auto pixels = random_pixels(pixel_shape.count(), 9);
  CHECK(forward_bits(*early, pixels, {}) != forward_bits(*parsed, pixels, {}));
  const ModelConfig& c = parsed->config();
  const Shape states{layers + 1, 2, c.tokens(), c.hidden_size};
  const Shape maps{2, c.keypoints(), c.heatmap_height(), c.heatmap_width()};
  std::vector<float> full_states(static_cast<std::size_t>(states.count()));
  std::vector<float> early_states(static_cast<std::size_t>(states.count()));
  std::vector<float> heatmaps(static_cast<std::size_t>(maps.count()));
  TensorView<float> full_view(full_states.data(), states);
  TensorView<float> early_view(early_states.data(), states);
  ForwardOptions with_states;
  with_states.hidden_states = &full_view;
  parsed->forward({pixels.data(), pixel_shape}, with_states, {heatmaps.data(), maps});
  with_states.hidden_states = &early_view;
  early->forward({pixels.data(), pixel_shape}, with_states, {heatmaps.data(), maps});
  CHECK(full_states == early_states);
}

TEST_CASE("hidden states of many crops stand in the crops' order, with the bits of each crop alone") {
  const TemporaryFolder folder;
  vitpose::tools::write_random_model(folder / "model", small_model(true, 1));
  const auto estimator = PoseEstimator::load(folder / "model", {});
  const ModelConfig& config = estimator->config();
  const auto states_of = [&](const float* pixels, Index crops) {
    const Shape shape{config.layers + 1, crops, config.tokens(), config.hidden_size};
    const Shape maps{crops, config.keypoints(), config.heatmap_height(), config.heatmap_width()};
    Tensor states(DType::kF32, shape);
    Tensor heatmaps(DType::kF32, maps);
    TensorView<float> view = states.view<float>();
    ForwardOptions options;
    options.hidden_states = &view;
    estimator->forward({pixels, {crops, 3, 80, 64}}, options, heatmaps.view<float>());
    return states;
  };
  constexpr Index kCrops = 19;  // more than two steps of the forward
  const std::vector<float> pixels = random_pixels(kCrops * 3 * 80 * 64, 4);
  const Tensor together = states_of(pixels.data(), kCrops);
  for (Index crop = 0; crop < kCrops; ++crop) {
    const Tensor alone = states_of(&pixels[static_cast<std::size_t>(crop * 3 * 80 * 64)], 1);
    for (Index stage = 0; stage <= config.layers; ++stage) {
      const auto expected = alone.view<float>()[stage][0];
      CHECK(std::equal(expected.data, expected.data + expected.count(), together.view<float>()[stage][crop].data));
    }
  }
}

TEST_CASE("a named keypoint set must have the model's number of keypoints, flip test or not") {
  const TemporaryFolder folder;
  vitpose::tools::write_random_model(folder / "five", small_model(true, 1));
  const auto five = PoseEstimator::load(folder / "five", {});
  const Pictures pictures;
  EstimateOptions options;
  options.keypoint_set = "coco17";
  check_error(error_of(*five, pictures.all, options), ErrorCode::kInvalidArgument,
              {"of 5 keypoints", "'coco17' of 17"});
  options.keypoint_set = "nonsense";
  check_error(error_of(*five, pictures.all, options), ErrorCode::kInvalidArgument, {"nonsense", "coco17"});
}

TEST_CASE("the flip test needs mirror pairs of the model's number of keypoints") {
  const TemporaryFolder folder;
  vitpose::tools::write_random_model(folder / "five", small_model(true, 1));
  auto coco = small_model(true, 1);
  coco.keypoints = 17;
  vitpose::tools::write_random_model(folder / "coco", coco);
  const Pictures pictures;
  EstimateOptions options;
  options.flip_test = true;
  const auto five = PoseEstimator::load(folder / "five", {});
  CHECK(error_of(*five, pictures.all, options).has("5 keypoints"));
  options.keypoint_set = "coco17";
  CHECK(error_of(*five, pictures.all, options).has("5 keypoints"));
  options.keypoint_set = "nonsense";
  CHECK(error_of(*five, pictures.all, options).has("nonsense"));

  const auto estimator = PoseEstimator::load(folder / "coco", {});
  options.keypoint_set.clear();
  const auto flipped = estimator->estimate(pictures.all, options);
  const auto plain = estimator->estimate(pictures.all, {});
  REQUIRE(flipped.size() == plain.size());
  CHECK_FALSE(same(flipped[0], plain[0]));
}

TEST_CASE("wrong shapes, boxes, batches and threads are refused by name") {
  const TemporaryFolder folder;
  vitpose::tools::write_random_model(folder / "model", small_model(true, 1));
  const auto estimator = PoseEstimator::load(folder / "model", {});
  Pictures pictures;
  EstimateOptions options;
  options.batch = 0;
  CHECK(error_of(*estimator, pictures.all, options).has("batch"));
  options.batch = 8;
  pictures.first_boxes[1] = {0, 0, 0, 0};
  CHECK(error_of(*estimator, pictures.all, options).any);
  std::vector<float> values(100000);
  CHECK_THROWS_AS(estimator->forward({values.data(), {1, 3, 64, 80}}, {}, {values.data(), {1, 5, 20, 16}}), Error);
  CHECK_THROWS_AS(estimator->forward({values.data(), {1, 3, 80, 64}}, {}, {values.data(), {1, 4, 20, 16}}), Error);
  LoadOptions load;
  load.threads = -1;
  CHECK_THROWS_AS(PoseEstimator::load(folder / "model", load), Error);
  load.threads = 1;
  load.isa = "mmx";
  CHECK_THROWS_AS(PoseEstimator::load(folder / "model", load), Error);
  load.isa = "";
  load.backend = "abacus";
  CHECK_THROWS_AS(PoseEstimator::load(folder / "model", load), Error);
}
