// One linear map of a model that is rounded while it runs: what the rounded model has lost by then, it gets back.
#include <cmath>
#include <doctest/doctest.h>
#include <limits>
#include <vector>

#include "model/calibrating_backend.h"
#include "tests/ops/test_support.h"

using namespace vitpose::engine;
using namespace vitpose::engine::test;

namespace {

constexpr Index kTokens = 5;
constexpr Index kPairs = 30;
constexpr Index kRows = 2 * kPairs * kTokens;
constexpr Index kInputs = 140;  // two groups of int4
constexpr Index kOutputs = 18;

bool is_of_rounded_model(Index row) {
  return row / kTokens % 2 == 1;
}

// Inputs, the same in both models.
std::vector<float> paired_inputs() {
  std::vector<float> x = random_floats(kRows * kInputs, 1);
  for (Index row = 0; row < kRows; ++row) {
    if (!is_of_rounded_model(row)) continue;
    std::copy_n(x.begin() + (row - kTokens) * kInputs, kInputs, x.begin() + row * kInputs);
  }
  return x;
}

// Of exact - rounded, the sum of squares.
double lost(const std::vector<float>& rows) {
  double sum = 0.0;
  for (Index row = 0; row < kRows; ++row) {
    if (!is_of_rounded_model(row)) continue;
    for (Index channel = 0; channel < kOutputs; ++channel) {
      const auto at = static_cast<std::size_t>(row * kOutputs + channel);
      sum += std::pow(rows[at - kTokens * kOutputs] - rows[at], 2.0);
    }
  }
  return sum;
}

struct Map {
  std::vector<float> weights = random_floats(kOutputs * kInputs, 2);
  std::vector<float> bias = random_floats(kOutputs, 3);
  Tensor packed = pack_matrix({weights.data(), {kOutputs, kInputs}}, DType::kF32);
  ParameterSet rounded{"test"};

  Map() {
    rounded.add_matrix("map.weight", {weights.data(), {kOutputs, kInputs}}, DType::kI4);
    rounded.add_vector("map.bias", {bias.data(), {kOutputs}});
  }

  // out = or += map of x, which rounds it.
  void run(const std::vector<float>& x, std::vector<float>& out, Epilogue epilogue, bool has_bias = true) {
    const auto pool = std::make_shared<ThreadPool>(1);
    const CalibratingBackend backend(make_backend({}, pool), {{packed.raw(), "map.weight"}}, kTokens, *pool, rounded);
    LinearWeights exact;
    exact.matrix = packed_view(packed, kOutputs, kInputs);
    exact.bias = has_bias ? bias.data() : nullptr;
    Workspace workspace;
    backend.linear(MatrixView<const float>(x.data(), kRows, kInputs), exact,
                   MatrixView<float>(out.data(), kRows, kOutputs), epilogue, workspace);
  }
};

}  // namespace

TEST_CASE("what the residual stream has lost comes back with the next product, as far as its inputs tell it") {
  const std::vector<float> x = paired_inputs();
  const std::vector<float> told = random_floats(kOutputs * kInputs, 4, 0.1f);
  std::vector<float> stream = random_floats(kRows * kOutputs, 5);
  for (Index row = 0; row < kRows; ++row) {
    if (!is_of_rounded_model(row)) continue;
    for (Index channel = 0; channel < kOutputs; ++channel) {
      const auto at = static_cast<std::size_t>(row * kOutputs + channel);
      stream[at] = stream[at - kTokens * kOutputs] - 3.0f;  // a constant, which only a bias can tell
      for (Index i = 0; i < kInputs; ++i) {
        stream[at] -=
            told[static_cast<std::size_t>(channel * kInputs + i)] * x[static_cast<std::size_t>(row * kInputs + i)];
      }
    }
  }
  Map map;
  const double before = lost(stream);
  map.run(x, stream, Epilogue::kAccumulate);
  std::vector<float> stored(stream.size());
  Map other;
  other.run(x, stored, Epilogue::kStore);
  CHECK(lost(stored) > 0.0);  // of its own, by rounding
  CHECK(lost(stream) < 1.5 * lost(stored));
  CHECK(lost(stream) < 0.1 * before);
}

TEST_CASE("the rounded map and its bias are what the parameters hold afterwards") {
  const std::vector<float> x = paired_inputs();
  std::vector<float> out(kRows * kOutputs);
  Map map;
  const Tensor nearest = unpack_matrix(map.rounded.matrix("map.weight", kOutputs, kInputs));
  map.run(x, out, Epilogue::kStore);
  const Tensor fitted = unpack_matrix(map.rounded.matrix("map.weight", kOutputs, kInputs));
  CHECK(first_difference(fitted.data<float>(), nearest.data<float>(), nearest.count()) != "");
  const float* const bias = map.rounded.vector("map.bias", kOutputs);
  for (const Index row : {kTokens, kRows - 1}) {
    for (Index channel = 0; channel < kOutputs; ++channel) {
      double sum = bias[channel];
      for (Index i = 0; i < kInputs; ++i) {
        sum += static_cast<double>(fitted.data<float>()[channel * kInputs + i]) *
               x[static_cast<std::size_t>(row * kInputs + i)];
      }
      CHECK(out[static_cast<std::size_t>(row * kOutputs + channel)] == doctest::Approx(sum).epsilon(1e-4));
    }
  }
}

TEST_CASE("where the exact model has no numbers, rounding is to the nearest and biases stay") {
  std::vector<float> x = paired_inputs();
  x[7] = std::numeric_limits<float>::quiet_NaN();
  std::vector<float> stream(kRows * kOutputs);
  Map map;
  const Tensor nearest = unpack_matrix(map.rounded.matrix("map.weight", kOutputs, kInputs));
  map.run(x, stream, Epilogue::kAccumulate);
  const Tensor found = unpack_matrix(map.rounded.matrix("map.weight", kOutputs, kInputs));
  CHECK(first_difference(found.data<float>(), nearest.data<float>(), nearest.count()) == "");
  CHECK(first_difference(map.rounded.vector("map.bias", kOutputs), map.bias.data(), kOutputs) == "");
}

TEST_CASE("without a bias the weights keep the mean themselves") {
  std::vector<float> x = paired_inputs();
  for (float& value : x) value += 2.0f;
  std::vector<float> out(kRows * kOutputs);
  Map map;
  map.run(x, out, Epilogue::kStore, false);
  double sum = 0.0;
  for (Index channel = 0; channel < kOutputs; ++channel) {
    double mean = 0.0;
    for (Index row = 0; row < kRows; ++row) {
      const float value = out[static_cast<std::size_t>(row * kOutputs + channel)];
      mean += is_of_rounded_model(row) ? -value : value;
    }
    sum += mean * mean / (kPairs * kTokens);
  }
  CHECK(sum < 0.1 * lost(out));
}
