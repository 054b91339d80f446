// Accuracy of exp and gelu against binary64, and the equality of the vector types that compute them.
#include <algorithm>
#include <cmath>
#include <doctest/doctest.h>

#include "core/simd/f32x16_scalar.h"
#include "core/simd/math.h"
#include "ops/kernels.h"
#include "tests/ops/test_support.h"

using namespace vitpose::engine;
using namespace vitpose::engine::test;

namespace {

// Distance of `found` from the exact value in units of the last place of the float nearest to it.
double ulp_error(float found, double exact) {
  const float nearest = static_cast<float>(exact);
  if (std::isinf(nearest) || nearest == 0.0f) return found == nearest ? 0.0 : 1e9;
  const double ulp = std::ldexp(1.0, std::max(std::ilogb(nearest), -126) - 23);
  return std::fabs(static_cast<double>(found) - exact) / ulp;
}

float scalar_exp(float x) {
  return simd::exp(simd::F32x1::broadcast(x)).lane[0];
}

double exact_gelu(double x) {
  return 0.5 * x * std::erfc(-x / std::sqrt(2.0));
}

}  // namespace

TEST_CASE("the accuracy checks of these tests do not pass over a NaN") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(std::isnan(worse(0.0, nan)));
  CHECK(std::isnan(worse(nan, 0.5)));
  CHECK(worse(0.5, 0.25) == 0.5);
  CHECK(worse(0.25, 0.5) == 0.5);
}

TEST_CASE("the scalar fused multiply-add rounds once, as std::fma does") {
  std::mt19937_64 generator(9);
  const auto check = [](float a, float b, float c) {
    float found = c;
    simd::fused_multiply_add<1>(&a, &b, &found);
    return same_bits(found, std::fma(a, b, c));
  };
  Index wrong = 0;
  for (int i = 0; i < 1000000; ++i) {
    const std::uint64_t bits = generator();
    const float a = std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    const float b = std::bit_cast<float>(static_cast<std::uint32_t>(bits >> 32));
    const float c = std::bit_cast<float>(static_cast<std::uint32_t>(generator()));
    wrong += !check(a, b, c);
    // Few-bit factors and a third number close to their product: half-way cases, and cancellation.
    const float x = static_cast<float>(static_cast<int>(bits % 8191) - 4096);
    const float y = static_cast<float>(static_cast<int>(bits >> 20 & 0xfff) + 1);
    wrong +=
        !check(x, y, std::ldexp(static_cast<float>(bits >> 40 & 0xff) - 128.0f, static_cast<int>(bits >> 50 & 63)));
    wrong += !check(std::ldexp(x, -100), std::ldexp(y, -60), std::ldexp(static_cast<float>(bits >> 40 & 0xff), -149));
  }
  CHECK(wrong == 0);
  for (const float a : special_floats()) {
    for (const float b : special_floats()) {
      for (const float c : special_floats()) CHECK(check(a, b, c));
    }
  }
}

TEST_CASE("exp is within 1 ULP of the exact value over its whole range, denormal results included") {
  double worst = 0.0;
  for (std::uint32_t bits = 0; bits < 0x42d00000u; bits += 397) {  // up to 104 in magnitude
    const float magnitude = std::bit_cast<float>(bits);
    for (const float x : {magnitude, -magnitude}) {
      worst = worse(worst, ulp_error(scalar_exp(x), std::exp(static_cast<double>(x))));
    }
  }
  MESSAGE("largest error of exp: ", worst, " ULP");
  CHECK(worst <= 1.0);
}

TEST_CASE("exp overflows to infinity, underflows to zero and lets NaN through") {
  const float infinity = std::numeric_limits<float>::infinity();
  CHECK(scalar_exp(infinity) == infinity);
  CHECK(scalar_exp(88.73f) == infinity);
  CHECK(scalar_exp(88.72f) < infinity);
  CHECK(scalar_exp(-infinity) == 0.0f);
  CHECK(scalar_exp(-104.0f) == 0.0f);
  CHECK(scalar_exp(-103.9f) > 0.0f);
  CHECK(scalar_exp(0.0f) == 1.0f);
  CHECK(std::isnan(scalar_exp(std::numeric_limits<float>::quiet_NaN())));
}

TEST_CASE("gelu is within 2.5e-7 of the exact value on [-10, 10] and 4.7e-8 in the root mean square") {
  for (const KernelTable* table : available_kernel_tables()) {
    CAPTURE(std::string(table->name));
    const Index count = 1 << 20;
    std::vector<float> x(static_cast<std::size_t>(count));
    for (Index i = 0; i < count; ++i) {
      x[static_cast<std::size_t>(i)] = static_cast<float>(-10.0 + 20.0 * (static_cast<double>(i) + 0.3) / count);
    }
    std::vector<float> y(x.size());
    table->gelu(x.data(), y.data(), count);
    double worst = 0.0;
    double squares = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double error = std::fabs(static_cast<double>(y[i]) - exact_gelu(static_cast<double>(x[i])));
      worst = worse(worst, error);
      squares += error * error;
    }
    const double rms = std::sqrt(squares / static_cast<double>(count));
    MESSAGE(std::string(table->name), ": gelu max error ", worst, ", rms ", rms);
    CHECK(worst <= 2.5e-7);
    CHECK(rms <= 4.7e-8);
  }
}

TEST_CASE("gelu has the limits of its formula") {
  const float infinity = std::numeric_limits<float>::infinity();
  const float huge = std::numeric_limits<float>::max();
  for (const KernelTable* table : available_kernel_tables()) {
    CAPTURE(std::string(table->name));
    const std::vector<float> x = {infinity, -infinity, std::numeric_limits<float>::quiet_NaN(), 0.0f, huge,
                                  -huge,    1e-30f};
    std::vector<float> y(x.size());
    table->gelu(x.data(), y.data(), static_cast<Index>(x.size()));
    CHECK(y[0] == infinity);
    CHECK(std::isnan(y[1]));  // -infinity * 0
    CHECK(std::isnan(y[2]));
    CHECK(y[3] == 0.0f);
    CHECK(y[4] == huge);
    CHECK(y[5] == 0.0f);
    CHECK(y[6] == 0.5e-30f);
  }
}
