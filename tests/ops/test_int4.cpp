// int4: what packing keeps of the weights, and products, which have the bits of the same weights stored wider.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <doctest/doctest.h>
#include <limits>

#include "ops/bf16_kernels.h"
#include "ops/kernels.h"
#include "tests/ops/gemm_blocks.h"

using namespace vitpose::engine;
using namespace vitpose::engine::test;

namespace {

Int4Matrix packed(const std::vector<float>& weights, Index n, Index k) {
  return pack_int4({weights.data(), {n, k}});
}

// [n, k], as they come out again.
std::vector<float> decoded(const Int4Matrix& matrix, Index n, Index k) {
  const PackedMatrix view = packed_view(matrix, n, k);
  std::vector<float> values;
  for (Index channel = 0; channel < n; ++channel) {
    for (Index kk = 0; kk < k; ++kk) values.push_back(packed_element(view, channel, kk));
  }
  return values;
}

float scale_of(const Int4Matrix& matrix, Index k, Index channel, Index group) {
  return matrix.scales.data<float>()[(channel / 16 * int4_groups(k) + group) * 16 + channel % 16];
}

double squared_distance(const float* a, const float* b, Index count) {
  double sum = 0.0;
  for (Index i = 0; i < count; ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

struct Shapes {
  Index rows;
  Index n;
  Index k;
};

// The bytes of C: rows of A in `dtype` times the matrix.
std::vector<float> product(GemmKernel kernel, DType dtype, const PackedMatrix& weights, const Shapes& s, Index rows,
                           Index panels, Index range) {
  const Index stride = (s.k + 31) / 32 * 32;
  const std::vector<float> a = random_floats(s.rows * stride, 31);
  std::vector<BFloat16> rounded;
  for (const float value : a) rounded.push_back(to_bf16(value));
  const std::vector<float> bias = random_floats(s.n, 32);
  GuardedBuffer c(s.rows * s.n);
  GemmArguments g;
  g.rows = s.rows;
  g.a = dtype == DType::kF32 ? static_cast<const void*>(a.data()) : rounded.data();
  g.a_dtype = dtype;
  g.a_layout = RowLayout::plain(s.rows, stride);
  g.weights = weights;
  g.bias = bias.data();
  g.c = c.data();
  g.c_layout = RowLayout::plain(s.rows, s.n);
  CHECK(multiply_in_blocks(kernel, g, rows, panels, range) == "");
  CHECK(c.intact());
  return {c.data(), c.data() + s.rows * s.n};
}

void check_products(GemmKernel kernel, DType dtype, bool is_cut) {
  for (const Shapes& s : {Shapes{1, 1, 2}, Shapes{17, 17, 6}, Shapes{40, 33, 64}, Shapes{33, 51, 130},
                          Shapes{70, 16, 256}, Shapes{13, 40, 392}, Shapes{300, 20, 640}, Shapes{34, 33, 3072}}) {
    CAPTURE(s.rows);
    CAPTURE(s.n);
    CAPTURE(s.k);
    const Int4Matrix int4 = packed(random_floats(s.n * s.k, 33), s.n, s.k);
    const std::vector<float> weights = decoded(int4, s.n, s.k);
    const Tensor wide = pack_matrix({weights.data(), {s.n, s.k}}, dtype);
    const std::vector<float> expected = product(kernel, dtype, packed_view(wide, s.n, s.k), s, s.rows, 1000, kNeverCut);
    const PackedMatrix view = packed_view(int4, s.n, s.k);
    const auto check = [&](Index rows, Index panels, Index range) {
      const std::vector<float> found = product(kernel, dtype, view, s, rows, panels, range);
      CHECK(first_difference(found.data(), expected.data(), s.rows * s.n) == "");
    };
    check(s.rows, 1000, kNeverCut);
    check(25, 1, kNeverCut);
    if (is_cut) check(7, 3, kGemmBlock);
  }
}

}  // namespace

TEST_CASE("int4 weights have a scale for each 128 of a channel, and are its multiples from -8 to 7") {
  for (const Index n : {1, 19}) {
    for (const Index k : {1, 7, 128, 130, 300}) {
      CAPTURE(n);
      CAPTURE(k);
      const std::vector<float> weights = random_floats(n * k, 5);
      const Int4Matrix matrix = packed(weights, n, k);
      CHECK(matrix.nibbles.shape() == Shape({(n + 15) / 16, (k + 7) / 8 | 1, 16, 4}));
      CHECK(matrix.scales.shape() == Shape({(n + 15) / 16, (k + 127) / 128, 16}));
      const std::vector<float> values = decoded(matrix, n, k);
      for (Index i = 0; i < n * k; ++i) {
        const float value = values[static_cast<std::size_t>(i)];
        const float weight = weights[static_cast<std::size_t>(i)];
        const float scale = scale_of(matrix, k, i / k, i % k / 128);
        CHECK(is_int4_scale(scale));
        CHECK(to_f32(to_bf16(value)) == value);
        const float integer = value / scale;
        CHECK(integer == std::nearbyint(integer));
        const bool is_clipped = integer == -8.0f || integer == 7.0f;
        CHECK((is_clipped || std::fabs(value - weight) <= 0.5001f * std::fabs(scale)));
      }
    }
  }
}

TEST_CASE("the scales of int4 weights leave smaller errors than the largest weight's would") {
  const Index k = 128;
  double searched = 0.0;
  double plain = 0.0;
  for (unsigned seed = 0; seed < 20; ++seed) {
    const std::vector<float> weights = random_floats(k, seed);
    const std::vector<float> values = decoded(packed(weights, 1, k), 1, k);
    searched += squared_distance(values.data(), weights.data(), k);
    float largest = 0.0f;
    for (const float weight : weights) largest = std::max(largest, std::fabs(weight));
    std::vector<float> rounded;
    for (const float weight : weights) rounded.push_back(std::nearbyint(weight * 7.0f / largest) * largest / 7.0f);
    plain += squared_distance(rounded.data(), weights.data(), k);
  }
  CHECK(searched < 0.9 * plain);
}

TEST_CASE("int4 weights that are packed again stay as they are") {
  const Index n = 33;
  const Index k = 300;
  const Int4Matrix once = packed(random_floats(n * k, 8), n, k);
  const Int4Matrix twice = packed(decoded(once, n, k), n, k);
  CHECK(std::memcmp(once.nibbles.raw(), twice.nibbles.raw(), once.nibbles.size_bytes()) == 0);
  CHECK(std::memcmp(once.scales.raw(), twice.scales.raw(), once.scales.size_bytes()) == 0);
}

TEST_CASE("a group of zeros stays zero, one with a NaN or an infinity becomes NaN, and no other does") {
  const Index k = 300;
  for (const float special : {0.0f, std::nanf(""), INFINITY, -INFINITY}) {
    std::vector<float> weights = random_floats(2 * k, 9);
    std::fill_n(weights.begin() + 128, 128, 0.0f);
    weights[200] = special;
    const std::vector<float> values = decoded(packed(weights, 2, k), 2, k);
    for (Index i = 0; i < 2 * k; ++i) {
      const float value = values[static_cast<std::size_t>(i)];
      const bool is_inside = i >= 128 && i < 256;
      CHECK(std::isnan(value) == (is_inside && special != 0.0f));
      if (is_inside && special == 0.0f) CHECK(value == 0.0f);
    }
  }
}

TEST_CASE("scales of int4 have five significant bits") {
  for (const float scale : {0.0f, 1.0f, -1.0f, 1.9375f, 0x1.fp-100f, 31.0f}) CHECK(is_int4_scale(scale));
  for (const float scale : {1.96875f, 33.0f, 0.1f, 0x1p-127f}) CHECK(!is_int4_scale(scale));
}

TEST_CASE("products of f32 and int4 have the bits of the same weights in f32, on every instruction set") {
  for (const KernelTable* table : available_kernel_tables()) {
    CAPTURE(table->name);
    check_products(table->gemm, DType::kF32, true);
  }
}

TEST_CASE("products of bf16 and int4 have the bits of the same weights in bf16, on every instruction set") {
  for (const Bf16Kernels* kernels : available_bf16_kernels()) {
    CAPTURE(kernels->name);
    check_products(kernels->gemm, DType::kBF16, kernels->gemm_tuning.longest_range != kNeverCut);
  }
}
