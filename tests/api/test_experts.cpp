#include "tests/api/api_support.h"

using namespace vitpose;
using namespace vitpose::test;

TEST_CASE("each box gets the expert named for it, mixed in one batch") {
  const auto estimator = PoseEstimator::load(expert_model());
  const TestPicture picture;
  const std::vector<std::int64_t> experts{2, 0, 1, 2, 0};
  const auto mixed = estimator.estimate(picture.image(), test_boxes(), {.experts = experts});
  REQUIRE(mixed.size() == 5);
  for (std::size_t i = 0; i < 5; ++i) {
    for (std::int64_t expert = 0; expert < 3; ++expert) {
      const auto alone = estimator.estimate(picture.image(), {test_boxes()[i]}, {.experts = {expert}});
      CHECK(same_bits(alone[0], mixed[i]) == (expert == experts[i]));
    }
  }
}

TEST_CASE("one expert serves all boxes") {
  const auto estimator = PoseEstimator::load(expert_model());
  const TestPicture picture;
  CHECK(same_bits(estimator.estimate(picture.image(), test_boxes(), {.experts = {1}}),
                  estimator.estimate(picture.image(), test_boxes(), {.experts = {1, 1, 1, 1, 1}})));
}

TEST_CASE("missing, unknown and miscounted experts are refused") {
  const auto estimator = PoseEstimator::load(expert_model());
  const TestPicture picture;
  const auto estimate = [&](std::vector<std::int64_t> experts) {
    return [&, experts] { estimator.estimate(picture.image(), test_boxes(), {.experts = experts}); };
  };
  check_refused(ErrorCode::kInvalidArgument, {"expert", "3"}, estimate({}));
  check_refused(ErrorCode::kInvalidArgument, {"expert", "3"}, estimate({3}));
  check_refused(ErrorCode::kInvalidArgument, {"expert", "-1"}, estimate({-1}));
  check_refused(ErrorCode::kInvalidArgument, {"expert", "5", "2"}, estimate({0, 1}));
  const Tensor pixel_values = estimator.preprocess(picture.image(), test_boxes());
  check_refused(ErrorCode::kInvalidArgument, {"expert"}, [&] { estimator.forward(pixel_values); });
  check_refused(ErrorCode::kInvalidArgument, {"expert"}, [&] { estimator.forward(pixel_values, {.experts = {0, 9}}); });
}

TEST_CASE("a plain model ignores an expert index") {
  const auto estimator = PoseEstimator::load(plain_model());
  const TestPicture picture;
  CHECK(same_bits(estimator.estimate(picture.image(), test_boxes(), {.experts = {4}}),
                  estimator.estimate(picture.image(), test_boxes())));
}

TEST_CASE("a converted file with one expert kept is a plain model with that expert's bits") {
  const TemporaryFolder folder;
  const auto all = PoseEstimator::load(expert_model());
  const TestPicture picture;
  for (int expert = 0; expert < 3; ++expert) {
    convert(expert_model(), folder / "alone", {.expert = expert});
    const auto alone = PoseEstimator::load(folder / "alone");
    CHECK(alone.info().experts == 1);
    CHECK(same_bits(alone.estimate(picture.image(), test_boxes()),
                    all.estimate(picture.image(), test_boxes(), {.experts = {expert}})));
  }
  check_refused(ErrorCode::kInvalidArgument, {"expert", "3"},
                [&] { convert(expert_model(), folder / "none", {.expert = 3}); });
  check_refused(ErrorCode::kInvalidArgument, {"expert"},
                [&] { convert(expert_model(), folder / "none", {.expert = -7}); });
}
