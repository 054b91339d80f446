#include <atomic>
#include <thread>

#include "tests/api/api_support.h"
#include "tests/support/float_mode.h"

using namespace vitpose;
using namespace vitpose::test;
using namespace vitpose::engine::testing;

TEST_CASE("four threads use one estimator at once, with different inputs, and get what each would get alone") {
  const auto estimator = PoseEstimator::load(expert_model(), {.threads = 2});
  struct Task {
    TestPicture picture;
    std::vector<Box> boxes;
    EstimateOptions options;
    std::vector<Pose> expected;
  };
  std::vector<Task> tasks;
  for (unsigned t = 0; t < 4; ++t) {
    std::vector<Box> boxes(test_boxes().begin(), test_boxes().begin() + 1 + t);
    Task task{TestPicture(t), std::move(boxes), {.experts = {t % 3}, .flip_test = t == 2}, {}};
    task.expected = estimator.estimate(task.picture.image(), task.boxes, task.options);
    tasks.push_back(std::move(task));
  }
  std::atomic<int> different{0};
  std::vector<std::thread> threads;
  for (const Task& task : tasks) {
    threads.emplace_back([&] {
      for (int round = 0; round < 3; ++round) {
        if (!same_bits(estimator.estimate(task.picture.image(), task.boxes, task.options), task.expected)) ++different;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(different == 0);
}

TEST_CASE("the error text belongs to the thread whose call failed") {
  const auto fail_with = [](const char* path) {
    vitpose_estimator* estimator = nullptr;
    CHECK(vitpose_load(path, nullptr, &estimator) == VITPOSE_IO);
  };
  fail_with("/nowhere/mine");
  std::string before;
  std::string after;
  std::thread other([&] {
    before = vitpose_last_error();
    fail_with("/nowhere/theirs");
    after = vitpose_last_error();
  });
  other.join();
  CHECK(before.empty());
  CHECK(after.find("/nowhere/theirs") != std::string::npos);
  CHECK(std::string(vitpose_last_error()).find("/nowhere/mine") != std::string::npos);
}

TEST_CASE("a caller who flushes denormals and rounds upwards gets the same bits, and keeps that mode") {
  const TestPicture picture;
  const auto expected_model = PoseEstimator::load(plain_model(), {.threads = 2});
  const Tensor expected_pixels = expected_model.preprocess(picture.image(), test_boxes());
  const Tensor expected_heatmaps = expected_model.forward(expected_pixels);
  const auto expected = expected_model.estimate(picture.image(), test_boxes());
  const auto expected_decoded = decode(expected_heatmaps, test_boxes());

  const std::uint64_t before = float_mode();
  const std::uint64_t hostile = before | kFlushDenormals | kRoundUp;
  set_float_mode(hostile);
  const auto estimator = PoseEstimator::load(plain_model(), {.threads = 2});
  const Tensor pixel_values = estimator.preprocess(picture.image(), test_boxes());
  const auto found = estimator.estimate(picture.image(), test_boxes());
  const auto found_decoded = decode(expected_heatmaps, test_boxes());
  const Tensor found_heatmaps = estimator.forward(pixel_values);
  const std::uint64_t after = float_mode();
  set_float_mode(before);

  CHECK(after == hostile);
  CHECK(same_bits(found, expected));
  CHECK(same_bits(found_decoded, expected_decoded));
  CHECK(same_bits(pixel_values, expected_pixels));
  CHECK(same_bits(found_heatmaps, expected_heatmaps));
}
