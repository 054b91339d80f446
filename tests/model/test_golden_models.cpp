#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <doctest/doctest.h>
#include <filesystem>
#include <string>
#include <vector>

#include "model/convert.h"
#include "model/pose_estimator.h"
#include "ops/backend.h"
#include "ops/kernels.h"
#include "tests/model/golden_model.h"
#include "tests/support/files.h"

using namespace vitpose::engine;
using namespace vitpose::engine::golden;
using namespace vitpose::engine::testing;

namespace {

struct Outputs {
  Tensor heatmaps;
  Tensor hidden;
};

Outputs compute(const GoldenModel& golden, const std::string& model, const LoadOptions& options) {
  const auto estimator = PoseEstimator::load(model, options);
  const ModelConfig& config = estimator->config();
  const std::vector<float> pixels = formula_values({"pixel_values", 2.0, 0.0, {golden.crops, 3, 256, 192}});
  Outputs out;
  out.heatmaps =
      Tensor(DType::kF32, {golden.crops, config.keypoints(), config.heatmap_height(), config.heatmap_width()});
  out.hidden = Tensor(DType::kF32, {config.layers + 1, golden.crops, config.tokens(), config.hidden_size});
  TensorView<float> hidden = out.hidden.view<float>();
  ForwardOptions forward;
  forward.experts = golden.experts;
  forward.hidden_states = &hidden;
  estimator->forward({pixels.data(), {golden.crops, 3, 256, 192}}, forward, out.heatmaps.view<float>());
  return out;
}

double worst(TensorView<const float> computed, const std::vector<Sample>& samples) {
  double largest = 0;
  for (const Sample& sample : samples) {
    Index index = 0;
    for (int axis = 0; axis < computed.shape.rank(); ++axis)
      index = index * computed.shape[axis] + sample.place[static_cast<std::size_t>(axis)];
    const double difference = std::fabs(computed.data[index] - sample.value);
    largest = std::isnan(difference) ? 1e30 : std::max(largest, difference);
  }
  return largest;
}

// Layer by layer, so that the first wrong one is named.
void check_against(const GoldenModel& golden, const Outputs& out) {
  REQUIRE(golden.heatmaps.size() > 300);
  REQUIRE(static_cast<Index>(golden.hidden.size()) == out.hidden.shape()[0]);
  for (int axis = 0; axis < 4; ++axis)
    REQUIRE(out.heatmaps.shape()[axis] == golden.heatmap_shape.at(static_cast<std::size_t>(axis)));
  for (std::size_t layer = 0; layer < golden.hidden.size(); ++layer) {
    CAPTURE(layer);
    const TensorView<const float> computed = out.hidden.view<float>()[static_cast<Index>(layer)];
    CHECK(worst(computed, golden.hidden[layer].samples) <= golden.hidden[layer].tolerance);
  }
  CHECK(worst(out.heatmaps.view<float>(), golden.heatmaps) <= golden.tolerance);
}

LoadOptions with(const std::string& backend, const std::string& isa) {
  LoadOptions options;
  options.backend = backend;
  options.isa = isa;
  options.threads = 2;
  return options;
}

std::vector<LoadOptions> all_engines() {
  std::vector<LoadOptions> engines;
  for (const KernelTable* table : available_kernel_tables()) engines.push_back(with("native", table->name));
  for (const std::string& backend : available_backends()) {
    if (backend != "native") engines.push_back(with(backend, ""));
  }
  return engines;
}

bool same_bits(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() && std::memcmp(a.raw(), b.raw(), a.size_bytes()) == 0;
}

// Checks every engine against transformers, and those that promise equal bits against each other.
void check_model(const std::string& name) {
  const GoldenModel golden = read_golden_model(VITPOSE_SOURCE_DIR "/tests/model/goldens/" + name + ".txt");
  const TemporaryFolder directory;
  write_checkpoint(golden, directory.path());
  const Outputs first = compute(golden, directory.path(), with("native", ""));
  for (const LoadOptions& engine : all_engines()) {
    CAPTURE(engine.backend);
    CAPTURE(engine.isa);
    const Outputs out = compute(golden, directory.path(), engine);
    check_against(golden, out);
    if (engine.backend == "native" || engine.backend == "reference") {
      CHECK(same_bits(out.hidden, first.hidden));
      CHECK(same_bits(out.heatmaps, first.heatmaps));
    }
  }
  const std::string converted = directory / "model.vitpose";
  convert_model(directory.path(), converted, {});
  CHECK(same_bits(compute(golden, converted, with("native", "")).heatmaps, first.heatmaps));
}

}  // namespace

TEST_CASE("a tiny model with the classic decoder gives transformers' hidden states and heatmaps") {
  check_model("classic");
}

TEST_CASE("a tiny model with the simple decoder and no bias on q, k, v gives transformers' heatmaps") {
  check_model("simple");
}

TEST_CASE("a tiny model with three experts, mixed in one batch, gives transformers' heatmaps") {
  check_model("experts");
}

TEST_CASE("a head on an earlier stage, scaling by 2 after another epsilon, gives transformers' heatmaps") {
  check_model("early-stage");
}

TEST_CASE("one changed weight is seen: the golden models can fail") {
  GoldenModel golden = read_golden_model(VITPOSE_SOURCE_DIR "/tests/model/goldens/simple.txt");
  for (FormulaTensor& tensor : golden.tensors) {
    if (tensor.name == "backbone.encoder.layer.1.layernorm_after.bias") tensor.offset += 1e-3;
  }
  const TemporaryFolder directory;
  write_checkpoint(golden, directory.path());
  const Outputs out = compute(golden, directory.path(), with("native", ""));
  CHECK(worst(out.heatmaps.view<float>(), golden.heatmaps) > 10 * golden.tolerance);
}
