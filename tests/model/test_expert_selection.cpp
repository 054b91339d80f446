#include <array>
#include <cstdint>
#include <doctest/doctest.h>
#include <string>

#include "model/expert_selection.h"
#include "tests/support/errors.h"

using namespace vitpose::engine;
using namespace vitpose::engine::testing;

namespace {

ModelConfig with_experts(Index experts) {
  ModelConfig config;
  config.experts = experts;
  return config;
}

Raised error_of(const ModelConfig& config, std::span<const std::int64_t> experts, Index crops) {
  const Raised raised = raised_by([&] { const ExpertSelection selection(config, experts, crops, false); });
  CHECK(raised.code == ErrorCode::kInvalidArgument);
  return raised;
}

}  // namespace

TEST_CASE("neighbouring crops with the same expert form a run, wherever the batch begins") {
  const std::array<std::int64_t, 6> experts{2, 2, 0, 1, 1, 1};
  const ExpertSelection selection(with_experts(3), experts, 6, false);
  Workspace workspace;
  const auto all = selection.runs(0, 6, workspace);
  REQUIRE(all.size() == 3);
  CHECK(all[0].expert == 2);
  CHECK(all[0].crops == 2);
  CHECK(all[1].expert == 0);
  CHECK(all[1].crops == 1);
  CHECK(all[2].expert == 1);
  CHECK(all[2].crops == 3);
  const auto part = selection.runs(1, 3, workspace);
  REQUIRE(part.size() == 3);
  CHECK(part[0].expert == 2);
  CHECK(part[0].crops == 1);
}

TEST_CASE("one value serves all crops, and a plain model ignores what it is given") {
  const std::array<std::int64_t, 1> one{1};
  Workspace workspace;
  const auto runs = ExpertSelection(with_experts(2), one, 5, false).runs(0, 5, workspace);
  REQUIRE(runs.size() == 1);
  CHECK(runs[0].expert == 1);
  CHECK(runs[0].crops == 5);
  const std::array<std::int64_t, 2> absurd{77, -3};
  CHECK(ExpertSelection(with_experts(1), absurd, 5, false).expert_of(3) == 0);
}

TEST_CASE("missing, miscounted and out-of-range experts are refused by name") {
  const std::array<std::int64_t, 3> experts{0, 1, 6};
  CHECK(error_of(with_experts(6), {}, 2).has("found none"));
  CHECK(error_of(with_experts(6), std::span(experts).first(2), 3).has("expected 1 or 3"));
  CHECK(error_of(with_experts(6), experts, 3).has("expected 0 to 5, found 6"));
  const std::array<std::int64_t, 1> negative{-1};
  CHECK(error_of(with_experts(6), negative, 3).has("found -1"));
}

TEST_CASE("hf_exact keeps an index out of range as no expert") {
  const std::array<std::int64_t, 3> experts{0, 6, -1};
  const ExpertSelection selection(with_experts(6), experts, 3, true);
  CHECK(selection.expert_of(0) == 0);
  CHECK(selection.expert_of(1) == kNoExpert);
  CHECK(selection.expert_of(2) == kNoExpert);
}
