// int4 for known inputs: the factorisation behind it, that it helps, and what it does without anything to go by.
#include <cmath>
#include <cstring>
#include <doctest/doctest.h>
#include <limits>

#include "ops/cholesky.h"
#include "ops/int4_feedback.h"
#include "tests/ops/test_support.h"

using namespace vitpose::engine;
using namespace vitpose::engine::test;

namespace {

struct Sizes {
  Index n;
  Index k;
};

// Inputs [rows, k] whose columns go together, as those of a network do, around a mean that is not zero.
std::vector<float> correlated_inputs(Index rows, Index k, unsigned seed) {
  const Index causes = k / 8 + 1;
  const std::vector<float> cause = random_floats(rows * causes, seed);
  const std::vector<float> mix = random_floats(causes * k, seed + 1);
  std::vector<float> x = random_floats(rows * k, seed + 2, 0.3f);
  for (Index row = 0; row < rows; ++row) {
    for (Index column = 0; column < k; ++column) {
      float& value = x[static_cast<std::size_t>(row * k + column)];
      value += column % 3 == 0 ? 1.0f : 0.0f;
      for (Index c = 0; c < causes; ++c) {
        value += cause[static_cast<std::size_t>(row * causes + c)] * mix[static_cast<std::size_t>(c * k + column)];
      }
    }
  }
  return x;
}

std::vector<float> second_moments(const std::vector<float>& x, Index rows, Index k) {
  std::vector<float> moments(static_cast<std::size_t>(k * k));
  for (Index row = 0; row < rows; ++row) {
    const float* const values = x.data() + row * k;
    for (Index i = 0; i < k; ++i) {
      for (Index j = 0; j < k; ++j) moments[static_cast<std::size_t>(i * k + j)] += values[i] * values[j];
    }
  }
  return moments;
}

Int4Matrix fitted(const std::vector<float>& weights, const std::vector<float>& moments,
                  const std::vector<float>& losses, const Sizes& s, int threads = 1) {
  ThreadPool pool(threads);
  return pack_int4({weights.data(), {s.n, s.k}}, {moments.data(), {s.k, s.k}}, {losses.data(), {s.n, s.k}}, pool);
}

Int4Matrix fitted(const std::vector<float>& weights, const std::vector<float>& moments, const Sizes& s) {
  return fitted(weights, moments, std::vector<float>(weights.size()), s);
}

Int4Matrix nearest(const std::vector<float>& weights, const Sizes& s) {
  return pack_int4({weights.data(), {s.n, s.k}});
}

// |X (W - W')^T + L|^2; L [rows, n] is zero if empty.
double error_of_products(const std::vector<float>& weights, const Int4Matrix& matrix, const std::vector<float>& x,
                         const Sizes& s, const std::vector<float>& lost = {}) {
  const Tensor stored = unpack_matrix(packed_view(matrix, s.n, s.k));
  double total = 0.0;
  for (Index row = 0; row < static_cast<Index>(x.size()) / s.k; ++row) {
    for (Index channel = 0; channel < s.n; ++channel) {
      double error = lost.empty() ? 0.0 : lost[static_cast<std::size_t>(row * s.n + channel)];
      for (Index kk = 0; kk < s.k; ++kk) {
        const auto at = static_cast<std::size_t>(channel * s.k + kk);
        error += (weights[at] - stored.data<float>()[at]) * x[static_cast<std::size_t>(row * s.k + kk)];
      }
      total += error * error;
    }
  }
  return total;
}

bool same_bytes(const Tensor& a, const Tensor& b) {
  return a.size_bytes() == b.size_bytes() && std::memcmp(a.raw(), b.raw(), a.size_bytes()) == 0;
}

bool same_matrix(const Int4Matrix& a, const Int4Matrix& b) {
  return same_bytes(a.nibbles, b.nibbles) && same_bytes(a.scales, b.scales);
}

constexpr Sizes kSizes[] = {{1, 1}, {3, 2}, {17, 40}, {16, 130}, {33, 192}, {20, 300}};

}  // namespace

TEST_CASE("a matrix is the product of its upper factor and its transpose, for any threads") {
  for (const Index n : {Index{1}, Index{2}, Index{63}, Index{64}, Index{65}, Index{200}}) {
    CAPTURE(n);
    const std::vector<float> moments = second_moments(correlated_inputs(3 * n, n, 5), 3 * n, n);
    std::vector<double> factor(moments.begin(), moments.end());
    for (Index i = 0; i < n; ++i) {
      for (Index j = 0; j < i; ++j) factor[static_cast<std::size_t>(i * n + j)] = -77.0;  // not to be read
    }
    std::vector<double> other = factor;
    ThreadPool one(1);
    ThreadPool three(3);
    REQUIRE(factor_upper(factor.data(), n, one));
    REQUIRE(factor_upper(other.data(), n, three));
    CHECK(factor == other);
    double worst = 0.0;
    for (Index i = 0; i < n; ++i) {
      for (Index j = 0; j < i; ++j) CHECK(factor[static_cast<std::size_t>(i * n + j)] == -77.0);
      for (Index j = i; j < n; ++j) {
        double sum = 0.0;
        for (Index m = j; m < n; ++m) {
          sum += factor[static_cast<std::size_t>(i * n + m)] * factor[static_cast<std::size_t>(j * n + m)];
        }
        const double expected = moments[static_cast<std::size_t>(i * n + j)];
        worst = worse(worst, std::fabs(sum - expected) / moments[static_cast<std::size_t>(i * n + i)]);
      }
    }
    CHECK(worst < 1e-12);
  }
}

TEST_CASE("what is not positive definite has no factor") {
  ThreadPool pool(1);
  std::vector<double> negative{1.0, 2.0, 2.0, 1.0};
  CHECK_FALSE(factor_upper(negative.data(), 2, pool));
  std::vector<double> zero{0.0};
  CHECK_FALSE(factor_upper(zero.data(), 1, pool));
  std::vector<double> nan{1.0, 0.0, 0.0, std::numeric_limits<double>::quiet_NaN()};
  CHECK_FALSE(factor_upper(nan.data(), 2, pool));
}

TEST_CASE("fitting to the inputs leaves a fraction of the products' error, for other inputs of their kind too") {
  for (const Sizes& s : kSizes) {
    CAPTURE(s.k);
    const Index rows = 4 * s.k + 20;
    const std::vector<float> weights = random_floats(s.n * s.k, 11);
    const std::vector<float> all = correlated_inputs(2 * rows, s.k, 12);
    const std::vector<float> x(all.begin(), all.begin() + rows * s.k);
    const std::vector<float> others(all.begin() + rows * s.k, all.end());
    const Int4Matrix matrix = fitted(weights, second_moments(x, rows, s.k), s);
    const Int4Matrix plain = nearest(weights, s);
    const double share = s.k < 3 ? 1.0 : 0.6;
    CHECK(error_of_products(weights, matrix, x, s) <= share * error_of_products(weights, plain, x, s));
    CHECK(error_of_products(weights, matrix, others, s) <= share * error_of_products(weights, plain, others, s));
    for (Index i = 0; i < matrix.scales.count(); ++i) CHECK(is_int4_scale(matrix.scales.data<float>()[i]));
  }
}

TEST_CASE("the products make up for what was lost before, as far as their inputs tell it") {
  for (const Sizes& s : kSizes) {
    CAPTURE(s.k);
    const Index rows = 4 * s.k + 20;
    const std::vector<float> weights = random_floats(s.n * s.k, 41);
    const std::vector<float> x = correlated_inputs(rows, s.k, 42);
    std::vector<float> lost = random_floats(rows * s.n, 43, 0.05f);  // what the inputs do not tell
    const std::vector<float> told = random_floats(s.n * s.k, 44, 0.2f);
    std::vector<float> losses(weights.size());
    for (Index row = 0; row < rows; ++row) {
      for (Index channel = 0; channel < s.n; ++channel) {
        float& value = lost[static_cast<std::size_t>(row * s.n + channel)];
        const auto w = static_cast<std::size_t>(channel * s.k);
        const auto i = static_cast<std::size_t>(row * s.k);
        for (std::size_t kk = 0; kk < static_cast<std::size_t>(s.k); ++kk) value += told[w + kk] * x[i + kk];
        for (std::size_t kk = 0; kk < static_cast<std::size_t>(s.k); ++kk) losses[w + kk] += value * x[i + kk];
      }
    }
    const std::vector<float> moments = second_moments(x, rows, s.k);
    const double without = error_of_products(weights, fitted(weights, moments, s), x, s, lost);
    const double with = error_of_products(weights, fitted(weights, moments, losses, s), x, s, lost);
    CHECK(with < (s.k < 3 ? 0.8 : 0.4) * without);
  }
}

TEST_CASE("inputs that have nothing to do with each other, or none: each weight to its nearest") {
  for (const Sizes& s : kSizes) {
    CAPTURE(s.k);
    const std::vector<float> weights = random_floats(s.n * s.k, 21);
    std::vector<float> moments(static_cast<std::size_t>(s.k * s.k));
    CHECK(same_matrix(fitted(weights, moments, s), nearest(weights, s)));
    for (Index i = 0; i < s.k; ++i) moments[static_cast<std::size_t>(i * s.k + i)] = 4.0f;
    CHECK(same_matrix(fitted(weights, moments, s), nearest(weights, s)));
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
      moments[0] = bad;
      CHECK(same_matrix(fitted(weights, moments, s), nearest(weights, s)));
      moments[0] = 4.0f;
      std::vector<float> losses(weights.size());
      losses.back() = bad;
      CHECK(same_matrix(fitted(weights, moments, losses, s), nearest(weights, s)));
    }
  }
}

TEST_CASE("the bits depend on neither the threads nor the panel's other channels, even if those are not numbers") {
  const Sizes s{40, 150};
  const std::vector<float> moments = second_moments(correlated_inputs(500, s.k, 31), 500, s.k);
  const std::vector<float> losses = random_floats(s.n * s.k, 33, 10.0f);
  std::vector<float> weights = random_floats(s.n * s.k, 32);
  const Int4Matrix expected = fitted(weights, moments, losses, s);
  CHECK(same_matrix(fitted(weights, moments, losses, s, 3), expected));
  weights[static_cast<std::size_t>(17 * s.k + 3)] = std::numeric_limits<float>::quiet_NaN();
  weights[static_cast<std::size_t>(18 * s.k + 140)] = std::numeric_limits<float>::infinity();
  const Int4Matrix spoilt = fitted(weights, moments, losses, s);
  const Tensor before = unpack_matrix(packed_view(expected, s.n, s.k));
  const Tensor after = unpack_matrix(packed_view(spoilt, s.n, s.k));
  for (Index channel = 0; channel < s.n; ++channel) {
    CAPTURE(channel);
    const float* const row = after.data<float>() + channel * s.k;
    if (channel == 17 || channel == 18) {
      CHECK(std::isnan(row[0]));
      CHECK(std::isnan(row[s.k - 1]));
    } else {
      CHECK(first_difference(row, before.data<float>() + channel * s.k, s.k) == "");
    }
  }
}
