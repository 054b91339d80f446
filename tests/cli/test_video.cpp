// Raw video from a pipe: frames of RGB on standard input.
#include <chrono>
#include <thread>

#include "io/image.h"
#include "tests/cli/cli_support.h"
#include "tests/cli/process.h"

using namespace vitpose::test;
using vitpose::engine::testing::read_file;
using vitpose::engine::testing::write_file;

namespace {

// The pixels of a picture of 80 x 60, darker with each number, so that no two frames are alike.
std::string frame(int number) {
  static const vitpose::engine::Image image = vitpose::engine::read_image(picture_folder() + "/a.png");
  std::string bytes;
  for (const std::uint8_t value : image.rgb) bytes += static_cast<char>(value - value / 16 * number);
  return bytes;
}

std::string frames(int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i) bytes += frame(i);
  return bytes;
}

std::vector<std::string> video(std::initializer_list<const char*> more = {}) {
  std::vector<std::string> arguments{"run", plain_model(), "--raw", "80x60"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

// Fails with this one line's parts, after results of as many frames.
void check_stops(const std::vector<std::string>& arguments, const std::string& input, std::size_t results,
                 std::initializer_list<std::string_view> parts) {
  const Finished finished = vitpose::test::vitpose(arguments, input);
  CHECK(finished.exit_code == 1);
  CHECK(lines_of(finished.out).size() == results);
  INFO(finished.err);
  CHECK(lines_of(finished.err).size() == 1);
  for (const std::string_view part : parts) CHECK(finished.err.find(part) != std::string::npos);
}

}  // namespace

TEST_CASE("frames give the poses that pictures of the same pixels give, numbered from 0") {
  const TemporaryFolder folder;
  const std::vector<std::string> lines = lines_of(succeed(video(), frames(5)));
  REQUIRE(lines.size() == 5);
  for (int i = 0; i < 5; ++i) {
    const std::string bytes = frame(i);
    vitpose::engine::write_image(folder / "frame.png", {80, 60, {bytes.begin(), bytes.end()}});
    const std::string line = lines[static_cast<std::size_t>(i)];
    CHECK(line.rfind("{\"frame\":" + std::to_string(i) + ",\"width\":80,\"height\":60,\"poses\":[{", 0) == 0);
    const auto picture = lines_of(succeed({"run", plain_model(), folder / "frame.png", "--format", "jsonl"}));
    CHECK(poses_of(line) == poses_of(picture.at(0)));
  }
  CHECK(lines[0] != lines[1]);
}

TEST_CASE("frames are the same whatever the batch, and boxes of the command line lie in each") {
  const std::string expected = succeed(video({"--box", "5,6,30,40", "--box", "1,2,50,50"}), frames(5));
  CHECK(parse(lines_of(expected)[4]).at("poses").as_array().size() == 2);
  for (const char* batch : {"1", "3", "100"}) {
    CHECK(succeed(video({"--box", "5,6,30,40", "--box", "1,2,50,50", "--batch", batch}), frames(5)) == expected);
  }
}

TEST_CASE("a file of boxes lists them by frame; frames that it does not list have no poses") {
  const TemporaryFolder folder;
  write_file(folder / "boxes.json", R"([
    {"frame": 2, "bbox": [5, 6, 30, 40], "track_id": 7},
    {"frame": 0, "bbox": [1, 2, 50, 50], "score": 0.5},
    {"frame": 2, "bbox": [1, 2, 50, 50]}])");
  const auto lines = lines_of(succeed(video({"--boxes", (folder / "boxes.json").c_str()}), frames(4)));
  REQUIRE(lines.size() == 4);
  CHECK(parse(lines[0]).at("poses").as_array().size() == 1);
  CHECK(parse(lines[1]).at("poses").as_array().empty());
  CHECK(parse(lines[3]).at("poses").as_array().empty());
  const auto poses = parse(lines[2]).at("poses").as_array();
  REQUIRE(poses.size() == 2);
  CHECK(poses[0].at("track_id").as_integer() == 7);
  CHECK(poses[0].at("box").as_array()[0].as_number() == 5);
  CHECK(poses[1].find("track_id") == nullptr);
}

TEST_CASE("the other formats take frames too") {
  CHECK(parse(succeed(video({"--format", "json"}), frames(2))).at("images").as_array()[1].at("frame").as_integer() ==
        1);
  CHECK(parse(succeed(video({"--format", "coco"}), frames(2))).as_array()[1].at("image_id").as_integer() == 1);
  CHECK(lines_of(succeed(video({"--format", "csv"}), frames(2)))[18].rfind("1,0,0,Nose,", 0) == 0);
  CHECK(succeed(video({"--format", "text"}), frames(2)).find("\nframe 1: 80x60, 1 pose\n") != std::string::npos);
}

TEST_CASE("a stream that is cut within a frame is an error that names frame and bytes; frames before it are kept") {
  check_stops(video(), frames(3).substr(0, 2 * 14400 + 100), 2, {"frame 2", "14400", "80x60", "found 100"});
  check_stops(video(), frames(1).substr(0, 14399), 0, {"frame 0", "14400", "found 14399"});
  check_stops(video({"--format", "json"}), frames(1) + "x", 3, {"frame 1", "found 1:"});
}

TEST_CASE("frames of another size than told are noticed at the stream's end") {
  check_stops({"run", plain_model(), "--raw", "80x61"}, frames(2), 1, {"frame 1", "another size"});
}

TEST_CASE("an empty stream and frames beyond --max-pixels are errors") {
  check_stops(video(), "", 0, {"standard input", "14400", "empty"});
  check_stops(video({"--max-pixels", "4799"}), frames(1), 0, {"80x60", "4799", "4800"});
  check_stops({"run", plain_model(), "--raw", "2147483647x2147483647"}, "", 0, {"--max-pixels"});
}

TEST_CASE("boxes for a frame behind the stream's end are an error; the results are kept") {
  const TemporaryFolder folder;
  write_file(folder / "boxes.json", R"([{"frame": 1, "bbox": [1,2,30,40]}, {"frame": 3, "bbox": [1,2,30,40]}])");
  check_stops(video({"--boxes", (folder / "boxes.json").c_str()}), frames(3), 3, {"frame 3", "3 frames"});
}

TEST_CASE("a box that cannot be cropped fails its own frame only") {
  const TemporaryFolder folder;
  write_file(folder / "boxes.json", R"([{"frame": 0, "bbox": [1,2,30,40]}, {"frame": 1, "bbox": [5,5,0,0]},
                                        {"frame": 2, "bbox": [1,2,30,40]}])");
  const Finished finished = vitpose::test::vitpose(video({"--boxes", (folder / "boxes.json").c_str()}), frames(3));
  CHECK(finished.exit_code == 1);
  CHECK(finished.err.rfind("vitpose: 1 of 3 frames failed, the first: frame 1: box", 0) == 0);
  const auto lines = lines_of(finished.out);
  REQUIRE(lines.size() == 3);
  CHECK(lines[1].rfind("{\"frame\":1,\"error\":\"", 0) == 0);
  CHECK(parse(lines[2]).at("poses").as_array().size() == 1);
}

TEST_CASE("files of boxes that are no boxes of frames are refused") {
  const TemporaryFolder folder;
  const auto refuse = [&](const std::string& content, std::initializer_list<std::string_view> parts) {
    write_file(folder / "boxes.json", content);
    check_stops(video({"--boxes", (folder / "boxes.json").c_str()}), frames(1), 0, parts);
  };
  refuse("{}", {"boxes.json", "array"});
  refuse(R"([{"file_name": "a.png", "bbox": [1,2,3,4]}])", {"[0]", "frame"});
  refuse(R"([{"frame": -1, "bbox": [1,2,3,4]}])", {"[0].frame", "-1"});
  refuse(R"([{"frame": 0.5, "bbox": [1,2,3,4]}])", {"[0].frame"});
  refuse(R"([{"frame": "0", "bbox": [1,2,3,4]}])", {"[0].frame"});
  refuse(R"([{"frame": 0, "bbox": [1,2,3]}])", {"[0].bbox"});
  refuse(R"([{"frame": 0, "bbox": [1,2,3,4], "track_id": "one"}])", {"[0].track_id"});
  refuse(R"([{"frame": 0, "bbox": [1,2,3,4], "track_id": 1}, {"frame": 0, "bbox": [1,2,3,4], "track_id": 1}])",
         {"[1].track_id", "track 1"});
}

TEST_CASE("frames need their experts too") {
  const std::vector<std::string> arguments{"run", expert_model(), "--raw", "80x60"};
  check_stops(arguments, frames(1), 0, {"frame 0", "expert", "0 to 2"});
  std::vector<std::string> told = arguments;
  told.insert(told.end(), {"--expert", "1"});
  CHECK(lines_of(succeed(told, frames(2))).size() == 2);
}

TEST_CASE("a frame's poses are in the output file before the next frame comes") {
  const TemporaryFolder folder;
  Pipe pipe;
  std::vector<std::string> arguments = video({"-o"});
  arguments.push_back(folder / "poses.jsonl");
  Process process(arguments, pipe.read_end, open_to_write(folder / "out"), open_to_write(folder / "err"));
  pipe.read_end.close();
  for (std::size_t i = 1; i <= 3; ++i) {
    REQUIRE(pipe.write_end.write(frame(0)));
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    std::string lines;
    while (lines_of(lines).size() < i && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      lines = read_file(folder / "poses.jsonl");
    }
    CHECK(lines_of(lines).size() == i);
    CHECK(lines.back() == '\n');
  }
  pipe.write_end.close();
  CHECK(process.wait() == 0);
}

TEST_CASE("an output that cannot be written ends a video although its source goes on") {
  const TemporaryFolder folder;
  Pipe pipe;
  std::vector<std::string> arguments = video({"-o", "/dev/full"});
  Process process(arguments, pipe.read_end, open_to_write(folder / "out"), open_to_write(folder / "err"));
  pipe.read_end.close();
  int written = 0;
  while (written < 10000 && pipe.write_end.write(frame(0))) ++written;
  CHECK(written < 10000);  // the pipe broke
  CHECK(process.wait() == 1);
  CHECK(read_file(folder / "err").find("/dev/full") != std::string::npos);
}

TEST_CASE("an output that cannot be written ends a video whose next frame never comes") {
  const TemporaryFolder folder;
  Pipe pipe;
  Process process(video({"-o", "/dev/full"}), pipe.read_end, open_to_write(folder / "out"),
                  open_to_write(folder / "err"));
  REQUIRE(pipe.write_end.write(frame(0)));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (process.resident_kb() > 0 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  REQUIRE(process.resident_kb() == 0);
  CHECK(process.wait() == 1);
  CHECK(read_file(folder / "err").find("/dev/full") != std::string::npos);
}
