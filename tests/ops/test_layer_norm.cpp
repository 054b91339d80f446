#include <algorithm>
#include <cmath>
#include <doctest/doctest.h>

#include "ops/kernels.h"
#include "ops/reference/reference_backend.h"
#include "tests/ops/test_support.h"

using namespace vitpose::engine;
using namespace vitpose::engine::test;

namespace {

struct Case {
  Index rows;
  Index columns;
  unsigned special_every;  // 0: none
};

void check_case(const KernelTable& table, const Case& c, Index misalignment) {
  CAPTURE(std::string(table.name));
  CAPTURE(c.rows);
  CAPTURE(c.columns);
  const Index stride = c.columns + 3;
  const std::vector<float> values = c.special_every == 0 ? random_floats(c.rows * stride, 3)
                                                         : floats_with_specials(c.rows * stride, 3, c.special_every);
  const std::vector<float> weight = random_floats(c.columns, 4);
  const std::vector<float> bias = random_floats(c.columns, 5);
  const LayerNormWeights weights{weight.data(), bias.data(), 1e-12f};
  GuardedBuffer x(c.rows * stride, misalignment);
  std::copy(values.begin(), values.end(), x.data());
  GuardedBuffer out(c.rows * c.columns, misalignment);
  std::vector<float> expected(static_cast<std::size_t>(c.rows * c.columns));
  for (Index r = 0; r < c.rows; ++r) {
    reference_layer_norm_row(x.data() + r * stride, c.columns, weights, expected.data() + r * c.columns);
  }
  table.layer_norm({x.data(), c.rows, c.columns, stride}, weights, {out.data(), c.rows, c.columns});
  CHECK(first_difference(out.data(), expected.data(), c.rows * c.columns) == "");
  CHECK(out.intact());

  table.layer_norm({x.data(), c.rows, c.columns, stride}, weights, {x.data(), c.rows, c.columns, stride});  // in place
  for (Index r = 0; r < c.rows; ++r) {
    CHECK(first_difference(x.data() + r * stride, expected.data() + r * c.columns, c.columns) == "");
  }
  CHECK(x.intact());
}

}  // namespace

TEST_CASE("layer_norm of every kernel table equals the reference bit for bit") {
  for (const KernelTable* table : available_kernel_tables()) {
    for (const Index columns :
         {Index{1}, Index{15}, Index{16}, Index{17}, Index{35}, Index{384}, Index{768}, Index{1280}}) {
      for (const Index rows : {1, 4, 5, 11}) {
        for (const unsigned special_every : {0u, 300u, 7u})
          check_case(*table, {rows, columns, special_every}, rows % 2);
      }
    }
  }
}

TEST_CASE("layer_norm keeps a NaN in its own row") {
  for (const KernelTable* table : available_kernel_tables()) {
    CAPTURE(std::string(table->name));
    const Index columns = 40;
    std::vector<float> x = random_floats(5 * columns, 8);
    const std::vector<float> ones(static_cast<std::size_t>(columns), 1.0f);
    std::vector<float> out(x.size());
    x[static_cast<std::size_t>(2 * columns + 37)] = std::numeric_limits<float>::quiet_NaN();
    table->layer_norm({x.data(), 5, columns}, {ones.data(), ones.data(), 1e-12f}, {out.data(), 5, columns});
    for (std::size_t i = 0; i < out.size(); ++i) CHECK(std::isnan(out[i]) == (i / 40 == 2));
  }
}

TEST_CASE("layer_norm is within 1e-6 of binary64 on normal data") {
  const Index columns = 768;
  const std::vector<float> x = random_floats(columns, 21, 3.0f);
  const std::vector<float> weight = random_floats(columns, 22);
  const std::vector<float> bias = random_floats(columns, 23);
  double mean = 0.0;
  for (const float value : x) mean += static_cast<double>(value) / columns;
  double variance = 0.0;
  for (const float value : x)
    variance += (static_cast<double>(value) - mean) * (static_cast<double>(value) - mean) / columns;
  for (const KernelTable* table : available_kernel_tables()) {
    CAPTURE(std::string(table->name));
    std::vector<float> out(x.size());
    table->layer_norm({x.data(), 1, columns}, {weight.data(), bias.data(), 1e-12f}, {out.data(), 1, columns});
    double worst = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double exact =
          (static_cast<double>(x[i]) - mean) / std::sqrt(variance + 1e-12) * static_cast<double>(weight[i]) +
          static_cast<double>(bias[i]);
      worst = worse(worst, std::fabs(static_cast<double>(out[i]) - exact));
    }
    CHECK(worst <= 1e-6);
  }
}
