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

  const ModelConfig& config = estimator->config();
  const Shape in{4, 3, config.image_height, config.image_width};
  const Shape out{4, config.keypoints(), config.heatmap_height(), config.heatmap_width()};
  std::vector<float> pixels(static_cast<std::size_t>(in.count()));
  std::vector<float> heatmaps(static_cast<std::size_t>(out.count()));
  estimator->preprocess(pictures.all, pixels.data());
  estimator->forward({pixels.data(), in}, {}, {heatmaps.data(), out});
  std::vector<Box> boxes = pictures.first_boxes;
  boxes.push_back(pictures.second_boxes[0]);
  const auto decoded = decode({heatmaps.data(), out}, boxes, config.image_height, config.image_width, {});
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
  LoadOptions exact;
  exact.numerics.hf_exact = true;
  const auto estimator = PoseEstimator::load(folder / "model", exact);
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
  parsed->forward({pixels.data(), pixel_shape}, {.hidden_states = &full_view}, {heatmaps.data(), maps});
  early->forward({pixels.data(), pixel_shape}, {.hidden_states = &early_view}, {heatmaps.data(), maps});
  CHECK(full_states == early_states);
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
