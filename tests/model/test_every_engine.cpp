// The reproducibility contract on whole models: one set of bits, whatever computes it.
#include <doctest/doctest.h>

#include "ops/kernels.h"
#include "tests/model/model_support.h"

using namespace vitpose::engine;
using namespace vitpose::engine::testing;

TEST_CASE("heatmaps have the same bits on every instruction set and thread count, and in the reference") {
  constexpr Index kCrops = 5;
  const std::vector<std::int64_t> kExperts{2, 0, 0, 1, 2};
  for (const Case& c : kCases) {
    const TemporaryFolder folder;
    vitpose::tools::write_random_model(folder / "model", small_model(c.simple_decoder, c.experts));
    const auto reference = load(folder / "model", "reference", "", 1);
    const std::vector<float> pixels = pixels_of(*reference, kCrops);
    const auto expected = forward_bits(*reference, pixels, kExperts);
    for (const KernelTable* table : available_kernel_tables()) {
      for (const int threads : {1, 2, 3}) {
        CAPTURE(table->name);
        CAPTURE(threads);
        const auto native = load(folder / "model", "native", table->name, threads);
        CHECK(native->backend_name() == std::string("native/") + table->name);
        CHECK(forward_bits(*native, pixels, kExperts) == expected);
      }
    }
  }
}
