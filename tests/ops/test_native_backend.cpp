#include <cmath>
#include <doctest/doctest.h>
#include <memory>

#include "ops/int8_kernels.h"
#include "ops/native/native_backend.h"
#include "ops/reference/reference_backend.h"
#include "tests/ops/test_support.h"
#include "tests/support/allocation_counter.h"

using namespace vitpose::engine;
using namespace vitpose::engine::test;

namespace {

// A linear layer with random weights.
struct Linear {
  Linear(Index n, Index k, unsigned seed, DType dtype = DType::kF32)
      : plain(random_floats(n * k, seed, 0.1f)),
        packed(pack_matrix({plain.data(), {n, k}}, dtype)),
        bias(random_floats(n, seed + 1)) {
    weights.matrix = packed_view(packed, n, k);
    weights.bias = bias.data();
  }
  std::vector<float> plain;
  Tensor packed;
  std::vector<float> bias;
  LinearWeights weights;
};

// What a verb writes, `outputs` floats that hold rubbish before, as one backend computes it.
using Verb = FunctionRef<void(const Backend& backend, float* out, Workspace& workspace)>;

std::vector<float> run(const Backend& backend, Index outputs, Verb verb) {
  GuardedBuffer out(outputs);
  const std::vector<float> rubbish = random_floats(outputs, 77);
  std::copy(rubbish.begin(), rubbish.end(), out.data());
  Workspace workspace;
  verb(backend, out.data(), workspace);
  CHECK(out.intact());
  return {out.data(), out.data() + outputs};
}

// The native backends of every kernel table, with one and with two threads, give the reference's bits, and from
// the second call on they allocate nothing.
void check(Index outputs, Verb verb) {
  const std::vector<float> expected = run(ReferenceBackend(), outputs, verb);
  for (const int threads : {1, 2}) {
    const auto pool = std::make_shared<ThreadPool>(threads);
    for (const KernelTable* table : available_kernel_tables()) {
      CAPTURE(table->name);
      CAPTURE(threads);
      const NativeBackend backend(*table, pool);
      const std::vector<float> found = run(backend, outputs, verb);
      CHECK(first_difference(found.data(), expected.data(), outputs) == "");

      std::vector<float> out(static_cast<std::size_t>(outputs));
      Workspace workspace;
      verb(backend, out.data(), workspace);
      workspace.reset();
      const long before = testing::allocations();
      verb(backend, out.data(), workspace);
      CHECK(testing::allocations() == before);
    }
  }
}

constexpr Index kLargestBatch = 5;

}  // namespace

TEST_CASE("the native backend is called by its instruction set") {
  const auto pool = std::make_shared<ThreadPool>(1);
  for (const KernelTable* table : available_kernel_tables()) {
    CHECK(NativeBackend(*table, pool).name() == std::string("native/") + table->name);
  }
}

TEST_CASE("linear layers equal the reference, strided, in batches, with every epilogue and f32 and bf16 weights") {
  const Index tokens = 12;
  const Index n = 70;
  const Index k = 300;
  for (const DType dtype : {DType::kF32, DType::kBF16}) {
    const Linear layer(n, k, 11, dtype);
    for (const Epilogue epilogue : {Epilogue::kStore, Epilogue::kRelu, Epilogue::kGelu, Epilogue::kAccumulate}) {
      for (Index batch = 1; batch <= kLargestBatch; batch += 2) {
        const Index rows = batch * tokens;
        const std::vector<float> x = random_floats(rows * (k + 5), 12);
        check(rows * (n + 9), [&](const Backend& backend, float* out, Workspace& workspace) {
          backend.linear({x.data(), rows, k, k + 5}, layer.weights, {out, rows, n, n + 9}, epilogue, workspace);
        });
      }
    }
  }
}

TEST_CASE("linear layers of many rows and channels are cut into tasks without a change") {
  const Index n = 1100;
  const Index k = 20;
  const Index rows = 3000;
  const Linear layer(n, k, 21);
  const std::vector<float> x = random_floats(rows * k, 22);
  check(rows * n, [&](const Backend& backend, float* out, Workspace& workspace) {
    backend.linear({x.data(), rows, k}, layer.weights, {out, rows, n}, Epilogue::kStore, workspace);
  });
}

TEST_CASE("a linear layer of no rows does nothing") {
  const Linear layer(17, 20, 31);
  check(0, [&](const Backend& backend, float* out, Workspace& workspace) {
    backend.linear(MatrixView<const float>(nullptr, 0, 20), layer.weights, {out, 0, 17}, Epilogue::kStore, workspace);
  });
}

TEST_CASE("the patch embedding equals the reference, with its padding and the pixels that no patch takes") {
  struct Size {
    Index height, width, patch, padding;
  };
  for (const Size s : {Size{64, 48, 16, 2}, Size{21, 35, 8, 3}, Size{16, 16, 16, 0}, Size{4, 4, 8, 2}}) {
    const Index tokens =
        ((s.height + 2 * s.padding - s.patch) / s.patch + 1) * ((s.width + 2 * s.padding - s.patch) / s.patch + 1);
    const Index channels = 40;
    const Linear projection(channels, 3 * s.patch * s.patch, 41);
    const std::vector<float> position = random_floats((1 + tokens) * channels, 42);
    PatchEmbeddingWeights weights{projection.weights, position.data(), s.patch, s.padding};
    for (Index batch = 1; batch <= kLargestBatch; batch += 2) {
      const std::vector<float> pixels = random_floats(batch * 3 * s.height * s.width, 43);
      check(batch * tokens * channels, [&](const Backend& backend, float* out, Workspace& workspace) {
        backend.patch_embedding({pixels.data(), {batch, 3, s.height, s.width}}, weights,
                                {out, batch * tokens, channels}, workspace);
      });
    }
  }
}

TEST_CASE("layer norm and relu equal the reference for any number of rows") {
  for (const Index columns : {35, 768}) {
    const std::vector<float> weight = random_floats(columns, 51);
    const std::vector<float> bias = random_floats(columns, 52);
    for (const Index rows : {0, 1, 47, 200}) {
      const std::vector<float> x = random_floats(rows * (columns + 3), 53);
      check(rows * columns, [&](const Backend& backend, float* out, Workspace&) {
        backend.layer_norm({x.data(), rows, columns, columns + 3}, {weight.data(), bias.data(), 1e-12f},
                           {out, rows, columns});
      });
      check(rows * (columns + 1), [&](const Backend& backend, float* out, Workspace&) {
        backend.relu({x.data(), rows, columns, columns + 3}, {out, rows, columns, columns + 1});
      });
    }
  }
}

TEST_CASE("attention equals the reference for heads of every published size, strided, in batches") {
  const Index tokens = 19;
  for (const Index head_size : {32, 64, 80}) {
    const Index heads = 3;
    const Index channels = heads * head_size;
    for (Index batch = 1; batch <= kLargestBatch; batch += 2) {
      const Index rows = batch * tokens;
      const std::vector<float> qkv = random_floats(rows * (3 * channels + 4), 61);
      check(rows * (channels + 2), [&](const Backend& backend, float* out, Workspace& workspace) {
        backend.attention({qkv.data(), rows, 3 * channels, 3 * channels + 4}, tokens, heads,
                          {out, rows, channels, channels + 2}, workspace);
      });
    }
  }
}

TEST_CASE("images are padded with zeros as in the reference") {
  for (Index batch = 1; batch <= kLargestBatch; ++batch) {
    PaddedImages images{nullptr, batch, 4, 3, 21};
    const Index rows = batch * images.height * images.width;
    const std::vector<float> x = random_floats(rows * 25, 71);
    check(images.elements(), [&](const Backend& backend, float* out, Workspace&) {
      PaddedImages target = images;
      target.data = out;
      backend.pad_images({x.data(), rows, images.channels, 25}, target);
    });
  }
}

TEST_CASE("the transposed convolution equals the reference, borders included, for lines of any width") {
  for (const Index width : {3, 12, 14}) {
    const Index channels = 20;
    const Index out_channels = 34;
    const Linear phases[4] = {{out_channels, 4 * channels, 81},
                              {out_channels, 4 * channels, 83},
                              {out_channels, 4 * channels, 85},
                              {out_channels, 4 * channels, 87}};
    TransposedConvolutionWeights weights;
    for (int i = 0; i < 4; ++i) weights.phases[i] = phases[i].weights;
    for (Index batch = 1; batch <= kLargestBatch; batch += 2) {
      PaddedImages in{nullptr, batch, 4, width, channels};
      std::vector<float> pixels = random_floats(in.elements(), 89);
      in.data = pixels.data();
      PaddedImages out_images{nullptr, batch, 8, 2 * width, out_channels};
      check(out_images.elements(), [&](const Backend& backend, float* out, Workspace& workspace) {
        PaddedImages target = out_images;
        target.data = out;
        backend.transposed_convolution_relu(in, weights, target, workspace);
      });
    }
  }
}

TEST_CASE("the transposed convolution of int8 is near the reference, image by image, with one set of bits") {
  const Index channels = 36;
  const Index out_channels = 34;
  TransposedConvolutionWeights plain;
  TransposedConvolutionWeights bytes;
  std::vector<Linear> phases;
  std::vector<QuantisedMatrix> quantised;
  for (unsigned i = 0; i < 4; ++i) phases.emplace_back(out_channels, 4 * channels, 181 + 2 * i);
  for (const Linear& phase : phases)
    quantised.push_back(quantise_matrix({phase.plain.data(), {out_channels, 4 * channels}}));
  for (std::size_t i = 0; i < 4; ++i) {
    plain.phases[i] = phases[i].weights;
    plain.phases[i].bias = nullptr;
    bytes.phases[i].matrix = packed_view(quantised[i], out_channels, 4 * channels);
  }
  // The second image is a thousand times as bright, which must not make the others coarser.
  PaddedImages in{nullptr, 3, 4, 14, channels};
  const Index image = in.elements() / in.count;
  std::vector<float> x = random_floats(in.count * in.height * in.width * channels, 191);
  for (Index i = 0; i < in.height * in.width * channels; ++i) {
    x[static_cast<std::size_t>(in.height * in.width * channels + i)] *= 1000.0f;
  }
  std::vector<float> pixels(static_cast<std::size_t>(in.elements()));
  in.data = pixels.data();
  ReferenceBackend().pad_images({x.data(), in.count * in.height * in.width, channels}, in);
  const Index outputs = in.count * (2 * in.height + 2) * (2 * in.width + 2) * out_channels;
  const auto convolve = [&](const Backend& backend, const TransposedConvolutionWeights& weights, PaddedImages from) {
    PaddedImages out{nullptr, from.count, 2 * in.height, 2 * in.width, out_channels};
    return run(backend, outputs / in.count * from.count, [&](const Backend& one, float* to, Workspace& workspace) {
      out.data = to;
      one.transposed_convolution_relu(from, weights, out, workspace);
    });
  };
  const std::vector<float> exact = convolve(ReferenceBackend(), plain, in);
  std::vector<float> first;
  for (const Int8Kernels* kernels : available_int8_kernels()) {
    CAPTURE(kernels->name);
    const NativeBackend backend(*available_kernel_tables().back(), std::make_shared<ThreadPool>(2), nullptr, kernels);
    const std::vector<float> found = convolve(backend, bytes, in);
    if (first.empty()) first = found;
    CHECK(first_difference(found.data(), first.data(), outputs) == "");
    for (Index i = 0; i < in.count; ++i) {
      CAPTURE(i);
      const auto begin = static_cast<std::size_t>(outputs / in.count * i);
      const auto end = static_cast<std::size_t>(outputs / in.count * (i + 1));
      float largest = 0.0f;
      float error = 0.0f;
      for (std::size_t j = begin; j < end; ++j) {
        largest = std::max(largest, exact[j]);
        error = std::max(error, std::abs(found[j] - exact[j]));
      }
      CHECK(error > 0.0f);
      CHECK(error < 0.02f * largest);
      PaddedImages alone = in;
      alone.count = 1;
      alone.data = pixels.data() + image * i;
      CHECK(first_difference(convolve(backend, bytes, alone).data(), found.data() + begin, outputs / in.count) == "");
    }
  }
}

TEST_CASE("the pointwise convolution equals the reference for any number of keypoints") {
  for (const Index keypoints : {1, 17, 52, 133}) {
    const Linear convolution(keypoints, 40, 91);
    for (Index batch = 1; batch <= kLargestBatch; batch += 2) {
      PaddedImages in{nullptr, batch, 8, 6, 40};
      std::vector<float> pixels = random_floats(in.elements(), 93);
      in.data = pixels.data();
      check(batch * keypoints * in.height * in.width, [&](const Backend& backend, float* out, Workspace& workspace) {
        backend.pointwise_convolution(in, convolution.weights, {out, {batch, keypoints, in.height, in.width}},
                                      workspace);
      });
    }
  }
}

TEST_CASE("the upsampled convolution equals the reference for any number of keypoints") {
  const Index height = 4;
  const Index width = 3;
  const Index scale = 4;
  for (const Index keypoints : {1, 17, 52}) {
    Linear taps(9 * keypoints, 40, 95);
    taps.weights.bias = nullptr;
    const std::vector<float> bias = random_floats(keypoints, 96);
    for (Index batch = 1; batch <= kLargestBatch; batch += 2) {
      const Index rows = batch * height * width;
      const std::vector<float> x = random_floats(rows * 40, 97);
      const Index floats = batch * keypoints * height * scale * width * scale;
      check(floats, [&](const Backend& backend, float* out, Workspace& workspace) {
        backend.upsampled_convolution({x.data(), rows, 40}, height, width, scale, taps.weights, bias.data(),
                                      {out, {batch, keypoints, height * scale, width * scale}}, workspace);
      });
    }
  }
}
