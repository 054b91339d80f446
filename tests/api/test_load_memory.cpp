#include <cstring>

#include "tests/api/api_support.h"

using namespace vitpose;
using namespace vitpose::test;

namespace {

// A converted model at any distance from a 64-byte boundary.
class ModelBytes {
 public:
  explicit ModelBytes(std::size_t shift = 0) {
    const TemporaryFolder folder;
    convert(plain_model(), folder / "packed");
    const std::string file = engine::testing::read_file(folder / "packed");
    memory_.resize(file.size() + 128);
    const auto address = reinterpret_cast<std::uintptr_t>(memory_.data());
    start_ = memory_.data() + (64 - address % 64) % 64 + shift;
    size_ = file.size();
    std::memcpy(start_, file.data(), size_);
  }
  char* data() { return start_; }
  std::size_t size() const { return size_; }

 private:
  std::vector<char> memory_;
  char* start_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace

TEST_CASE("a converted model in memory gives the same bits as its file, on a boundary or not") {
  const TestPicture picture;
  const auto expected = PoseEstimator::load(plain_model()).estimate(picture.image(), test_boxes());
  for (const std::size_t shift : {0u, 1u, 32u}) {
    CAPTURE(shift);
    ModelBytes bytes(shift);
    const auto estimator = PoseEstimator::load_memory(bytes.data(), bytes.size(), {.threads = 1});
    CHECK(same_bits(estimator.estimate(picture.image(), test_boxes()), expected));
    CHECK(estimator.info().threads == 1);
    CHECK(estimator.keypoint_set()->name == "coco17");
  }
}

TEST_CASE("the weights of a model on a boundary are used where they lie") {
  ModelBytes bytes;
  const auto estimator = PoseEstimator::load_memory(bytes.data(), bytes.size());
  const TestPicture picture;
  const auto before = estimator.estimate(picture.image(), test_boxes());
  std::memset(bytes.data() + bytes.size() / 2, 0, bytes.size() / 2);  // what the manual forbids
  CHECK_FALSE(same_bits(estimator.estimate(picture.image(), test_boxes()), before));
}

TEST_CASE("memory that holds no converted model is refused") {
  ModelBytes bytes;
  check_refused(ErrorCode::kFormat, {"model"}, [] { PoseEstimator::load_memory("", 0); });
  check_refused(ErrorCode::kFormat, {"model"}, [] { PoseEstimator::load_memory("not a model at all", 18); });
  for (const std::size_t kept : {bytes.size() - 1, bytes.size() / 2, std::size_t{100}, std::size_t{7}}) {
    CAPTURE(kept);
    check_refused(ErrorCode::kFormat, {"model"}, [&] { PoseEstimator::load_memory(bytes.data(), kept); });
  }
  const std::string checkpoint = engine::testing::read_file(plain_model() + "/model.safetensors");
  check_refused(ErrorCode::kFormat, {"model", "vitpose_format", "convert"},
                [&] { PoseEstimator::load_memory(checkpoint.data(), checkpoint.size()); });
  check_refused(ErrorCode::kInvalidArgument, {"threads"},
                [&] { PoseEstimator::load_memory(bytes.data(), bytes.size(), {.threads = -2}); });
}
