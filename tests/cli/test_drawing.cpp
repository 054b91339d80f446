// --draw, --draw-heatmaps, --keypoint-set: results as pictures, and what the keypoints are called.
#include <filesystem>

#include "io/image.h"
#include "tests/cli/cli_support.h"
#include "vitpose/vitpose.hpp"

using namespace vitpose::test;
using vitpose::engine::read_image;
using vitpose::engine::testing::read_file;
using vitpose::engine::testing::write_file;
namespace fs = std::filesystem;

namespace {

using Pixels = std::vector<std::uint8_t>;

Pixels pixels_of(const std::string& path) {
  return read_image(path).rgb;
}

std::string shot(const char* name) {
  return picture_folder() + "/" + name;
}

std::string bytes_of(const Pixels& pixels) {
  return {pixels.begin(), pixels.end()};
}

// What the library draws for a box in a.png.
Pixels drawn_by_library(const vitpose::DrawOptions& options) {
  const auto estimator = vitpose::PoseEstimator::load(plain_model());
  auto picture = vitpose::Picture::read(shot("a.png"));
  const std::vector<vitpose::Box> boxes{{10, 5, 30, 40}};
  vitpose::draw_poses(picture.canvas(), estimator.estimate(picture.image(), boxes), boxes, options);
  const vitpose::ImageView image = picture.image();
  return {image.data, image.data + 3 * image.width * image.height};
}

}  // namespace

TEST_CASE("--draw makes of one picture one file, with what the library draws") {
  const TemporaryFolder folder;
  const std::vector<std::string> base{"run", plain_model(), "a.png", "--box", "10,5,30,40"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), base.begin(), base.end());
    return succeed(more);
  };
  const std::string plain = with({});
  CHECK(with({"--draw", folder / "drawn.png"}) == plain);
  CHECK(pixels_of(folder / "drawn.png") == drawn_by_library({.keypoint_sets = {"coco17"}, .threshold = 0.3}));
  CHECK(pixels_of(folder / "drawn.png") != pixels_of(shot("a.png")));
  with({"--draw", folder / "all.png", "--draw-threshold", "-100"});
  CHECK(pixels_of(folder / "all.png") == drawn_by_library({.keypoint_sets = {"coco17"}, .threshold = -100}));
  with({"--draw", folder / "none.png", "--draw-threshold", "100"});
  CHECK(pixels_of(folder / "none.png") == pixels_of(shot("a.png")));
  with({"--draw", folder / "animal.png", "--keypoint-set", "ap10k17"});
  CHECK(pixels_of(folder / "animal.png") == drawn_by_library({.keypoint_sets = {"ap10k17"}, .threshold = 0.3}));
}

TEST_CASE("--draw makes of several pictures a folder of files with their names") {
  const TemporaryFolder folder;
  const std::string output = folder / "new/drawn";
  succeed({"run", plain_model(), "a.png", "b.png", "a.png", "--draw", output});
  CHECK(read_image(output + "/a.png").width == 80);
  CHECK(read_image(output + "/b.png").width == 50);
  succeed({"run", plain_model(), "000000000785.png", "--draw", output});  // a folder that is there
  CHECK(read_image(output + "/000000000785.png").width == 64);
}

TEST_CASE("a drawing never replaces the picture, or another drawing") {
  const TemporaryFolder folder;
  fs::create_directory(folder / "x");
  for (const char* name : {"a.png", "x/a.png"}) fs::copy(shot("a.png"), folder / name);
  const std::string before = read_file(folder / "a.png");
  check_fails(1, {"run", plain_model(), folder / "a.png", "--draw", folder / "a.png"}, {"a.png", "another place"});
  check_fails(1, {"run", plain_model(), folder / "a.png", "--draw", folder.path()}, {"a.png", "another place"});
  check_fails(1, {"run", plain_model(), folder / "a.png", "--draw-heatmaps", folder / "x/../a.png"}, {"another place"});
  check_fails(1, {"run", plain_model(), folder / "a.png", folder / "x/a.png", "--draw", folder / "drawn"},
              {folder / "a.png", folder / "x/a.png", "both"});
  CHECK(read_file(folder / "a.png") == before);
}

TEST_CASE("a drawing that cannot be written fails its own picture, and the rest goes on") {
  const TemporaryFolder folder;
  fs::create_directories(folder / "drawn/a.png");
  const Finished finished =
      vitpose::test::vitpose({"run", plain_model(), "a.png", "b.png", "--draw", folder / "drawn", "--format", "jsonl"});
  CHECK(finished.exit_code == 1);
  CHECK(finished.err.rfind("vitpose: 1 of 2 pictures failed, the first: ", 0) == 0);
  CHECK(finished.err.find(folder / "drawn/a.png") != std::string::npos);
  const auto lines = lines_of(finished.out);
  CHECK(lines.at(0).find("{\"path\":\"a.png\",\"error\":") == 0);
  CHECK(lines.at(1).find("\"poses\":[{") != std::string::npos);
  CHECK(read_image(folder / "drawn/b.png").width == 50);
}

TEST_CASE("a place that drawings cannot have is refused before any work") {
  const TemporaryFolder folder;
  write_file(folder / "file", "");
  check_fails(1, {"run", plain_model(), "a.png", "b.png", "--draw", folder / "file"}, {folder / "file"});
  // Before any work: the picture, which cannot be read, is not what is told.
  for (const char* name : {"drawn.gif", "drawn.bmp", "drawn"}) {
    check_fails(1, {"run", plain_model(), folder / "file", "--draw", folder / name}, {folder / name, ".png", "folder"});
  }
  check_fails(1, {"run", plain_model(), folder / "file", "--draw", folder / "missing/drawn.png"},
              {folder / "missing/drawn.png", "no folder"});
  check_fails(2, {"run", plain_model(), "a.png", "--draw", "-"}, {"--draw", "--raw"});
  check_fails(2, {"run", plain_model(), "--raw", "80x60", "--draw", "-"}, {"--draw", "-o"});
  check_fails(2, {"run", plain_model(), "--raw", "80x60", "--draw-heatmaps", "-"}, {"--draw-heatmaps"});
  for (const char* same : {"x", "x/", "./x", "y/../x"}) {
    check_fails(2, {"run", plain_model(), "a.png", "--draw", "x", "--draw-heatmaps", same}, {"--draw-heatmaps", same});
  }
  check_fails(2, {"run", plain_model(), "a.png", "--draw-threshold", "0.5"}, {"--draw"});
  check_fails(2, {"run", plain_model(), "a.png", "--draw-heatmaps", "x", "--flip-test"}, {"--flip-test"});
}

TEST_CASE("--draw - writes every frame of a video to standard output, those that failed without poses") {
  const TemporaryFolder folder;
  const std::string frame = bytes_of(pixels_of(shot("a.png")));
  write_file(folder / "boxes.json", R"([{"frame": 0, "bbox": [10,5,30,40]}, {"frame": 2, "bbox": [5,5,0,0]}])");
  const Finished finished = vitpose::test::vitpose({"run", plain_model(), "--raw", "80x60", "--boxes",
                                                    folder / "boxes.json", "--draw", "-", "-o", folder / "poses.jsonl"},
                                                   frame + frame + frame);
  CHECK(finished.exit_code == 1);
  REQUIRE(finished.out.size() == 3 * frame.size());
  CHECK(finished.out.substr(0, frame.size()) ==
        bytes_of(drawn_by_library({.keypoint_sets = {"coco17"}, .threshold = 0.3})));
  CHECK(finished.out.substr(frame.size()) == frame + frame);
  CHECK(lines_of(read_file(folder / "poses.jsonl")).size() == 3);
}

TEST_CASE("frames of a video are drawn into numbered files of a folder") {
  const TemporaryFolder folder;
  const std::string frame = bytes_of(pixels_of(shot("a.png")));
  succeed({"run", plain_model(), "--raw", "80x60", "--box", "10,5,30,40", "--draw", folder / "drawn"}, frame + frame);
  for (const char* name : {"drawn/frame_000000.png", "drawn/frame_000001.png"}) {
    CHECK(pixels_of(folder / name) == drawn_by_library({.keypoint_sets = {"coco17"}, .threshold = 0.3}));
  }
}

TEST_CASE("heatmaps are drawn beside poses that stay the same to the bit") {
  const TemporaryFolder folder;
  write_file(folder / "boxes.json", R"([
    {"file_name": "a.png", "bbox": [10, 5, 30, 40], "expert": 1},
    {"file_name": "a.png", "bbox": [3.25, 4.75, 50.1, 20.9], "expert": 2},
    {"file_name": "a.png", "bbox": [0, 0, 80, 60], "expert": 0}])");
  for (const std::vector<std::string>& flags :
       std::vector<std::vector<std::string>>{{}, {"--batch", "2"}, {"--threshold", "0.8"}, {"--hf-exact"}}) {
    std::vector<std::string> arguments{"run", expert_model(), "a.png", "b.png", "--boxes", folder / "boxes.json"};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    const std::string expected = succeed(arguments);
    arguments.insert(arguments.end(), {"--draw-heatmaps", folder / "maps", "--draw", folder / "drawn"});
    CHECK(succeed(arguments) == expected);
  }
  CHECK(pixels_of(folder / "maps/a.png") != pixels_of(shot("a.png")));
  CHECK(pixels_of(folder / "maps/a.png") != pixels_of(folder / "drawn/a.png"));
  CHECK(pixels_of(folder / "maps/b.png") == pixels_of(shot("b.png")));  // no boxes there
}

TEST_CASE("drawn heatmaps are the largest values over the keypoints, as the library draws them") {
  const TemporaryFolder folder;
  succeed({"run", plain_model(), "a.png", "--box", "10,5,30,40", "--draw-heatmaps", folder / "maps.png"});
  const auto estimator = vitpose::PoseEstimator::load(plain_model());
  auto picture = vitpose::Picture::read(shot("a.png"));
  const std::vector<vitpose::Box> boxes{{10, 5, 30, 40}};
  const vitpose::Tensor heatmaps = estimator.forward(estimator.preprocess(picture.image(), boxes));
  vitpose::draw_heatmaps(picture.canvas(), heatmaps, boxes);
  const vitpose::ImageView image = picture.image();
  CHECK(pixels_of(folder / "maps.png") == Pixels(image.data, image.data + 3 * image.width * image.height));
}

TEST_CASE("--keypoint-set names the keypoints") {
  const auto names = [](const std::vector<std::string>& more) {
    std::vector<std::string> arguments{"run", plain_model(), "a.png", "--format", "csv"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return lines_of(succeed(arguments));
  };
  CHECK(names({})[1].find(",0,0,Nose,") != std::string::npos);
  CHECK(names({"--keypoint-set", "coco17"})[1].find(",0,0,nose,") != std::string::npos);
  CHECK(names({"--keypoint-set", "ap10k17"})[1].find(",0,0,L_Eye,") != std::string::npos);
}

TEST_CASE("the keypoints of an expert have the names of its own set, and are drawn by it") {
  const TemporaryFolder folder;
  const std::string model = folder / "model";
  fs::copy(expert_model(), model, fs::copy_options::recursive);
  const std::string config = read_file(model + "/config.json");
  write_file(model + "/config.json",
             R"({"vitpose_keypoint_sets": ["coco17", "ap10k17", "coco17"],)" + config.substr(config.find('{') + 1));
  write_file(folder / "boxes.json", R"([
    {"file_name": "a.png", "bbox": [10, 5, 30, 40], "expert": 1},
    {"file_name": "a.png", "bbox": [10, 5, 30, 40], "expert": 0}])");
  const std::vector<std::string> base{"run", model, "a.png", "--boxes", folder / "boxes.json", "--draw"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), base.begin(), base.end());
    return lines_of(succeed(more));
  };
  const auto lines = with({folder / "own.png", "--format", "csv"});
  CHECK(lines.at(1).find("a.png,0,0,L_Eye,") == 0);
  CHECK(lines.at(18).find("a.png,1,0,Nose,") == 0);
  with({folder / "people.png", "--keypoint-set", "coco17"});
  CHECK(pixels_of(folder / "own.png") != pixels_of(folder / "people.png"));
}

TEST_CASE("a keypoint set that is unknown or of another size is refused") {
  check_fails(1, {"run", plain_model(), "a.png", "--keypoint-set", "coco18"}, {"coco18", "coco17"});
  check_fails(1, {"run", plain_model(), "a.png", "--keypoint-set", "aic14"}, {"aic14", "17", "14"});
}
