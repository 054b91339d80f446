// From the second forward of a size on, nothing is allocated.
#include <cstdint>
#include <doctest/doctest.h>
#include <utility>
#include <vector>

#include "tests/model/model_support.h"
#include "tests/support/allocation_counter.h"

using namespace vitpose::engine;
using namespace vitpose::engine::testing;

TEST_CASE("the second forward of a size allocates nothing") {
  for (const bool simple : {true, false}) {
    for (const Index experts : {1, 3}) {
      for (const auto& [dtype, parallel] : {std::pair(DType::kF32, Parallel::kOps),
                                            {DType::kF32, Parallel::kAuto},
                                            {DType::kBF16, Parallel::kOps},
                                            {DType::kBF16, Parallel::kAuto}}) {
        const TemporaryFolder folder;
        vitpose::tools::write_random_model(folder / "model", small_model(simple, experts));
        LoadOptions load;
        load.threads = 2;
        load.dtype = dtype;
        load.parallel = parallel;
        load.emulate = true;
        const auto estimator = PoseEstimator::load(folder / "model", load);
        const ModelConfig& config = estimator->config();
        const Shape in{5, 3, config.image_height, config.image_width};
        const Shape out{5, config.keypoints(), config.heatmap_height(), config.heatmap_width()};
        const std::vector<float> pixels = random_pixels(in.count(), 1);
        std::vector<float> heatmaps(static_cast<std::size_t>(out.count()));
        const std::vector<std::int64_t> selected{0, 1, 1, 2, 0};
        ForwardOptions options;
        options.experts = selected;
        const auto forward = [&] { estimator->forward({pixels.data(), in}, options, {heatmaps.data(), out}); };
        forward();
        const long before = allocations();
        CHECK(before > 0);
        forward();
        forward();
        CHECK(allocations() == before);
      }
    }
  }
}

TEST_CASE("hidden states of more crops need no more working memory") {
  const TemporaryFolder folder;
  vitpose::tools::write_random_model(folder / "model", small_model(true, 1));
  const auto estimator = PoseEstimator::load(folder / "model", {});
  const ModelConfig& config = estimator->config();
  const auto allocated_by = [&](Index crops) {
    const std::vector<float> pixels = random_pixels(crops * 3 * config.image_height * config.image_width, 1);
    Tensor states(DType::kF32, {config.layers + 1, crops, config.tokens(), config.hidden_size});
    Tensor heatmaps(DType::kF32, {crops, config.keypoints(), config.heatmap_height(), config.heatmap_width()});
    TensorView<float> view = states.view<float>();
    ForwardOptions options;
    options.hidden_states = &view;
    const long before = allocations();
    estimator->forward({pixels.data(), {crops, 3, config.image_height, config.image_width}}, options,
                       heatmaps.view<float>());
    return allocations() - before;
  };
  CHECK(allocated_by(16) > 0);
  CHECK(allocated_by(64) == 0);
}
