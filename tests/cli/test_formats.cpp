#include <cmath>
#include <sstream>

#include "tests/cli/cli_support.h"

using namespace vitpose::test;

namespace {

std::vector<std::string> run_with(const std::vector<std::string>& rest) {
  std::vector<std::string> arguments{"run", plain_model(), "a.png", "000000000785.png", "--box", "10,5,30,40"};
  arguments.insert(arguments.end(), rest.begin(), rest.end());
  return arguments;
}

Json keypoints_of_first(const std::string& json) {
  return parse(json).at("images").as_array()[0].at("poses").as_array()[0];
}

}  // namespace

TEST_CASE("JSON Lines are the JSON output's images, one a line") {
  const std::vector<std::string> lines = lines_of(succeed(run_with({"--format", "jsonl"})));
  REQUIRE(lines.size() == 2);
  const std::string json = succeed(run_with({}));
  CHECK(json == "{\"images\":[\n" + lines[0] + ",\n" + lines[1] + "\n]}\n");
}

TEST_CASE("COCO results hold x, y, score of every keypoint flat, and the box's score times the mean") {
  const TemporaryFolder folder;
  vitpose::engine::testing::write_file(folder / "boxes.json", R"([
    {"image_id": 785, "category_id": 1, "bbox": [10, 5, 30, 40], "score": 0.5}])");
  const std::vector<std::string> base{"run", plain_model(), "000000000785.png", "--boxes", folder / "boxes.json"};
  std::vector<std::string> coco = base;
  coco.insert(coco.end(), {"--format", "coco"});
  const Json results = parse(succeed(coco));
  const Json pose = keypoints_of_first(succeed(base));
  REQUIRE(results.as_array().size() == 1);
  const Json& result = results.as_array()[0];
  CHECK(result.at("image_id").as_integer() == 785);
  CHECK(result.at("category_id").as_integer() == 1);
  const auto& flat = result.at("keypoints").as_array();
  REQUIRE(flat.size() == 51);
  double sum = 0;
  for (std::size_t k = 0; k < 17; ++k) {
    CHECK(to_f32(flat[3 * k]) == to_f32(pose.at("keypoints").as_array()[k].as_array()[0]));
    CHECK(to_f32(flat[3 * k + 1]) == to_f32(pose.at("keypoints").as_array()[k].as_array()[1]));
    CHECK(to_f32(flat[3 * k + 2]) == to_f32(pose.at("scores").as_array()[k]));
    sum += static_cast<double>(to_f32(flat[3 * k + 2]));
  }
  CHECK(result.at("score").as_number() == 0.5 * (sum / 17));
}

TEST_CASE("COCO results keep the place of keypoints below the threshold, as zeros") {
  const std::vector<std::string> base{"run", plain_model(), "000000000785.png", "--threshold", "1.5"};
  std::vector<std::string> coco = base;
  coco.insert(coco.end(), {"--format", "coco"});
  const Json pose = keypoints_of_first(succeed(base));
  const auto flat = parse(succeed(coco)).as_array()[0].at("keypoints").as_array();
  const auto& labels = pose.at("labels").as_array();
  REQUIRE(labels.size() < 17);
  REQUIRE(!labels.empty());
  std::size_t next = 0;
  for (std::size_t k = 0; k < 17; ++k) {
    const bool kept = next < labels.size() && labels[next].as_integer() == static_cast<std::int64_t>(k);
    CHECK(to_f32(flat[3 * k + 2]) == (kept ? to_f32(pose.at("scores").as_array()[next]) : 0.0f));
    if (kept) ++next;
  }
}

TEST_CASE("COCO results need a number for each picture with poses") {
  check_fails(1, {"run", plain_model(), "a.png", "--format", "coco"}, {"a.png", "image_id"});
  const TemporaryFolder folder;
  vitpose::engine::testing::write_file(folder / "coco.json", R"({"images": [{"id": 7, "file_name": "a.png"}],
    "annotations": [{"image_id": 7, "bbox": [10, 5, 30, 40]}]})");
  const Json results =
      parse(succeed({"run", plain_model(), "a.png", "--boxes", folder / "coco.json", "--format", "coco"}));
  CHECK(results.as_array()[0].at("image_id").as_integer() == 7);
}

TEST_CASE("CSV has a line per keypoint whose numbers read back to the same bits") {
  const std::vector<std::string> lines = lines_of(succeed(run_with({"--format", "csv"})));
  REQUIRE(lines.size() == 1 + 2 * 17);
  CHECK(lines[0] == "path,person,label,name,x,y,score");
  const Json pose = keypoints_of_first(succeed(run_with({})));
  for (std::size_t k = 0; k < 17; ++k) {
    std::istringstream stream(lines[1 + k]);
    std::vector<std::string> fields;
    for (std::string field; std::getline(stream, field, ',');) fields.push_back(field);
    REQUIRE(fields.size() == 7);
    CHECK(fields[0] == "a.png");
    CHECK(fields[1] == "0");
    CHECK(fields[2] == std::to_string(k));
    CHECK(static_cast<float>(std::stod(fields[4])) == to_f32(pose.at("keypoints").as_array()[k].as_array()[0]));
    CHECK(static_cast<float>(std::stod(fields[6])) == to_f32(pose.at("scores").as_array()[k]));
  }
  CHECK(lines[1].find(",0,0,Nose,") != std::string::npos);
  CHECK(lines[17].find(",0,16,R_Ankle,") != std::string::npos);
}

TEST_CASE("text names the keypoints for people") {
  const std::string text = succeed(run_with({"--format", "text"}));
  CHECK(text.find("a.png: 80x60, 1 pose\n") == 0);
  CHECK(text.find("    Nose ") != std::string::npos);
  CHECK(text.find("score ") != std::string::npos);
}

TEST_CASE("paths are quoted where a format needs it") {
  const std::string name = "od\"d, nam\xc3\xa9.png";
  vitpose::engine::testing::write_file(picture_folder() + "/" + name,
                                       vitpose::engine::testing::read_file(picture_folder() + "/a.png"));
  const Json root = parse(succeed({"run", plain_model(), name}));
  CHECK(root.at("images").as_array()[0].at("path").as_string() == name);
  const std::vector<std::string> lines = lines_of(succeed({"run", plain_model(), name, "--format", "csv"}));
  CHECK(lines[1].find("\"od\"\"d, nam\xc3\xa9.png\",0,0,Nose,") == 0);
}
