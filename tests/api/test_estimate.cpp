#include <limits>

#include "ops/kernels.h"
#include "tests/api/api_support.h"

using namespace vitpose;
using namespace vitpose::test;

TEST_CASE("estimate equals its three stages bit for bit") {
  const auto estimator = PoseEstimator::load(plain_model());
  const TestPicture picture;
  const Tensor pixel_values = estimator.preprocess(picture.image(), test_boxes());
  CHECK(pixel_values.shape == std::vector<std::int64_t>{5, 3, 256, 192});
  const Tensor heatmaps = estimator.forward(pixel_values);
  CHECK(heatmaps.shape == std::vector<std::int64_t>{5, 17, 64, 48});
  const auto staged = estimator.decode(heatmaps, test_boxes());
  const auto poses = estimator.estimate(picture.image(), test_boxes());
  REQUIRE(poses.size() == 5);
  CHECK(same_bits(poses, staged));
  for (const Pose& pose : poses) {
    CHECK(pose.keypoints.size() == 17);
    CHECK(pose.scores.size() == 17);
    CHECK(pose.labels.back() == 16);
  }
}

TEST_CASE("neither the batch nor the position in it nor the number of threads changes a bit") {
  const TestPicture picture;
  const auto serial = PoseEstimator::load(plain_model(), {.threads = 1});
  const auto parallel = PoseEstimator::load(plain_model(), {.threads = 2});
  const auto expected = serial.estimate(picture.image(), test_boxes());
  for (int batch = 1; batch <= 6; ++batch) {
    CAPTURE(batch);
    CHECK(same_bits(serial.estimate(picture.image(), test_boxes(), {.batch = batch}), expected));
    CHECK(same_bits(parallel.estimate(picture.image(), test_boxes(), {.batch = batch}), expected));
  }
  for (std::size_t i = 0; i < test_boxes().size(); ++i) {
    const auto alone = parallel.estimate(picture.image(), {test_boxes()[i]});
    REQUIRE(alone.size() == 1);
    CHECK(same_bits(alone[0], expected[i]));
  }
}

TEST_CASE("every instruction set and the reference backend give the same bits") {
  const TestPicture picture;
  for (const std::string& model : {plain_model(), classic_model()}) {
    const auto reference = PoseEstimator::load(model, {.backend = "reference"});
    const Tensor pixel_values = reference.preprocess(picture.image(), test_boxes());
    const Tensor expected = reference.forward(pixel_values);
    for (const engine::KernelTable* table : engine::available_kernel_tables()) {
      INFO(model, " ", table->name);
      const auto estimator = PoseEstimator::load(model, {.isa = table->name});
      CHECK(estimator.backend() == std::string("native/") + table->name);
      CHECK(same_bits(estimator.forward(pixel_values), expected));
    }
  }
}

TEST_CASE("several pictures with none, one and many boxes are estimated in one call") {
  const auto estimator = PoseEstimator::load(plain_model());
  const TestPicture first(1);
  const TestPicture second(2);
  const auto& boxes = test_boxes();
  const std::vector<ImageBoxes> images{{first.image(), {}},
                                       {first.image(), {boxes[0]}},
                                       {second.image(), {}},
                                       {second.image(), {boxes[1], boxes[2], boxes[3]}}};
  const auto poses = estimator.estimate(images);
  REQUIRE(poses.size() == 4);
  const std::size_t owners[]{1, 3, 3, 3};
  for (std::size_t i = 0; i < 4; ++i) CHECK(poses[i].image == owners[i]);
  CHECK(same_bits(poses[0], estimator.estimate(first.image(), {boxes[0]})[0]));
  CHECK(same_bits(poses[2], estimator.estimate(second.image(), {boxes[2]})[0]));
  CHECK_FALSE(same_bits(poses[2], estimator.estimate(first.image(), {boxes[2]})[0]));
  CHECK(same_bits(estimator.preprocess(images), [&] {
    Tensor all = estimator.preprocess(first.image(), {boxes[0]});
    const Tensor rest = estimator.preprocess(second.image(), {boxes[1], boxes[2], boxes[3]});
    all.values.insert(all.values.end(), rest.values.begin(), rest.values.end());
    all.shape[0] = 4;
    return all;
  }()));
}

TEST_CASE("no boxes and no pictures give empty results") {
  const auto estimator = PoseEstimator::load(plain_model());
  const TestPicture picture;
  CHECK(estimator.estimate(picture.image(), {}).empty());
  CHECK(estimator.estimate(std::vector<ImageBoxes>{}).empty());
  const Tensor nothing = estimator.preprocess(picture.image(), {});
  CHECK(nothing.shape == std::vector<std::int64_t>{0, 3, 256, 192});
  const Tensor no_heatmaps = estimator.forward(nothing);
  CHECK(no_heatmaps.shape == std::vector<std::int64_t>{0, 17, 64, 48});
  CHECK(estimator.decode(no_heatmaps, {}).empty());
}

TEST_CASE("boxes without a finite crop are refused; one zero or a negative extent is defined") {
  const auto estimator = PoseEstimator::load(plain_model());
  const TestPicture picture;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double inf = std::numeric_limits<double>::infinity();
  for (const Box& box : {Box{nan, 0, 10, 10}, Box{0, 0, inf, 10}, Box{0, 0, 0, 0}, Box{0, 0, 10, nan},
                         Box{1e39, 0, 10, 10}, Box{0, 0, -5, 0}}) {
    check_refused(ErrorCode::kInvalidArgument, {"box"}, [&] { estimator.estimate(picture.image(), {box}); });
    check_refused(ErrorCode::kInvalidArgument, {"box"}, [&] { preprocess(picture.image(), {box}); });
  }
  CHECK(estimator.estimate(picture.image(), {{10, 10, 0, 20}, {10, 10, 20, 0}, {40, 40, -20, -20}}).size() == 3);
  CHECK(estimator.estimate(picture.image(), {{1000, 1000, 20, 20}}).size() == 1);  // outside: a black crop
}

TEST_CASE("a threshold keeps the scores above it, and labels say which") {
  const auto estimator = PoseEstimator::load(plain_model());
  const TestPicture picture;
  const Pose all = estimator.estimate(picture.image(), {test_boxes()[0]})[0];
  const float cut = all.scores[7];
  const Pose some = estimator.estimate(picture.image(), {test_boxes()[0]}, {.threshold = cut})[0];
  std::vector<std::int64_t> expected;
  for (std::size_t k = 0; k < 17; ++k) {
    if (all.scores[k] > cut) expected.push_back(static_cast<std::int64_t>(k));
  }
  CHECK(some.labels == expected);
  REQUIRE(some.keypoints.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(some.scores[i] == all.scores[static_cast<std::size_t>(expected[i])]);
    CHECK(some.keypoints[i].x == all.keypoints[static_cast<std::size_t>(expected[i])].x);
  }
  CHECK(some.bbox == all.bbox);
  CHECK(estimator.estimate(picture.image(), {test_boxes()[0]}, {.threshold = 1e9})[0].keypoints.empty());
}

TEST_CASE("the flip test is the mean of the plain and the mirrored pass") {
  const auto estimator = PoseEstimator::load(plain_model());
  const TestPicture picture;
  const Box box{10, 5, 30, 40};
  const Tensor pixels = estimator.preprocess(picture.image(), {box});
  Tensor mirrored_pixels = pixels;
  const auto mirror_rows = [](Tensor& tensor) {
    const std::ptrdiff_t width = tensor.shape[3];
    for (auto row = tensor.values.begin(); row != tensor.values.end(); row += width) std::reverse(row, row + width);
  };
  mirror_rows(mirrored_pixels);
  Tensor heatmaps = estimator.forward(pixels);
  Tensor mirrored = estimator.forward(mirrored_pixels);
  mirror_rows(mirrored);
  const std::size_t map = 64 * 48;
  for (std::size_t k = 0; k < 17; ++k) {
    const std::size_t partner = k == 0 ? 0 : k % 2 == 1 ? k + 1 : k - 1;  // COCO: nose, then left and right in turn
    for (std::size_t i = 0; i < map; ++i) {
      heatmaps.values[k * map + i] = (heatmaps.values[k * map + i] + mirrored.values[partner * map + i]) * 0.5f;
    }
  }
  const auto expected = estimator.decode(heatmaps, {box});
  CHECK(same_bits(estimator.estimate(picture.image(), {box}, {.flip_test = true}), expected));
  CHECK(same_bits(estimator.estimate(picture.image(), {box}, {.flip_test = true, .keypoint_set = "coco17"}), expected));
  CHECK_FALSE(same_bits(estimator.estimate(picture.image(), {box}), expected));
  check_refused(ErrorCode::kInvalidArgument, {"nosuchset"},
                [&] { estimator.estimate(picture.image(), {box}, {.flip_test = true, .keypoint_set = "nosuchset"}); });
}

TEST_CASE("batches and kernel sizes below one are refused") {
  const auto estimator = PoseEstimator::load(plain_model());
  const TestPicture picture;
  check_refused(ErrorCode::kInvalidArgument, {"batch"},
                [&] { estimator.estimate(picture.image(), test_boxes(), {.batch = 0}); });
  check_refused(ErrorCode::kInvalidArgument, {"kernel"},
                [&] { estimator.estimate(picture.image(), test_boxes(), {.kernel_size = 0}); });
}
