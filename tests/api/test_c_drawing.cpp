// What only a C caller can do with pictures and drawing: NULL pointers, wrong counts, uninitialised structs.
#include "tests/api/api_support.h"

using namespace vitpose::test;

namespace {

void check_invalid(vitpose_status status, const char* part) {
  const std::string message = vitpose_last_error();
  INFO("message: ", message);
  CHECK(status == VITPOSE_INVALID_ARGUMENT);
  CHECK(message.find(part) != std::string::npos);
}

const float kPoint[]{10, 10};
const float kScore[]{0.9f};
const std::int64_t kLabel[]{0};
const vitpose_pose kPose{0, 1, kPoint, kScore, kLabel, {}};
const vitpose_box kBox{0, 0, 20, 20};

struct Pixels {
  std::vector<std::uint8_t> rgb = std::vector<std::uint8_t>(20 * 20 * 3, 0);
  vitpose_canvas canvas{rgb.data(), 20, 20, 0, VITPOSE_RGB8};
};

}  // namespace

TEST_CASE("NULL and indices out of range give no keypoint set") {
  CHECK(vitpose_keypoint_set_count() == 8);
  CHECK(vitpose_keypoint_set_get(7) != nullptr);
  CHECK(vitpose_keypoint_set_get(8) == nullptr);
  CHECK(vitpose_keypoint_set_get(SIZE_MAX) == nullptr);
  CHECK(vitpose_estimator_keypoint_set(nullptr, 0) == nullptr);
  const vitpose_keypoint_set* set = vitpose_keypoint_set_get(0);
  check_invalid(vitpose_keypoint_set_find(nullptr, &set), "name");
  CHECK(set == nullptr);
  check_invalid(vitpose_keypoint_set_find("coco17", nullptr), "set");
  REQUIRE(vitpose_keypoint_set_find("coco17", &set) == VITPOSE_OK);
  CHECK(set == vitpose_keypoint_set_get(0));  // the same constant every time
  REQUIRE(vitpose_keypoint_set_find("hand21", &set) == VITPOSE_OK);
  CHECK(set->sigmas == nullptr);
}

TEST_CASE("NULL pictures, paths and bytes are refused by name") {
  vitpose_picture* picture = nullptr;
  vitpose_estimator* estimator = nullptr;
  const Pixels pixels;
  const vitpose_image image{pixels.rgb.data(), 20, 20, 0, VITPOSE_RGB8};
  CHECK(vitpose_picture_canvas(nullptr).data == nullptr);
  check_invalid(vitpose_picture_write(nullptr, &image, nullptr), "path");
  check_invalid(vitpose_picture_write("a.png", nullptr, nullptr), "image");
  check_invalid(vitpose_picture_read_memory(nullptr, 10, nullptr, &picture), "bytes");
  check_invalid(vitpose_picture_read_memory("x", 1, nullptr, nullptr), "picture");
  check_invalid(vitpose_load_memory(nullptr, 10, nullptr, &estimator), "bytes");
  check_invalid(vitpose_load_memory("x", 1, nullptr, nullptr), "estimator");
  vitpose_write_options options{};
  check_invalid(vitpose_picture_write("a.png", &image, &options), "struct_size");
}

TEST_CASE("NULL where drawing needs something is refused by name") {
  Pixels pixels;
  vitpose_draw_options options;
  vitpose_draw_options_init(&options);
  check_invalid(vitpose_draw_poses(nullptr, &kPose, 1, nullptr, nullptr), "canvas");
  check_invalid(vitpose_draw_poses(&pixels.canvas, nullptr, 1, nullptr, nullptr), "poses");
  options.boxes = 1;
  check_invalid(vitpose_draw_poses(&pixels.canvas, &kPose, 1, nullptr, &options), "boxes");
  options.boxes = 0;
  options.keypoint_set_count = 1;
  check_invalid(vitpose_draw_poses(&pixels.canvas, &kPose, 1, nullptr, &options), "keypoint_sets");
  const char* none = nullptr;
  options.keypoint_sets = &none;
  check_invalid(vitpose_draw_poses(&pixels.canvas, &kPose, 1, nullptr, &options), "keypoint_sets[0]");
  vitpose_pose broken = kPose;
  broken.keypoints = nullptr;
  check_invalid(vitpose_draw_poses(&pixels.canvas, &broken, 1, nullptr, nullptr), "pose 0.keypoints");
  broken = kPose;
  broken.labels = nullptr;
  check_invalid(vitpose_draw_poses(&pixels.canvas, &broken, 1, nullptr, nullptr), "pose 0.labels");
  broken = kPose;
  broken.keypoint_count = -1;
  check_invalid(vitpose_draw_poses(&pixels.canvas, &broken, 1, nullptr, nullptr), "keypoint_count");
  CHECK(pixels.rgb == std::vector<std::uint8_t>(20 * 20 * 3, 0));
}

TEST_CASE("options that were not initialised are refused, canvases with overlapping rows too") {
  Pixels pixels;
  vitpose_draw_options options{};
  check_invalid(vitpose_draw_poses(&pixels.canvas, &kPose, 1, nullptr, &options), "struct_size");
  vitpose_draw_heatmap_options heatmap_options{};
  const float value = 1;
  check_invalid(vitpose_draw_heatmaps(&pixels.canvas, &value, 1, 1, 1, 1, 1, &kBox, &heatmap_options), "struct_size");
  pixels.canvas.row_stride = 59;
  check_invalid(vitpose_draw_poses(&pixels.canvas, &kPose, 1, nullptr, nullptr), "row stride");
}

TEST_CASE("heatmaps of the wrong count or shape are refused") {
  Pixels pixels;
  const float values[6]{};
  const auto draw = [&](std::size_t count, std::size_t n, std::size_t k, std::size_t h, std::size_t w) {
    return vitpose_draw_heatmaps(&pixels.canvas, values, count, n, k, h, w, &kBox, nullptr);
  };
  check_invalid(draw(6, 1, 1, 2, 2), "heatmaps: expected [1,1,2,2] floats, found 6");
  check_invalid(draw(0, 1, 0, 2, 3), "at least 1");
  check_invalid(draw(6, SIZE_MAX, 1, 2, 3), "n: expected");
  check_invalid(vitpose_draw_heatmaps(&pixels.canvas, nullptr, 6, 1, 1, 2, 3, &kBox, nullptr), "heatmaps");
  check_invalid(vitpose_draw_heatmaps(&pixels.canvas, values, 6, 1, 1, 2, 3, nullptr, nullptr), "boxes");
  CHECK(vitpose_draw_heatmaps(&pixels.canvas, nullptr, 0, 0, 1, 2, 3, nullptr, nullptr) == VITPOSE_OK);
  CHECK(draw(6, 1, 1, 2, 3) == VITPOSE_OK);
}

TEST_CASE("no poses, no change") {
  Pixels pixels;
  CHECK(vitpose_draw_poses(&pixels.canvas, nullptr, 0, nullptr, nullptr) == VITPOSE_OK);
  CHECK(pixels.rgb == std::vector<std::uint8_t>(20 * 20 * 3, 0));
}
