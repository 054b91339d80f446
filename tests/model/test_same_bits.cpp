// The reproducibility contract on whole models: one set of bits for any batch, thread and floating-point mode.
// test_every_engine.cpp has the instruction sets.
#include <cstring>
#include <doctest/doctest.h>
#include <thread>

#include "tests/model/model_support.h"
#include "tests/support/float_mode.h"

using namespace vitpose::engine;
using namespace vitpose::engine::testing;

TEST_CASE("a crop's heatmaps do not depend on the batch or the crop's place in it") {
  for (const Case& c : kCases) {
    const TemporaryFolder folder;
    vitpose::tools::write_random_model(folder / "model", small_model(c.simple_decoder, c.experts));
    const auto estimator = load(folder / "model", "", "", 2);
    check_every_batch(*estimator, {0, 1, 2, 2, 1, 0, 0, 0, 1}, 5);  // nine: more than one forward takes at once
  }
}

TEST_CASE("what the threads share changes no bit, and no hidden state") {
  constexpr Index kCrops = 7;  // rounds of crops and a rest, for two threads and for three
  for (const DType dtype : {DType::kF32, DType::kBF16, DType::kI8}) {
    const TemporaryFolder folder;
    vitpose::tools::write_random_model(folder / "model", small_model(false, 3));
    struct Result {
      std::vector<float> heatmaps;
      std::vector<float> states;
    };
    std::vector<Result> results;
    for (const int threads : {1, 2, 3}) {
      for (const Parallel parallel : {Parallel::kOps, Parallel::kCrops, Parallel::kAuto}) {
        LoadOptions load;
        load.threads = threads;
        load.dtype = dtype;
        load.emulate = true;
        load.parallel = parallel;
        const auto estimator = PoseEstimator::load(folder / "model", load);
        const ModelConfig& config = estimator->config();
        const std::vector<float> pixels = pixels_of(*estimator, kCrops);
        const std::vector<std::int64_t> experts{0, 1, 2, 2, 1, 0, 0};
        Tensor heatmaps(DType::kF32, {kCrops, config.keypoints(), config.heatmap_height(), config.heatmap_width()});
        Tensor states(DType::kF32, {config.layers + 1, kCrops, config.tokens(), config.hidden_size});
        TensorView<float> states_view = states.view<float>();
        ForwardOptions options;
        options.experts = experts;
        options.hidden_states = &states_view;
        estimator->forward({pixels.data(), {kCrops, 3, config.image_height, config.image_width}}, options,
                           heatmaps.view<float>());
        const auto values = [](const TensorView<float>& view) {
          return std::vector<float>(view.data, view.data + view.count());
        };
        results.push_back({values(heatmaps.view<float>()), values(states_view)});
      }
    }
    const auto same = [](const std::vector<float>& a, const std::vector<float>& b) {
      return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
    };
    for (const Result& result : results) {
      CHECK(same(result.heatmaps, results.front().heatmaps));
      CHECK(same(result.states, results.front().states));
    }
  }
}

TEST_CASE("NaN in one crop gives NaN in that crop's heatmaps only") {
  const TemporaryFolder folder;
  vitpose::tools::write_random_model(folder / "model", small_model(true, 1));
  const auto estimator = load(folder / "model", "", "", 2);
  check_nan_stays_in_its_crop(*estimator);
}

TEST_CASE("a caller that flushes denormals and rounds down gets the same heatmaps, and keeps its mode") {
  const TemporaryFolder folder;
  vitpose::tools::write_random_model(folder / "model", small_model(false, 1));
  const auto estimator = load(folder / "model", "", "", 2);
  std::vector<float> pixels = pixels_of(*estimator, 2);
  for (std::size_t i = 0; i < pixels.size(); i += 3) pixels[i] *= 1e-39f;  // many denormal inputs
  const auto expected = forward_bits(*estimator, pixels, {});
  const std::uint64_t before = float_mode();
  const std::uint64_t hostile = before | kFlushDenormals | kRoundDown;
  set_float_mode(hostile);
  const auto flushed_estimator = load(folder / "model", "", "", 2);
  const auto found = forward_bits(*flushed_estimator, pixels, {});
  const std::uint64_t after = float_mode();
  set_float_mode(before);
  CHECK(after == hostile);
  CHECK(found == expected);
}

TEST_CASE("four threads on one estimator get what one thread gets") {
  const TemporaryFolder folder;
  vitpose::tools::write_random_model(folder / "model", small_model(false, 3));
  const auto estimator = load(folder / "model", "", "", 2);
  const Index crop = 3 * estimator->config().image_height * estimator->config().image_width;
  std::vector<std::vector<float>> inputs;
  std::vector<std::vector<std::uint32_t>> expected;
  for (std::uint32_t caller = 0; caller < 4; ++caller) {
    inputs.push_back(random_pixels((caller + 1) * crop, caller));
    expected.push_back(forward_bits(*estimator, inputs.back(), {static_cast<std::int64_t>(caller % 3)}));
  }
  std::vector<int> equal(4, 0);
  std::vector<std::thread> callers;
  for (std::size_t caller = 0; caller < 4; ++caller) {
    callers.emplace_back([&, caller] {
      for (int i = 0; i < 5; ++i) {
        equal[caller] +=
            forward_bits(*estimator, inputs[caller], {static_cast<std::int64_t>(caller % 3)}) == expected[caller];
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  CHECK(equal == std::vector<int>(4, 5));
}
