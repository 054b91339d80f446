// What only a C caller can do: NULL pointers, wrong counts, uninitialised structs.
#include <array>

#include "tests/api/api_support.h"

using namespace vitpose::test;

namespace {

void check_invalid(vitpose_status status, const char* part) {
  const std::string message = vitpose_last_error();
  INFO("message: ", message);
  CHECK(status == VITPOSE_INVALID_ARGUMENT);
  CHECK(message.find(part) != std::string::npos);
  CHECK(message.find('\n') == std::string::npos);
}

struct Loaded {
  vitpose_estimator* estimator = nullptr;
  Loaded() { REQUIRE(vitpose_load(plain_model().c_str(), nullptr, &estimator) == VITPOSE_OK); }
  ~Loaded() { vitpose_estimator_free(estimator); }
};

const vitpose_box kBox{10, 5, 30, 40};
const std::size_t kOne = 1;

}  // namespace

TEST_CASE("NULL is accepted by every free function and describes nothing") {
  vitpose_estimator_free(nullptr);
  vitpose_picture_free(nullptr);
  vitpose_poses_free(nullptr);
  vitpose_load_options_init(nullptr);
  vitpose_estimator_decode_options(nullptr, nullptr);
  CHECK(vitpose_estimator_info(nullptr).keypoints == 0);
  CHECK(vitpose_estimator_keypoint_name(nullptr, 0) == nullptr);
  CHECK(vitpose_estimator_note(nullptr, 0) == nullptr);
  CHECK(std::string(vitpose_estimator_backend(nullptr)).empty());
  CHECK(std::string(vitpose_estimator_storage(nullptr)).empty());
  CHECK(vitpose_picture_image(nullptr).data == nullptr);
  CHECK(vitpose_poses_count(nullptr) == 0);
  CHECK(vitpose_poses_get(nullptr, 0).keypoints == nullptr);
}

TEST_CASE("NULL where something is needed is refused by name") {
  const Loaded loaded;
  const TestPicture picture;
  const vitpose_image image{picture.rgb.data(), 80, 60, 0, VITPOSE_RGB8};
  vitpose_estimator* estimator = nullptr;
  vitpose_picture* read = nullptr;
  vitpose_poses* poses = nullptr;
  std::vector<float> pixels(3 * 256 * 192);
  std::vector<float> heatmaps(17 * 64 * 48);
  check_invalid(vitpose_load(nullptr, nullptr, &estimator), "path");
  check_invalid(vitpose_load("x", nullptr, nullptr), "estimator");
  check_invalid(vitpose_picture_read(nullptr, nullptr, &read), "path");
  check_invalid(vitpose_picture_read("x", nullptr, nullptr), "picture");
  check_invalid(vitpose_convert(nullptr, "x", nullptr), "source");
  check_invalid(vitpose_convert("x", nullptr, nullptr), "destination");
  check_invalid(vitpose_estimate(nullptr, &image, 1, &kBox, &kOne, nullptr, &poses), "estimator");
  check_invalid(vitpose_estimate(loaded.estimator, nullptr, 1, &kBox, &kOne, nullptr, &poses), "images");
  check_invalid(vitpose_estimate(loaded.estimator, &image, 1, nullptr, &kOne, nullptr, &poses), "boxes");
  check_invalid(vitpose_estimate(loaded.estimator, &image, 1, &kBox, nullptr, nullptr, &poses), "box_counts");
  check_invalid(vitpose_estimate(loaded.estimator, &image, 1, &kBox, &kOne, nullptr, nullptr), "poses");
  check_invalid(vitpose_preprocess(nullptr, &image, 1, &kBox, &kOne, nullptr, pixels.size()), "pixel_values");
  const auto forward = [&](const float* values, const vitpose_forward_options* options) {
    return vitpose_forward(loaded.estimator, 1, values, pixels.size(), options, heatmaps.data(), heatmaps.size());
  };
  check_invalid(forward(nullptr, nullptr), "pixel_values");
  vitpose_forward_options lacking;
  vitpose_forward_options_init(&lacking);
  lacking.expert_count = 2;
  check_invalid(forward(pixels.data(), &lacking), "experts");
  vitpose_forward_options_init(&lacking);
  lacking.flip_pair_count = 1;
  check_invalid(forward(pixels.data(), &lacking), "flip_pairs");
  const std::int32_t pair[]{3, 17};
  lacking.flip_pairs = pair;
  check_invalid(forward(pixels.data(), &lacking), "expected keypoints from 0 to 16, found 17");
  check_invalid(vitpose_decode(nullptr, nullptr, 1, 17, 64, 48, &kBox, 1, &poses), "heatmaps");
  check_invalid(vitpose_decode(nullptr, heatmaps.data(), 1, 17, 64, 48, nullptr, 1, &poses), "boxes");
}

TEST_CASE("buffers of the wrong size are refused before anything is written") {
  const Loaded loaded;
  const TestPicture picture;
  const vitpose_image image{picture.rgb.data(), 80, 60, 0, VITPOSE_RGB8};
  std::vector<float> pixels(3 * 256 * 192, 5.0f);
  std::vector<float> heatmaps(17 * 64 * 48);
  std::vector<float> states(3 * 192 * 32);
  check_invalid(vitpose_preprocess(nullptr, &image, 1, &kBox, &kOne, pixels.data(), pixels.size() - 1),
                "[1,3,256,192]");
  CHECK(pixels[0] == 5.0f);
  const auto forward = [&](std::size_t n, std::size_t pixel_count, std::size_t heatmap_count, std::size_t state_count) {
    vitpose_forward_options options;
    vitpose_forward_options_init(&options);
    options.hidden_states = states.data();
    options.hidden_state_count = state_count;
    return vitpose_forward(loaded.estimator, n, pixels.data(), pixel_count, &options, heatmaps.data(), heatmap_count);
  };
  check_invalid(forward(1, pixels.size() * 2, heatmaps.size(), states.size()), "pixel_values: expected [1,3,256,192]");
  check_invalid(forward(1, pixels.size(), heatmaps.size() + 1, states.size()), "heatmaps: expected [1,17,64,48]");
  check_invalid(forward(1, pixels.size(), heatmaps.size(), 0), "hidden_states: expected [3,1,192,32]");
  check_invalid(forward(SIZE_MAX, pixels.size(), heatmaps.size(), 0), "n: expected");
  check_invalid(forward(std::size_t{1} << 30, pixels.size(), heatmaps.size(), 0), "pixel_values");
  CHECK(forward(1, pixels.size(), heatmaps.size(), states.size()) == VITPOSE_OK);
}

TEST_CASE("options that were not initialised are refused") {
  vitpose_estimator* estimator = nullptr;
  vitpose_load_options load{};
  check_invalid(vitpose_load(plain_model().c_str(), &load, &estimator), "struct_size");
  CHECK(estimator == nullptr);
  vitpose_poses* poses = nullptr;
  vitpose_decode_options decode;
  vitpose_decode_options_init(&decode);
  decode.struct_size += 8;
  check_invalid(vitpose_decode(&decode, nullptr, 0, 17, 64, 48, nullptr, 0, &poses), "struct_size");
  vitpose_load_options_init(&load);
  load.numerics = 7;
  check_invalid(vitpose_load(plain_model().c_str(), &load, &estimator), "numerics");
  vitpose_load_options_init(&load);
  load.parallel = 3;
  check_invalid(vitpose_load(plain_model().c_str(), &load, &estimator), "parallel");
  vitpose_convert_options convert;
  vitpose_convert_options_init(&convert);
  convert.storage = 9;
  check_invalid(vitpose_convert(plain_model().c_str(), "x", &convert), "storage");
  convert.storage = VITPOSE_STORE_INT4;
  convert.calibration_value_count = 3;
  check_invalid(vitpose_convert(plain_model().c_str(), "x", &convert), "calibration_pixel_values");
  const float values[3] = {};
  convert.calibration_pixel_values = values;
  check_invalid(vitpose_convert(plain_model().c_str(), "x", &convert), "3 values");
  convert.calibration_expert_count = 1;
  check_invalid(vitpose_convert(plain_model().c_str(), "x", &convert), "calibration_experts");
}

TEST_CASE("a failed call leaves its result NULL, an index out of range gives nothing") {
  const Loaded loaded;
  auto* estimator = reinterpret_cast<vitpose_estimator*>(std::uintptr_t{1});
  CHECK(vitpose_load("/nowhere", nullptr, &estimator) == VITPOSE_IO);
  CHECK(estimator == nullptr);
  CHECK(vitpose_estimator_keypoint_name(loaded.estimator, 16) != nullptr);
  CHECK(vitpose_estimator_keypoint_name(loaded.estimator, 17) == nullptr);
  CHECK(vitpose_estimator_keypoint_name(loaded.estimator, -1) == nullptr);
  const TestPicture picture;
  const vitpose_image image{picture.rgb.data(), 80, 60, 0, VITPOSE_RGB8};
  vitpose_poses* poses = nullptr;
  REQUIRE(vitpose_estimate(loaded.estimator, &image, 1, &kBox, &kOne, nullptr, &poses) == VITPOSE_OK);
  CHECK(vitpose_poses_count(poses) == 1);
  CHECK(vitpose_poses_get(poses, 0).keypoint_count == 17);
  CHECK(vitpose_poses_get(poses, 1).keypoint_count == 0);
  vitpose_poses_free(poses);
}

TEST_CASE("box counts that add up beyond memory are refused") {
  const Loaded loaded;
  const TestPicture picture;
  const vitpose_image image{picture.rgb.data(), 80, 60, 0, VITPOSE_RGB8};
  const std::array<vitpose_image, 2> images{image, image};
  const std::array<std::size_t, 2> counts{SIZE_MAX, 2};
  vitpose_poses* poses = nullptr;
  CHECK(vitpose_estimate(loaded.estimator, images.data(), 2, &kBox, counts.data(), nullptr, &poses) ==
        VITPOSE_OUT_OF_MEMORY);
  CHECK(std::string(vitpose_last_error()) == "out of memory");
}

TEST_CASE("messages stay one line whatever a path contains") {
  vitpose_estimator* estimator = nullptr;
  CHECK(vitpose_load("/nowhere/a\nb\tc", nullptr, &estimator) == VITPOSE_IO);
  CHECK(std::string(vitpose_last_error()).find_first_of("\n\t") == std::string::npos);
}
