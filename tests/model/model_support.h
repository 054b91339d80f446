// Random models on disk, inputs and forwards for the tests of the model.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <doctest/doctest.h>
#include <limits>
#include <string>
#include <vector>

#include "model/pose_estimator.h"
#include "tests/support/files.h"
#include "tools/random_model/random_model.h"

namespace vitpose::engine::testing {

// Small enough for every backend, large enough for edge tiles: neither 36 nor 108 is a multiple of 16.
inline tools::RandomModelOptions small_model(bool simple_decoder, Index experts) {
  tools::RandomModelOptions options;
  options.image_height = 80;
  options.image_width = 64;
  options.hidden_size = 36;
  options.layers = 2;
  options.heads = 3;
  options.mlp_ratio = 3;
  options.experts = experts;
  options.part_features = 10;
  options.keypoints = 5;
  options.simple_decoder = simple_decoder;
  return options;
}

// More than int4's group of k, and groups that are not full.
inline tools::RandomModelOptions model_of_groups(bool simple_decoder, Index experts) {
  tools::RandomModelOptions options = small_model(simple_decoder, experts);
  options.mlp_ratio = 4;  // feed-forward 144
  return options;
}

inline std::vector<float> random_pixels(Index count, std::uint32_t seed) {
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values) {
    seed = seed * 1664525u + 1013904223u;
    value = static_cast<float>(static_cast<std::int32_t>(seed)) * 0x1p-30f;
  }
  return values;
}

// The decoders, with and without experts.
struct Case {
  bool simple_decoder;
  Index experts;
};

inline constexpr Case kCases[] = {{true, 1}, {false, 1}, {false, 3}};

inline std::unique_ptr<PoseEstimator> load(const std::string& path, const std::string& backend, const std::string& isa,
                                           int threads) {
  LoadOptions options;
  options.backend = backend;
  options.isa = isa;
  options.threads = threads;
  return PoseEstimator::load(path, options);
}

inline std::vector<float> pixels_of(const PoseEstimator& estimator, Index crops) {
  return random_pixels(crops * 3 * estimator.config().image_height * estimator.config().image_width, 7);
}

// The bits of the heatmaps, so that a comparison also sees the sign of zero.
inline std::vector<std::uint32_t> forward_bits(const PoseEstimator& estimator, const std::vector<float>& pixels,
                                               const std::vector<std::int64_t>& experts) {
  const ModelConfig& config = estimator.config();
  const Index crop = 3 * config.image_height * config.image_width;
  const Index crops = static_cast<Index>(pixels.size()) / crop;
  const Shape shape{crops, config.keypoints(), config.heatmap_height(), config.heatmap_width()};
  std::vector<float> heatmaps(static_cast<std::size_t>(shape.count()));
  ForwardOptions options;
  options.experts = experts;
  estimator.forward({pixels.data(), {crops, 3, config.image_height, config.image_width}}, options,
                    {heatmaps.data(), shape});
  std::vector<std::uint32_t> bits;
  for (const float value : heatmaps) bits.push_back(std::bit_cast<std::uint32_t>(value));
  return bits;
}

// One crop for each of `experts`, in all runs of neighbours of up to `largest_batch`: each has the heatmaps that it has
// when all are computed at once.
inline void check_every_batch(const PoseEstimator& estimator, const std::vector<std::int64_t>& experts,
                              Index largest_batch) {
  const auto crops = static_cast<Index>(experts.size());
  const std::vector<float> pixels = pixels_of(estimator, crops);
  const auto all = forward_bits(estimator, pixels, experts);
  const auto crop_floats = static_cast<std::ptrdiff_t>(pixels.size()) / crops;
  const auto map_floats = static_cast<std::ptrdiff_t>(all.size()) / crops;
  for (Index batch = 1; batch <= largest_batch; ++batch) {
    for (Index first = 0; first + batch <= crops; ++first) {
      const std::vector<float> part(pixels.begin() + first * crop_floats,
                                    pixels.begin() + (first + batch) * crop_floats);
      const std::vector<std::int64_t> part_experts(experts.begin() + first, experts.begin() + first + batch);
      const std::vector<std::uint32_t> expected(all.begin() + first * map_floats,
                                                all.begin() + (first + batch) * map_floats);
      CHECK(forward_bits(estimator, part, part_experts) == expected);
    }
  }
}

// Of three crops the second has a NaN: its heatmaps get one, the others keep their bits.
inline void check_nan_stays_in_its_crop(const PoseEstimator& estimator) {
  std::vector<float> pixels = pixels_of(estimator, 3);
  const auto clean = forward_bits(estimator, pixels, {});
  pixels[pixels.size() / 3 + 100] = std::numeric_limits<float>::quiet_NaN();
  const auto spoiled = forward_bits(estimator, pixels, {});
  const auto maps = static_cast<std::ptrdiff_t>(clean.size() / 3);
  CHECK(std::equal(clean.begin(), clean.begin() + maps, spoiled.begin()));
  CHECK(std::equal(clean.begin() + 2 * maps, clean.end(), spoiled.begin() + 2 * maps));
  CHECK(std::any_of(spoiled.begin() + maps, spoiled.begin() + 2 * maps,
                    [](std::uint32_t bits) { return (bits & 0x7fffffffu) > 0x7f800000u; }));
}

}  // namespace vitpose::engine::testing
