#include <algorithm>
#include <cmath>
#include <doctest/doctest.h>
#include <limits>

#include "ops/packed_matrix.h"
#include "tests/ops/test_support.h"

using namespace vitpose::engine;
using namespace vitpose::engine::test;

namespace {

std::vector<float> counted(Index count) {
  std::vector<float> values(static_cast<std::size_t>(count));
  for (Index i = 0; i < count; ++i) values[static_cast<std::size_t>(i)] = static_cast<float>(i + 1);
  return values;
}

}  // namespace

TEST_CASE("f32 weights are packed into panels of sixteen channels, k by k, and padded with zeros") {
  const Index n = 19;
  const Index k = 3;
  const std::vector<float> weights = counted(n * k);
  const Tensor packed = pack_matrix({weights.data(), {n, k}}, DType::kF32);
  CHECK(packed.shape() == Shape({2, k, 16}));
  const float* data = packed.data<float>();
  CHECK(data[0] == weights[0]);
  CHECK(data[1] == weights[3]);   // the next lane is the next channel
  CHECK(data[16] == weights[1]);  // the next row is the next k
  CHECK(data[3 * 16 + 2 * 16 + 2] == weights[18 * 3 + 2]);
  for (Index kk = 0; kk < k; ++kk) {
    for (Index lane = 3; lane < 16; ++lane) CHECK(data[(k + kk) * 16 + lane] == 0.0f);
  }
}

TEST_CASE("bf16 weights are packed in pairs along k, rounded to nearest even, and padded with zeros") {
  const Index n = 2;
  const Index k = 3;
  const std::vector<float> weights = {1.0f, 2.0f, 3.0f, 4.0f, 5.0f, 1.00390625f};  // the last lies between two bf16
  const Tensor packed = pack_matrix({weights.data(), {n, k}}, DType::kBF16);
  CHECK(packed.shape() ==
        Shape({1, 3, 16, 2}));  // two lines of pairs, and one so that panels begin an odd number apart
  const BFloat16* data = packed.data<BFloat16>();
  CHECK(to_f32(data[0]) == 1.0f);
  CHECK(to_f32(data[1]) == 2.0f);   // k = 1 of the same channel
  CHECK(to_f32(data[2]) == 4.0f);   // the next channel
  CHECK(to_f32(data[32]) == 3.0f);  // k = 2
  CHECK(data[33].bits == 0);        // there is no k = 3
  CHECK(to_f32(data[34]) == 1.0f);  // a tie goes to the even neighbour
  for (Index i = 4; i < 32; ++i) CHECK(data[i].bits == 0);
  for (Index i = 64; i < 96; ++i) CHECK(data[i].bits == 0);
}

TEST_CASE("every element of a packed matrix is found again") {
  for (const DType dtype : {DType::kF32, DType::kBF16}) {
    for (const Index n : awkward_sizes()) {
      for (const Index k : awkward_sizes()) {
        const std::vector<float> weights = random_floats(n * k, 5);
        const Tensor packed = pack_matrix({weights.data(), {n, k}}, dtype);
        const PackedMatrix matrix = packed_view(packed, n, k);
        CHECK(matrix.panels() * matrix.panel_stride() == packed.count());
        for (Index channel = 0; channel < n; ++channel) {
          for (Index kk = 0; kk < k; ++kk) {
            const float value = weights[static_cast<std::size_t>(channel * k + kk)];
            REQUIRE(packed_element(matrix, channel, kk) == (dtype == DType::kF32 ? value : to_f32(to_bf16(value))));
          }
        }
      }
    }
  }
}

TEST_CASE("panels begin an odd number of lines apart, or as files have them that were converted before") {
  CHECK(packed_shape(19, 768, DType::kF32) == Shape({2, 769, 16}));
  CHECK(packed_shape(19, 768, DType::kBF16) == Shape({2, 385, 16, 2}));
  CHECK(packed_shape(19, 768, DType::kI8) == Shape({2, 193, 16, 4}));
  CHECK(packed_shape(19, 768, DType::kI4) == Shape({2, 97, 16, 4}));
  CHECK(packed_shape(19, 3, DType::kI8) == Shape({2, 1, 16, 4}));
  CHECK(is_packed_shape({2, 769, 16}, 19, 768, DType::kF32));
  CHECK(is_packed_shape({2, 768, 16}, 19, 768, DType::kF32));
  CHECK_FALSE(is_packed_shape({2, 767, 16}, 19, 768, DType::kF32));
  CHECK_FALSE(is_packed_shape({2, 770, 16}, 19, 768, DType::kF32));
  CHECK_FALSE(is_packed_shape({1, 768, 16}, 19, 768, DType::kF32));
  CHECK(is_packed_shape({2, 192, 16, 4}, 19, 768, DType::kI8));
  CHECK_FALSE(is_packed_shape({2, 192, 16}, 19, 768, DType::kI8));
}

TEST_CASE("int8 weights have a scale per channel, integers to nearest even, and their sums") {
  const Index n = 19;
  const Index k = 30;
  std::vector<float> weights = random_floats(n * k, 5);
  std::fill_n(weights.begin() + 3 * k, k, 0.0f);
  weights[static_cast<std::size_t>(7 * k + 2)] = std::nanf("");
  weights[static_cast<std::size_t>(8 * k + 2)] = std::numeric_limits<float>::infinity();
  const QuantisedMatrix quantised = quantise_matrix({weights.data(), {n, k}});
  CHECK(quantised.integers.shape() == Shape({2, 9, 16, 4}));
  const PackedMatrix matrix = packed_view(quantised, n, k);
  for (Index channel = 0; channel < n; ++channel) {
    CAPTURE(channel);
    if (channel == 7 || channel == 8) {
      CHECK(std::isnan(matrix.scales[channel]));
      continue;
    }
    const float* const row = weights.data() + channel * k;
    float largest = 0.0f;
    for (Index kk = 0; kk < k; ++kk) largest = std::max(largest, std::fabs(row[kk]));
    CHECK(matrix.scales[channel] == largest / 127.0f);
    long sum = 0;
    for (Index kk = 0; kk < k; ++kk) {
      const float value = packed_element(matrix, channel, kk);
      CHECK(std::fabs(value - row[kk]) <= 0.5001f * matrix.scales[channel]);
      if (largest > 0.0f) sum += std::lrint(value / matrix.scales[channel]);
    }
    CHECK(matrix.sums[channel] == static_cast<float>(sum));
  }
  for (Index channel = n; channel < 32; ++channel) CHECK(matrix.scales[channel] == 0.0f);
}
