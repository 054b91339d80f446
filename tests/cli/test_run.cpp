#include <cmath>

#include "tests/cli/cli_support.h"

using namespace vitpose::test;

namespace {

const std::vector<Json>& poses_of(const Json& root, std::size_t image) {
  return root.at("images").as_array().at(image).at("poses").as_array();
}

// The poses of a run, without the path and size that stand beside them.
std::string pose_text(const std::string& jsonl) {
  return jsonl.substr(jsonl.find("\"poses\""));
}

}  // namespace

TEST_CASE("run gives one pose per box with K keypoints, scores and labels") {
  const Json root = parse(succeed({"run", plain_model(), "a.png", "--box", "10,5,30,40", "--box", "-3,-4.5,50,50"}));
  const Json& image = root.at("images").as_array().at(0);
  CHECK(image.at("path").as_string() == "a.png");
  CHECK(image.at("width").as_integer() == 80);
  CHECK(image.at("height").as_integer() == 60);
  const auto& poses = poses_of(root, 0);
  REQUIRE(poses.size() == 2);
  CHECK(poses[1].at("box").as_array()[1].as_number() == -4.5);
  for (const Json& pose : poses) {
    CHECK(pose.at("keypoints").as_array().size() == 17);
    CHECK(pose.at("keypoints").as_array()[0].as_array().size() == 2);
    CHECK(pose.at("scores").as_array().size() == 17);
    CHECK(pose.at("labels").as_array()[16].as_integer() == 16);
    CHECK(pose.at("bbox").as_array().size() == 4);
  }
}

TEST_CASE("without a box the whole picture is one") {
  const std::string whole = succeed({"run", plain_model(), "a.png", "--format", "jsonl"});
  CHECK(whole == succeed({"run", plain_model(), "a.png", "--box", "0,0,80,60", "--format", "jsonl"}));
}

TEST_CASE("several pictures come in the order given, whatever the batch, threads and instruction set") {
  const std::vector<std::string> base{"run",   plain_model(), "b.png",      "a.png", "000000000785.png",
                                      "a.png", "--box",       "10,5,30,40", "--box", "0,0,20,20"};
  const std::string expected = succeed(base);
  const Json root = parse(expected);
  REQUIRE(root.at("images").as_array().size() == 4);
  CHECK(root.at("images").as_array()[0].at("path").as_string() == "b.png");
  CHECK(root.at("images").as_array()[2].at("path").as_string() == "000000000785.png");
  for (const std::vector<std::string>& flags : std::vector<std::vector<std::string>>{{"--batch", "1"},
                                                                                     {"--batch", "3"},
                                                                                     {"--batch", "100"},
                                                                                     {"--threads", "1"},
                                                                                     {"--isa", "scalar"},
                                                                                     {"--backend", "reference"},
                                                                                     {"--no-mmap"}}) {
    std::vector<std::string> arguments = base;
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    CHECK(succeed(arguments) == expected);
  }
}

TEST_CASE("the numerics modes are passed on") {
  const std::vector<std::string> base{"run", plain_model(), "a.png", "--box", "10.3,5.7,31.1,40.9"};
  const auto with = [&](std::vector<std::string> flags) {
    flags.insert(flags.begin(), base.begin(), base.end());
    return succeed(flags);
  };
  CHECK(with({"--numerics", "hf5"}) != with({}));
  CHECK(with({"--numerics", "hf4", "--warp-matrix", "numpy2"}) == with({}));
  CHECK(with({"--flip-test"}) != with({}));
  CHECK(with({"--flip-test", "--keypoint-set", "coco17"}) == with({"--flip-test"}));
}

TEST_CASE("a list of boxes finds its pictures by name, path and number; unlisted pictures have no poses") {
  const TemporaryFolder folder;
  vitpose::engine::testing::write_file(folder / "boxes.json", R"([
    {"file_name": "b.png", "bbox": [1, 2, 30, 40], "score": 0.5},
    {"image_id": 785, "bbox": [5, 6, 20, 30]},
    {"file_name": "b.png", "bbox": [3, 4, 10, 10]}])");
  const std::string a = picture_folder() + "/a.png";
  const std::string b = picture_folder() + "/b.png";
  const Json root = parse(succeed({"run", plain_model(), a, b, "000000000785.png", "--boxes", folder / "boxes.json"}));
  CHECK(poses_of(root, 0).empty());
  REQUIRE(poses_of(root, 1).size() == 2);
  CHECK(poses_of(root, 1)[1].at("box").as_array()[0].as_integer() == 3);
  REQUIRE(poses_of(root, 2).size() == 1);
}

TEST_CASE("a COCO dataset and a detections list give the same poses as boxes on the command line") {
  const TemporaryFolder folder;
  vitpose::engine::testing::write_file(folder / "coco.json", R"({
    "images": [{"id": 7, "file_name": "a.png"}, {"id": 9, "file_name": "not-given.png"}],
    "annotations": [{"id": 1, "image_id": 7, "bbox": [10, 5, 30, 40], "category_id": 1, "iscrowd": 0}]})");
  vitpose::engine::testing::write_file(
      folder / "detections.json", R"([{"image_id": 785, "category_id": 1, "bbox": [10, 5, 30, 40], "score": 0.9}])");
  const auto run = [&](std::vector<std::string> rest) {
    rest.insert(rest.begin(), {"run", plain_model(), "--format", "jsonl"});
    return pose_text(succeed(rest));
  };
  CHECK(run({"a.png", "--boxes", folder / "coco.json"}) == run({"a.png", "--box", "10,5,30,40"}));
  CHECK(run({"000000000785.png", "--boxes", folder / "detections.json"}) ==
        run({"000000000785.png", "--box", "10,5,30,40"}));
}

TEST_CASE("experts come from the file, else from --expert") {
  const TemporaryFolder folder;
  vitpose::engine::testing::write_file(folder / "boxes.json", R"([
    {"file_name": "a.png", "bbox": [10, 5, 30, 40], "expert": 2},
    {"file_name": "a.png", "bbox": [10, 5, 30, 40]}])");
  const Json mixed =
      parse(succeed({"run", expert_model(), "a.png", "--boxes", folder / "boxes.json", "--expert", "1"}));
  const auto score = [](const Json& pose) { return to_f32(pose.at("scores").as_array()[3]); };
  const auto alone = [&](const char* expert) {
    return score(
        poses_of(parse(succeed({"run", expert_model(), "a.png", "--box", "10,5,30,40", "--expert", expert})), 0)[0]);
  };
  CHECK(score(poses_of(mixed, 0)[0]) == alone("2"));
  CHECK(score(poses_of(mixed, 0)[1]) == alone("1"));
  CHECK(alone("1") != alone("2"));
  check_fails(1, {"run", expert_model(), "a.png", "--boxes", folder / "boxes.json"}, {"a.png", "expert", "0 to 2"});
  check_fails(1, {"run", expert_model(), "a.png"}, {"a.png", "expert"});
}

TEST_CASE("of several pictures a bad one is told in the output and the rest goes on, with exit code 1") {
  vitpose::engine::testing::write_file(picture_folder() + "/broken.png", "no picture");
  const Finished finished =
      vitpose::test::vitpose({"run", plain_model(), "a.png", "broken.png", "b.png", "nowhere.png"});
  CHECK(finished.exit_code == 1);
  CHECK(finished.err.find("vitpose: 2 of 4 pictures failed, the first: ") == 0);
  CHECK(finished.err.find("broken.png") != std::string::npos);
  CHECK(finished.err.find('\n') == finished.err.size() - 1);
  const Json root = parse(finished.out);
  const auto& images = root.at("images").as_array();
  REQUIRE(images.size() == 4);
  std::size_t failed = 0;
  for (const Json& image : images) {
    if (image.find("error") == nullptr) {
      CHECK(image.at("poses").as_array().size() == 1);
      continue;
    }
    ++failed;
    const std::string& path = image.at("path").as_string();
    CHECK((path == "broken.png" || path == "nowhere.png"));
    CHECK(image.at("error").as_string().find(path) != std::string::npos);
  }
  CHECK(failed == 2);
}

TEST_CASE("a box that cannot be cropped fails its own picture only") {
  const TemporaryFolder folder;
  vitpose::engine::testing::write_file(folder / "boxes.json", R"([
    {"file_name": "a.png", "bbox": [10, 5, 30, 40]},
    {"file_name": "b.png", "bbox": [10, 5, 0, 0]}])");
  const Finished finished = vitpose::test::vitpose(
      {"run", plain_model(), "a.png", "b.png", "--boxes", folder / "boxes.json", "--format", "jsonl"});
  CHECK(finished.exit_code == 1);
  CHECK(finished.out.find("{\"path\":\"a.png\",\"width\":80") == 0);
  CHECK(finished.out.find("{\"path\":\"b.png\",\"error\":") != std::string::npos);
  CHECK(finished.err.find("vitpose: 1 of 2 pictures failed, the first: b.png: box [10, 5, 0, 0]") == 0);
}

TEST_CASE("the output file appears complete, and a dash is standard output") {
  const TemporaryFolder folder;
  const std::string expected = succeed({"run", plain_model(), "a.png"});
  CHECK(succeed({"run", plain_model(), "a.png", "-o", "-"}) == expected);
  CHECK(succeed({"run", plain_model(), "a.png", "-o", folder / "poses.json"}).empty());
  CHECK(vitpose::engine::testing::read_file(folder / "poses.json") == expected);
  CHECK(folder.count() == 1);
}

TEST_CASE("verbose tells on standard error what runs, quiet keeps remarks about the model away") {
  const Finished verbose = vitpose::test::vitpose({"run", plain_model(), "a.png", "-v"});
  CHECK(verbose.exit_code == 0);
  CHECK(verbose.err.find("native/") != std::string::npos);
  const TemporaryFolder folder;
  auto options = vitpose::tools::RandomModelOptions{.hidden_size = 32, .layers = 1, .heads = 2};
  auto weights = vitpose::tools::random_weights(options);
  weights.push_back({"superfluous", {1}, {0}});
  vitpose::tools::write_model_files(folder / "model", options, weights);
  const Finished noted = vitpose::test::vitpose({"run", folder / "model", "a.png"});
  CHECK(noted.exit_code == 0);
  CHECK(noted.err.find("vitpose: note: ") == 0);
  CHECK(noted.err.find("superfluous") != std::string::npos);
  succeed({"run", folder / "model", "a.png", "-q"});
}
