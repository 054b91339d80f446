// The backends that take their matrix products from another library: close to the reference in every verb that
// multiplies. They promise no bits of their own across versions, so the bar is the rounding error of a product.
#include <algorithm>
#include <cmath>
#include <doctest/doctest.h>
#include <filesystem>
#include <iterator>
#include <limits>
#include <thread>

#include "core/error.h"
#include "ops/backend.h"
#include "ops/kernels.h"
#include "ops/reference/reference_backend.h"
#include "tests/ops/test_support.h"

using namespace vitpose::engine;
using namespace vitpose::engine::test;

namespace {

std::vector<std::string> library_backends() {
  std::vector<std::string> names = available_backends();
  std::erase_if(names, [](const std::string& name) { return name == "native" || name == "reference"; });
  return names;
}

enum class Tables { kAll, kBest };

// Calls check(backend) for every library, every instruction set of the rest or the best, one thread and two.
template <class Check>
void for_each_backend(const Check& check, Tables tables = Tables::kAll) {
  for (const std::string& name : library_backends()) {
    for (const KernelTable* table : available_kernel_tables()) {
      if (tables == Tables::kBest && table != available_kernel_tables().front()) continue;
      for (const int threads : {1, 2}) {
        CAPTURE(threads);
        const auto backend = make_backend({.backend = name, .isa = table->name}, std::make_shared<ThreadPool>(threads));
        REQUIRE(backend->name() == name + "/" + table->name);
        CAPTURE(backend->name());
        check(*backend);
      }
    }
  }
}

// A weight matrix and its bias, with the memory behind them.
struct Layer {
  Layer(Index n, Index k, unsigned seed, DType dtype = DType::kF32)
      : values(random_floats(n * k, seed, 1.0f / std::sqrt(static_cast<float>(k)))),
        bias(random_floats(n, seed + 1)),
        packed(pack_matrix({values.data(), Shape({n, k})}, dtype)) {
    weights.matrix = packed_view(packed, n, k);
    weights.bias = bias.data();
  }
  LinearWeights prepared_for(const Backend& backend) const {
    LinearWeights result = weights;
    backend.prepare(result);
    return result;
  }

  std::vector<float> values;
  std::vector<float> bias;
  Tensor packed;
  LinearWeights weights;
};

// "" or the first element that is off by more than 1e-5 of the largest magnitude, or NaN where a number is expected.
std::string difference(const std::vector<float>& found, const std::vector<float>& expected) {
  float magnitude = 0.0f;
  for (const float value : expected) magnitude = std::max(magnitude, std::abs(value));
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (std::isnan(found[i]) && std::isnan(expected[i])) continue;
    if (std::abs(found[i] - expected[i]) <= 1e-5f * magnitude) continue;
    return "element " + std::to_string(i) + ": found " + std::to_string(found[i]) + ", expected " +
           std::to_string(expected[i]);
  }
  return "";
}

struct LinearCase {
  Index rows;
  Index n;
  Index k;
  Epilogue epilogue = Epilogue::kStore;
  bool bias = true;
  DType dtype = DType::kF32;
  Index gap = 0;  // floats between neighbouring rows, of input and output
};

// out, gaps included; they start, like an accumulating product, from random values.
std::vector<float> run_linear(const Backend& backend, const LinearCase& c, const Layer& layer) {
  const std::vector<float> x = random_floats(c.rows * (c.k + c.gap), 7);
  std::vector<float> out = random_floats(c.rows * (c.n + c.gap), 8);
  LinearWeights weights = layer.weights;
  if (!c.bias) weights.bias = nullptr;
  backend.prepare(weights);
  Workspace workspace;
  backend.linear({x.data(), c.rows, c.k, c.k + c.gap}, weights, {out.data(), c.rows, c.n, c.n + c.gap}, c.epilogue,
                 workspace);
  return out;
}

void check_linear(const Backend& backend, const LinearCase& c) {
  CAPTURE(c.rows);
  CAPTURE(c.n);
  CAPTURE(c.k);
  CAPTURE(static_cast<int>(c.epilogue));
  const Layer layer(c.n, c.k, 1, c.dtype);
  CHECK(difference(run_linear(backend, c, layer), run_linear(ReferenceBackend(), c, layer)) == "");
}

PaddedImages padded(std::vector<float>& memory, Index count, Index height, Index width, Index channels) {
  PaddedImages images{nullptr, count, height, width, channels};
  memory.assign(static_cast<std::size_t>(images.elements()), std::nanf(""));
  images.data = memory.data();
  return images;
}

// Both decoders and the patch embedding on `batch` small images; all results, one after the other.
std::vector<float> run_images(const Backend& backend, Index batch) {
  constexpr Index kHeight = 6, kWidth = 4, kIn = 40, kOut = 24, kKeypoints = 17, kPatch = 16;
  Workspace workspace;
  std::vector<float> results;
  const auto keep = [&](const std::vector<float>& values) {
    results.insert(results.end(), values.begin(), values.end());
  };

  const std::vector<float> pixels = random_floats(batch * 3 * kHeight * kPatch * kWidth * kPatch, 11);
  const Layer projection(kIn, 3 * kPatch * kPatch, 12);
  const std::vector<float> position = random_floats((1 + kHeight * kWidth) * kIn, 13);
  const PatchEmbeddingWeights embedding{projection.prepared_for(backend), position.data(), kPatch, 2};
  std::vector<float> tokens(static_cast<std::size_t>(batch * kHeight * kWidth * kIn));
  const MatrixView<float> token_rows(tokens.data(), batch * kHeight * kWidth, kIn);
  backend.patch_embedding({pixels.data(), Shape({batch, 3, kHeight * kPatch, kWidth * kPatch})}, embedding, token_rows,
                          workspace);
  keep(tokens);

  std::vector<float> in_memory, out_memory;
  const PaddedImages in = padded(in_memory, batch, kHeight, kWidth, kIn);
  const PaddedImages out = padded(out_memory, batch, 2 * kHeight, 2 * kWidth, kOut);
  backend.pad_images(token_rows, in);
  const Layer phases[4] = {{kOut, 4 * kIn, 21}, {kOut, 4 * kIn, 22}, {kOut, 4 * kIn, 23}, {kOut, 4 * kIn, 24}};
  TransposedConvolutionWeights transposed;
  for (int phase = 0; phase < 4; ++phase) transposed.phases[phase] = phases[phase].prepared_for(backend);
  backend.transposed_convolution_relu(in, transposed, out, workspace);
  keep(out_memory);

  const Layer pointwise(kKeypoints, kOut, 31);
  std::vector<float> heatmaps(static_cast<std::size_t>(batch * kKeypoints * 4 * kHeight * kWidth));
  backend.pointwise_convolution(out, pointwise.prepared_for(backend),
                                {heatmaps.data(), Shape({batch, kKeypoints, 2 * kHeight, 2 * kWidth})}, workspace);
  keep(heatmaps);

  Layer taps(9 * kKeypoints, kIn, 41);
  taps.weights.bias = nullptr;
  const std::vector<float> tap_bias = random_floats(kKeypoints, 42);
  heatmaps.assign(static_cast<std::size_t>(batch * kKeypoints * 16 * kHeight * kWidth), 0.0f);
  backend.upsampled_convolution(token_rows, kHeight, kWidth, 4, taps.prepared_for(backend), tap_bias.data(),
                                {heatmaps.data(), Shape({batch, kKeypoints, 4 * kHeight, 4 * kWidth})}, workspace);
  keep(heatmaps);
  return results;
}

std::ptrdiff_t threads_of_process() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/task"), std::filesystem::directory_iterator());
}

}  // namespace

TEST_CASE("the comparison of these tests finds a NaN among numbers and a number among NaN") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  CHECK(difference({1, nan, 3}, {1, nan, 3}) == "");
  CHECK(difference({1, nan, 3}, {1, 2, 3}) != "");
  CHECK(difference({1, 2, 3}, {1, nan, 3}) != "");
}

TEST_CASE("every library backend computes linear layers as the reference does, in every shape") {
  if (library_backends().empty()) MESSAGE("skipped: this build has neither eigen nor onednn");
  const auto check = [](const Backend& backend) {
    for (const Index rows : {1, 37, 192, 193, 385}) check_linear(backend, {rows, 133, 70});
    for (const Index n : {1, 16, 17, 128, 300}) check_linear(backend, {40, n, 70});
    for (const Index k : {1, 3, 257, 1600}) check_linear(backend, {40, 133, k});
  };
  for_each_backend(check, Tables::kBest);  // products are the library's, whatever instruction set does the rest
}

TEST_CASE("every library backend has the reference's epilogues, with bias and without") {
  for_each_backend([](const Backend& backend) {
    for (const Epilogue epilogue : {Epilogue::kStore, Epilogue::kRelu, Epilogue::kGelu, Epilogue::kAccumulate}) {
      check_linear(backend, {200, 150, 64, epilogue});
      check_linear(backend, {200, 150, 64, epilogue, false});
    }
  });
}

TEST_CASE("a library backend reads and writes rows that lie apart and leaves what is between them") {
  for_each_backend([](const Backend& backend) {
    check_linear(backend, {200, 150, 64, Epilogue::kStore, true, DType::kF32, 5});
    check_linear(backend, {200, 150, 64, Epilogue::kAccumulate, true, DType::kF32, 5});
  });
}

TEST_CASE("a library backend multiplies with weights that are stored as bf16") {
  for_each_backend([](const Backend& backend) {
    check_linear(backend, {50, 133, 71, Epilogue::kStore, true, DType::kBF16});
  });
}

TEST_CASE("a library backend computes patch embedding and decoders as the reference does, for batches of 1 to 3") {
  for (const Index batch : {1, 2, 3}) {
    CAPTURE(batch);
    const std::vector<float> expected = run_images(ReferenceBackend(), batch);
    for_each_backend([&](const Backend& backend) { CHECK(difference(run_images(backend, batch), expected) == ""); });
  }
}

TEST_CASE("a library backend lets NaN through ReLU") {
  for_each_backend([](const Backend& backend) {
    const Layer layer(20, 10, 1);
    const LinearWeights weights = layer.prepared_for(backend);
    const std::vector<float> x(10, std::nanf(""));
    std::vector<float> out(20, 0.0f);
    Workspace workspace;
    backend.linear({x.data(), 1, 10}, weights, {out.data(), 1, 20}, Epilogue::kRelu, workspace);
    CHECK(std::all_of(out.begin(), out.end(), [](float value) { return std::isnan(value); }));
  });
}

TEST_CASE("threads may share a library backend, and each gets what it gets alone") {
  for (const std::string& name : library_backends()) {
    const auto backend = make_backend({.backend = name}, std::make_shared<ThreadPool>(2));
    const Layer layer(300, 90, 1);
    const std::vector<float> images = run_images(*backend, 2);
    const std::vector<float> rows = run_linear(*backend, {250, 300, 90}, layer);
    int wrong[2] = {0, 0};
    const auto repeat = [&](int& errors) {
      for (int i = 0; i < 10; ++i) {
        if (first_difference(run_images(*backend, 2).data(), images.data(), static_cast<Index>(images.size())) != "" ||
            first_difference(run_linear(*backend, {250, 300, 90}, layer).data(), rows.data(),
                             static_cast<Index>(rows.size())) != "") {
          ++errors;
        }
      }
    };
    std::thread other([&] { repeat(wrong[1]); });
    repeat(wrong[0]);
    other.join();
    CHECK(wrong[0] == 0);
    CHECK(wrong[1] == 0);
  }
}

TEST_CASE("a library backend starts no threads beside the pool's") {
  for (const std::string& name : library_backends()) {
    CAPTURE(name);
    const std::ptrdiff_t before = threads_of_process();
    const auto backend = make_backend({.backend = name}, std::make_shared<ThreadPool>(2));
    check_linear(*backend, {400, 300, 200});
    CHECK(threads_of_process() <= before + 1);  // a thread that ended may still be counted in `before`
  }
}
