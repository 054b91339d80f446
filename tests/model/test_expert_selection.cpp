#include <array>
#include <doctest/doctest.h>
#include <string>

#include "core/error.h"
#include "model/expert_selection.h"

using namespace vitpose::engine;

namespace {

ModelConfig with_experts(Index experts) {
  ModelConfig config;
  config.experts = experts;
  return config;
}

std::string error_of(const ModelConfig& config, std::span<const std::int64_t> experts, Index crops) {
  try {
    const ExpertSelection selection(config, experts, crops, false);
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kInvalidArgument);
    return error.what();
  }
  return "no error";
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
  CHECK(error_of(with_experts(6), {}, 2).find("found none") != std::string::npos);
  CHECK(error_of(with_experts(6), std::span(experts).first(2), 3).find("expected 1 or 3") != std::string::npos);
  CHECK(error_of(with_experts(6), experts, 3).find("expected 0 to 5, found 6") != std::string::npos);
  const std::array<std::int64_t, 1> negative{-1};
  CHECK(error_of(with_experts(6), negative, 3).find("found -1") != std::string::npos);
}

TEST_CASE("hf_exact keeps an index out of range as no expert") {
  const std::array<std::int64_t, 3> experts{0, 6, -1};
  const ExpertSelection selection(with_experts(6), experts, 3, true);
  CHECK(selection.expert_of(0) == 0);
  CHECK(selection.expert_of(1) == kNoExpert);
  CHECK(selection.expert_of(2) == kNoExpert);
}
