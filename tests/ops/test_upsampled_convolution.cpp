#include <algorithm>
#include <cmath>
#include <doctest/doctest.h>

#include "ops/kernels.h"
#include "ops/reference/reference_backend.h"
#include "tests/ops/test_support.h"

using namespace vitpose::engine;
using namespace vitpose::engine::test;

namespace {

void check_case(const KernelTable& table, UpsampledConvolutionArguments a, unsigned special_every) {
  CAPTURE(std::string(table.name));
  CAPTURE(a.height);
  CAPTURE(a.width);
  CAPTURE(a.scale);
  const Index maps = a.height * a.width * 9 * a.keypoints;
  const std::vector<float> values =
      special_every == 0 ? random_floats(maps, 41) : floats_with_specials(maps, 41, special_every);
  const std::vector<float> bias = random_floats(a.keypoints, 42);
  const Index pixels = a.height * a.width * a.scale * a.scale;
  GuardedBuffer found(a.keypoints * pixels, 1);
  GuardedBuffer expected(a.keypoints * pixels);
  GuardedBuffer scratch(upsampled_convolution_scratch_floats(a));
  a.tap_maps = values.data();
  a.bias = bias.data();
  for (Index k = 0; k < a.keypoints; ++k) {
    a.out = found.data();
    table.upsampled_convolution(a, k, scratch.data());
    a.out = expected.data();
    reference_upsampled_convolution(a, k);
  }
  CHECK(first_difference(found.data(), expected.data(), found.count()) == "");
  CHECK(found.intact());
  CHECK(scratch.intact());
}

// Binary64: upsample every tap's map, then shift and add, as the header's first formula says.
double exact_output(const UpsampledConvolutionArguments& a, Index k, Index y, Index x) {
  double sum = static_cast<double>(a.bias[k]);
  for (Index dy = -1; dy <= 1; ++dy) {
    for (Index dx = -1; dx <= 1; ++dx) {
      if (y + dy < 0 || y + dy >= a.height * a.scale || x + dx < 0 || x + dx >= a.width * a.scale) continue;
      const auto source = [&](Index i) {
        return std::max((static_cast<double>(i) + 0.5) / static_cast<double>(a.scale) - 0.5, 0.0);
      };
      const double sy = source(y + dy);
      const double sx = source(x + dx);
      for (Index corner = 0; corner < 4; ++corner) {
        const Index i = std::min(static_cast<Index>(sy) + corner / 2, a.height - 1);
        const Index j = std::min(static_cast<Index>(sx) + corner % 2, a.width - 1);
        const double wy = corner / 2 == 1 ? sy - std::floor(sy) : 1.0 - (sy - std::floor(sy));
        const double wx = corner % 2 == 1 ? sx - std::floor(sx) : 1.0 - (sx - std::floor(sx));
        const Index tap = (dy + 1) * 3 + dx + 1;
        sum += wy * wx * static_cast<double>(a.tap_maps[((i * a.width + j) * 9 + tap) * a.keypoints + k]);
      }
    }
  }
  return sum;
}

}  // namespace

TEST_CASE("upsampled_convolution of every kernel table equals the reference bit for bit") {
  for (const KernelTable* table : available_kernel_tables()) {
    for (const unsigned special_every : {0u, 40u}) {
      check_case(*table, {nullptr, 16, 12, 17, 4, nullptr, nullptr}, special_every);
      check_case(*table, {nullptr, 1, 1, 1, 4, nullptr, nullptr}, special_every);
      check_case(*table, {nullptr, 3, 5, 2, 1, nullptr, nullptr}, special_every);
      check_case(*table, {nullptr, 17, 9, 3, 2, nullptr, nullptr}, special_every);
      check_case(*table, {nullptr, 7, 11, 2, 3, nullptr, nullptr}, special_every);
    }
  }
}

TEST_CASE("upsampled_convolution is bilinear upsampling followed by a 3x3 convolution") {
  for (const Index scale : {1, 2, 3, 4}) {
    CAPTURE(scale);
    UpsampledConvolutionArguments a{nullptr, 5, 4, 2, scale, nullptr, nullptr};
    const std::vector<float> values = random_floats(a.height * a.width * 9 * a.keypoints, 43);
    const std::vector<float> bias = random_floats(a.keypoints, 44);
    std::vector<float> out(static_cast<std::size_t>(a.keypoints * a.height * a.width * scale * scale));
    a.tap_maps = values.data();
    a.bias = bias.data();
    a.out = out.data();
    for (Index k = 0; k < a.keypoints; ++k) reference_upsampled_convolution(a, k);
    double worst = 0.0;
    std::size_t i = 0;
    for (Index k = 0; k < a.keypoints; ++k) {
      for (Index y = 0; y < a.height * scale; ++y) {
        for (Index x = 0; x < a.width * scale; ++x, ++i) {
          worst = worse(worst, std::fabs(static_cast<double>(out[i]) - exact_output(a, k, y, x)));
        }
      }
    }
    CHECK(worst <= 5e-6);
  }
}
