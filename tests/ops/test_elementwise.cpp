#include <doctest/doctest.h>

#include "ops/kernels.h"
#include "ops/reference/reference_backend.h"
#include "tests/ops/test_support.h"

using namespace vitpose::engine;
using namespace vitpose::engine::test;

TEST_CASE("gelu and relu of every kernel table equal the reference bit for bit, special values included") {
  for (const KernelTable* table : available_kernel_tables()) {
    CAPTURE(std::string(table->name));
    for (const Index count : {Index{1}, Index{15}, Index{16}, Index{17}, Index{35}, Index{3072}}) {
      for (const Index misalignment : {0, 1}) {
        CAPTURE(count);
        GuardedBuffer x(count, misalignment);
        GuardedBuffer out(count, misalignment);
        const std::vector<float> values = floats_with_specials(count, 7, 5);
        std::vector<float> gelu(values.size());
        std::vector<float> relu(values.size());
        for (std::size_t i = 0; i < values.size(); ++i) {
          x.data()[i] = 3.0f * values[i];
          gelu[i] = reference_gelu(x.data()[i]);
          relu[i] = x.data()[i] < 0.0f ? 0.0f : x.data()[i];
        }
        table->gelu(x.data(), out.data(), count);
        CHECK(first_difference(out.data(), gelu.data(), count) == "");
        CHECK(out.intact());
        table->relu(x.data(), out.data(), count);
        CHECK(first_difference(out.data(), relu.data(), count) == "");
        CHECK(out.intact());
        table->gelu(x.data(), x.data(), count);  // in place
        CHECK(first_difference(x.data(), gelu.data(), count) == "");
      }
    }
  }
}

TEST_CASE("add_row adds the row to every row of a strided matrix and touches nothing between the rows") {
  for (const KernelTable* table : available_kernel_tables()) {
    CAPTURE(std::string(table->name));
    for (const Index columns : awkward_sizes()) {
      CAPTURE(columns);
      const Index rows = 3;
      const Index stride = columns + 5;
      GuardedBuffer x(rows * stride, 1);
      const std::vector<float> values = floats_with_specials(rows * stride, 11, 9);
      const std::vector<float> row = floats_with_specials(columns, 12, 9);
      std::vector<float> expected = values;
      for (Index i = 0; i < rows * stride; ++i) {
        x.data()[i] = values[static_cast<std::size_t>(i)];
        if (i % stride < columns) expected[static_cast<std::size_t>(i)] += row[static_cast<std::size_t>(i % stride)];
      }
      table->add_row({x.data(), rows, columns, stride}, row.data());
      CHECK(first_difference(x.data(), expected.data(), rows * stride) == "");
      CHECK(x.intact());
    }
  }
}
