// Folders and patterns of pictures; pictures that fail among others.
#include <filesystem>

#include "tests/cli/cli_support.h"

using namespace vitpose::test;
using vitpose::engine::testing::read_file;
using vitpose::engine::testing::write_file;
namespace fs = std::filesystem;

namespace {

// A folder with these names of the picture a.png.
class Shots : public TemporaryFolder {
 public:
  explicit Shots(std::initializer_list<const char*> names) {
    for (const char* name : names) {
      fs::create_directories(fs::path(*this / name).parent_path());
      fs::copy(picture_folder() + "/a.png", *this / name);
    }
  }
};

std::vector<std::string> paths_in(const std::string& jsonl) {
  std::vector<std::string> paths;
  for (const std::string& line : lines_of(jsonl)) paths.push_back(parse(line).at("path").as_string());
  return paths;
}

std::vector<std::string> paths_of_run(const std::vector<std::string>& words) {
  std::vector<std::string> arguments{"run", plain_model(), "--format", "jsonl"};
  arguments.insert(arguments.end(), words.begin(), words.end());
  return paths_in(succeed(arguments));
}

}  // namespace

TEST_CASE("a folder stands for the pictures in it, in order of their names") {
  const Shots shots{"b.png", "a.PNG", "c10.png", "c2.png", ".hidden.png", "below/d.png"};
  write_file(shots / "notes.txt", "no picture");
  write_file(shots / "poses.json", "{}");
  const std::vector<std::string> expected{shots / "a.PNG", shots / "b.png", shots / "c10.png", shots / "c2.png"};
  CHECK(paths_of_run({shots.path()}) == expected);
  CHECK(paths_of_run({shots / "below", shots / "b.png"}) ==
        std::vector<std::string>{shots / "below/d.png", shots / "b.png"});
}

TEST_CASE("a pattern stands for the pictures that match it, in order of their names") {
  const Shots shots{"b1.png", "a1.png", "a2.png", "x/a3.png", "y/a4.png", "z.png/inside.png"};
  write_file(shots / "a1.txt", "no picture");
  CHECK(paths_of_run({shots / "a*"}) == std::vector<std::string>{shots / "a1.png", shots / "a2.png"});
  CHECK(paths_of_run({shots / "?1.png"}) == std::vector<std::string>{shots / "a1.png", shots / "b1.png"});
  CHECK(paths_of_run({shots / "*/a[34].png"}) == std::vector<std::string>{shots / "x/a3.png", shots / "y/a4.png"});
  CHECK(paths_of_run({shots / "[bz]*"}) == std::vector<std::string>{shots / "b1.png"});  // no folders
}

TEST_CASE("a file whose name looks like a pattern is that file") {
  const Shots shots{"a[1].png", "a1.png"};
  CHECK(paths_of_run({shots / "a[1].png"}) == std::vector<std::string>{shots / "a[1].png"});
}

TEST_CASE("folders and patterns without a picture are refused") {
  const Shots shots{"below/a.png"};
  check_fails(1, {"run", plain_model(), shots.path()}, {shots.path(), ".jpg", "none"});
  check_fails(1, {"run", plain_model(), shots / "*.png"}, {shots / "*.png", "none"});
  check_fails(1, {"run", plain_model(), "a.png", shots / "nowhere/*.png"}, {shots / "nowhere/*.png"});
}

TEST_CASE("a file of boxes finds the pictures of a folder") {
  const Shots shots{"a.png", "b.png", "c.png"};
  write_file(shots / "boxes.json", R"([{"file_name": "b.png", "bbox": [1, 2, 30, 40]}])");
  const auto lines =
      lines_of(succeed({"run", plain_model(), shots.path(), "--boxes", shots / "boxes.json", "--format", "jsonl"}));
  REQUIRE(lines.size() == 3);
  CHECK(poses_of(lines[0]) == "\"poses\":[]}");
  const auto alone = lines_of(succeed({"run", plain_model(), "a.png", "--box", "1,2,30,40", "--format", "jsonl"}));
  CHECK(poses_of(lines[1]) == poses_of(alone[0]));
  check_fails(1, {"run", plain_model(), shots / "a.png", "--boxes", shots / "boxes.json"}, {"b.png"});
}

TEST_CASE("an unreadable file in the middle of a folder is named and counted, in its place, and the rest goes on") {
  const Shots shots{"1.png", "2.png", "4.png", "6.png"};
  write_file(shots / "3.png", "no picture");
  write_file(shots / "5.jpg", "");
  fs::create_symlink("nowhere.png", shots / "7.png");
  fs::create_symlink("8.png", shots / "8.png");
  for (const char* batch : {"1", "2", "8"}) {
    const Finished finished =
        vitpose::test::vitpose({"run", plain_model(), shots.path(), "--format", "jsonl", "--batch", batch});
    CHECK(finished.exit_code == 1);
    CHECK(finished.err.rfind("vitpose: 4 of 8 pictures failed, the first: " + shots / "3.png", 0) == 0);
    const std::vector<std::string> lines = lines_of(finished.out);
    REQUIRE(lines.size() == 8);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const Json line = parse(lines[i]);
      CHECK(fs::path(line.at("path").as_string()).stem() == std::to_string(i + 1));
      CHECK((line.find("error") != nullptr) == (i == 2 || i == 4 || i >= 6));
    }
  }
}

TEST_CASE("every format is complete although a picture failed") {
  const Shots shots{"1.png", "3.png"};
  write_file(shots / "2.png", "no picture");
  for (const char* format : {"json", "jsonl", "coco", "csv", "text"}) {
    const std::string output = shots / "poses";
    const Finished finished =
        vitpose::test::vitpose({"run", plain_model(), shots.path(), "--format", format, "-o", output});
    CHECK(finished.exit_code == 1);
    const std::string poses = read_file(output);
    INFO(format);
    if (std::string(format) == "json") CHECK(parse(poses).at("images").as_array().size() == 3);
    if (std::string(format) == "jsonl") CHECK(paths_in(poses).size() == 3);
    if (std::string(format) == "coco") CHECK(parse(poses).as_array().size() == 2);
    if (std::string(format) == "csv") CHECK(lines_of(poses).size() == 1 + 2 * 17);
    if (std::string(format) == "text") CHECK(poses.find("2.png: error: ") != std::string::npos);
    fs::remove(output);
  }
}

TEST_CASE("an output that fills up ends a run of many pictures") {
  const Shots shots{"1.png", "2.png", "3.png"};
  for (const char* format : {"json", "jsonl"}) {
    check_fails(1, {"run", plain_model(), shots.path(), "--format", format, "-o", "/dev/full"}, {"/dev/full", "space"});
  }
  check_fails(1, {"run", plain_model(), shots.path(), "--format", "jsonl", "-o", shots / "missing/poses"},
              {shots / "missing/poses"});
}

TEST_CASE("a failing picture leaves an existing file of JSON Lines as it was") {
  const TemporaryFolder folder;
  write_file(folder / "poses.jsonl", "kept");
  check_fails(1, {"run", plain_model(), "nowhere.png", "--format", "jsonl", "-o", folder / "poses.jsonl"},
              {"nowhere.png"});
  CHECK(read_file(folder / "poses.jsonl") == "kept");
}
