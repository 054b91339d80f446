// The reference against the textbook formulas in binary64: it defines the bits, so it must be right itself.
#include <algorithm>
#include <cmath>
#include <doctest/doctest.h>

#include "ops/reference/reference_backend.h"
#include "tests/ops/test_support.h"

using namespace vitpose::engine;
using namespace vitpose::engine::test;

namespace {

LinearWeights packed_weights(const Tensor& packed, Index n, Index k, const float* bias) {
  LinearWeights weights;
  weights.matrix = packed_view(packed, n, k);
  weights.bias = bias;
  return weights;
}

double at(const std::vector<float>& values, Index i) {
  return static_cast<double>(values[static_cast<std::size_t>(i)]);
}

PaddedImages padded(std::vector<float>& memory, Index count, Index height, Index width, Index channels) {
  PaddedImages images{nullptr, count, height, width, channels};
  memory.assign(static_cast<std::size_t>(images.elements()), 77.0f);  // what is there before does not matter
  images.data = memory.data();
  return images;
}

Index padded_offset(const PaddedImages& images, Index b, Index y, Index x) {
  return ((b * (images.height + 2) + y + 1) * (images.width + 2) + x + 1) * images.channels;
}

}  // namespace

TEST_CASE("patch_embedding is a padded convolution plus both position embeddings") {
  const Index height = 20;  // 4x4 patches with padding 2: six whole steps, the last rows and columns partly unread
  const Index width = 13;
  const Index patch = 4;
  const Index channels = 5;
  const std::vector<float> pixels = random_floats(2 * 3 * height * width, 51);
  const std::vector<float> kernel = random_floats(channels * 3 * patch * patch, 52);
  const std::vector<float> bias = random_floats(channels, 53);
  const Tensor packed = pack_matrix({kernel.data(), {channels, 3 * patch * patch}}, DType::kF32);
  const Index rows = (height + 4 - patch) / patch + 1;
  const Index columns = (width + 4 - patch) / patch + 1;
  const Index tokens = rows * columns;
  const std::vector<float> position = random_floats((1 + tokens) * channels, 54);
  const PatchEmbeddingWeights weights{packed_weights(packed, channels, 3 * patch * patch, bias.data()), position.data(),
                                      patch, 2};
  std::vector<float> out(static_cast<std::size_t>(2 * tokens * channels));
  Workspace workspace;
  ReferenceBackend().patch_embedding({pixels.data(), {2, 3, height, width}}, weights,
                                     {out.data(), 2 * tokens, channels}, workspace);
  double worst = 0.0;
  for (Index token = 0; token < 2 * tokens; ++token) {
    const Index t = token % tokens;
    for (Index n = 0; n < channels; ++n) {
      double sum = at(bias, n) + at(position, (1 + t) * channels + n) + at(position, n);
      for (Index k = 0; k < 3 * patch * patch; ++k) {
        const Index y = t / columns * patch - 2 + k / patch % patch;
        const Index x = t % columns * patch - 2 + k % patch;
        if (y < 0 || y >= height || x < 0 || x >= width) continue;
        const Index plane = token / tokens * 3 + k / (patch * patch);
        sum += at(pixels, (plane * height + y) * width + x) * at(kernel, n * 3 * patch * patch + k);
      }
      worst = worse(worst, std::fabs(at(out, token * channels + n) - sum));
    }
  }
  CHECK(worst <= 1e-5);
}

TEST_CASE("transposed_convolution_relu is a 4x4 transposed convolution of stride 2 and padding 1, then ReLU") {
  const Index height = 3;
  const Index width = 4;
  const Index in_channels = 3;
  const Index out_channels = 2;
  const std::vector<float> x = random_floats(2 * height * width * in_channels, 61);
  const std::vector<float> kernel = random_floats(in_channels * out_channels * 16, 62);  // [in, out, 4, 4]
  const std::vector<float> bias = random_floats(out_channels, 63);
  std::vector<float> in_memory;
  std::vector<float> out_memory;
  const PaddedImages in = padded(in_memory, 2, height, width, in_channels);
  const PaddedImages out = padded(out_memory, 2, 2 * height, 2 * width, out_channels);
  TransposedConvolutionWeights weights;
  Tensor packed[4];
  for (Index phase = 0; phase < 4; ++phase) {
    std::vector<float> matrix;
    for (Index n = 0; n < out_channels; ++n) {
      for (Index k = 0; k < 4 * in_channels; ++k) {
        const Index ky = 3 - phase / 2 - 2 * (k / in_channels / 2);
        const Index kx = 3 - phase % 2 - 2 * (k / in_channels % 2);
        matrix.push_back(kernel[static_cast<std::size_t>(((k % in_channels) * out_channels + n) * 16 + ky * 4 + kx)]);
      }
    }
    packed[phase] = pack_matrix({matrix.data(), {out_channels, 4 * in_channels}}, DType::kF32);
    weights.phases[phase] = packed_weights(packed[phase], out_channels, 4 * in_channels, bias.data());
  }
  Workspace workspace;
  const ReferenceBackend reference;
  reference.pad_images({x.data(), 2 * height * width, in_channels}, in);
  reference.transposed_convolution_relu(in, weights, out, workspace);
  double worst = 0.0;
  for (Index b = 0; b < 2; ++b) {
    for (Index y = -1; y <= out.height; ++y) {
      for (Index px = -1; px <= out.width; ++px) {
        const bool border = y < 0 || y == out.height || px < 0 || px == out.width;
        for (Index n = 0; n < out_channels; ++n) {
          double sum = at(bias, n);
          for (Index i = 0; i < height * width * in_channels; ++i) {  // every input pixel and channel scatters
            const Index ky = y + 1 - 2 * (i / in_channels / width);
            const Index kx = px + 1 - 2 * (i / in_channels % width);
            if (ky < 0 || ky > 3 || kx < 0 || kx > 3) continue;
            const Index tap = ((i % in_channels) * out_channels + n) * 16 + ky * 4 + kx;
            sum += at(x, b * height * width * in_channels + i) * at(kernel, tap);
          }
          const double expected = border ? 0.0 : std::max(sum, 0.0);
          worst = worse(worst, std::fabs(at(out_memory, padded_offset(out, b, y, px) + n) - expected));
        }
      }
    }
  }
  CHECK(worst <= 1e-5);
}

TEST_CASE("pointwise_convolution applies one matrix to every pixel and writes planes") {
  const Index channels = 6;
  const Index keypoints = 3;
  const std::vector<float> x = random_floats(2 * 4 * 5 * channels, 71);
  const std::vector<float> kernel = random_floats(keypoints * channels, 72);
  const std::vector<float> bias = random_floats(keypoints, 73);
  const Tensor packed = pack_matrix({kernel.data(), {keypoints, channels}}, DType::kF32);
  std::vector<float> memory;
  const PaddedImages images = padded(memory, 2, 4, 5, channels);
  std::vector<float> out(2 * 3 * 4 * 5);
  Workspace workspace;
  const ReferenceBackend reference;
  reference.pad_images({x.data(), 2 * 4 * 5, channels}, images);
  reference.pointwise_convolution(images, packed_weights(packed, keypoints, channels, bias.data()),
                                  {out.data(), {2, keypoints, 4, 5}}, workspace);
  for (Index i = 0; i < 2 * keypoints * 20; ++i) {
    const Index b = i / (keypoints * 20);
    const Index k = i / 20 % keypoints;
    double sum = at(bias, k);
    for (Index c = 0; c < channels; ++c) sum += at(x, (b * 20 + i % 20) * channels + c) * at(kernel, k * channels + c);
    CHECK(std::fabs(at(out, i) - sum) <= 1e-5);
  }
}

TEST_CASE("upsampled_convolution is bilinear upsampling of the features, then a 3x3 convolution") {
  const Index height = 3;
  const Index width = 4;
  const Index channels = 5;
  const Index keypoints = 2;
  const Index scale = 4;
  const std::vector<float> x = random_floats(height * width * channels, 81);
  const std::vector<float> kernel = random_floats(9 * keypoints * channels, 82);  // row = tap * K + k
  const std::vector<float> bias = random_floats(keypoints, 83);
  const Tensor packed = pack_matrix({kernel.data(), {9 * keypoints, channels}}, DType::kF32);
  std::vector<float> out(static_cast<std::size_t>(keypoints * height * width * scale * scale));
  Workspace workspace;
  ReferenceBackend().upsampled_convolution({x.data(), height * width, channels}, height, width, scale,
                                           packed_weights(packed, 9 * keypoints, channels, nullptr), bias.data(),
                                           {out.data(), {1, keypoints, height * scale, width * scale}}, workspace);
  const auto upsampled = [&](Index y, Index xx, Index c) {  // torch's bilinear interpolation, in binary64
    const double sy = std::max((static_cast<double>(y) + 0.5) / 4.0 - 0.5, 0.0);
    const double sx = std::max((static_cast<double>(xx) + 0.5) / 4.0 - 0.5, 0.0);
    double sum = 0.0;
    for (Index corner = 0; corner < 4; ++corner) {
      const Index i = std::min(static_cast<Index>(sy) + corner / 2, height - 1);
      const Index j = std::min(static_cast<Index>(sx) + corner % 2, width - 1);
      const double fy = sy - std::floor(sy);
      const double fx = sx - std::floor(sx);
      sum +=
          (corner / 2 == 1 ? fy : 1.0 - fy) * (corner % 2 == 1 ? fx : 1.0 - fx) * at(x, (i * width + j) * channels + c);
    }
    return sum;
  };
  double worst = 0.0;
  for (Index i = 0; i < static_cast<Index>(out.size()); ++i) {
    const Index k = i / (height * width * scale * scale);
    const Index y = i / (width * scale) % (height * scale);
    const Index px = i % (width * scale);
    double sum = at(bias, k);
    for (Index tap = 0; tap < 9; ++tap) {
      const Index ty = y + tap / 3 - 1;
      const Index tx = px + tap % 3 - 1;
      if (ty < 0 || ty >= height * scale || tx < 0 || tx >= width * scale) continue;
      for (Index c = 0; c < channels; ++c)
        sum += upsampled(ty, tx, c) * at(kernel, (tap * keypoints + k) * channels + c);
    }
    worst = worse(worst, std::fabs(at(out, i) - sum));
  }
  CHECK(worst <= 1e-5);
}
