#include <doctest/doctest.h>

#include "tests/support/errors.h"
#include "tools/random_model/random_model.h"

using namespace vitpose::engine::testing;
using vitpose::engine::ErrorCode;
using vitpose::tools::random_weights;
using vitpose::tools::RandomModelOptions;

TEST_CASE("a random model of an impossible shape is refused before any weight is made") {
  const auto refused = [](auto change) {
    RandomModelOptions options;
    options.layers = 1;
    change(options);
    return raised_by([&] { random_weights(options); });
  };
  check_error(refused([](auto& options) {
                options.experts = 2;
                options.part_features = 192;
              }),
              ErrorCode::kInvalidArgument, {"part features", "hidden size 192", "found 192"});
  check_error(refused([](auto& options) { options.heads = 7; }), ErrorCode::kInvalidArgument, {"heads", "found 7"});
  check_error(refused([](auto& options) { options.image_width = 200; }), ErrorCode::kInvalidArgument,
              {"image size", "multiples of 16", "256 x 200"});
  CHECK_FALSE(refused([](auto& options) { options.part_features = 500; }).any);  // meaningless for one expert
}
