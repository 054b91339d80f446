// Ten thousand frames: memory stays where it was.
#include <algorithm>
#include <filesystem>
#include <thread>
#include <unistd.h>

#include "io/image.h"
#include "tests/cli/cli_support.h"
#include "tests/cli/process.h"

using namespace vitpose::test;
namespace engine = vitpose::engine;

namespace {

constexpr int kFirst = 1'000;
constexpr int kLast = 10'000;
constexpr int kBehind = 500;      // more than a pipe holds results of, so that the process is there at frame kLast
constexpr long kFlat = 2 * 1024;  // kB: a line of results is above 1 kB, and 9,000 of them above 9 MB

const std::string& small_model() {
  static const TemporaryFolder folder;
  static const std::string path = [] {
    vitpose::tools::RandomModelOptions options;
    options.image_height = 64;
    options.image_width = 48;
    options.hidden_size = 32;
    options.layers = 1;
    options.heads = 2;
    vitpose::tools::write_random_model(folder / "model", options);
    return folder / "model";
  }();
  return path;
}

engine::Image synthetic_frame(int number) {
  engine::Image image{32, 24, {}};
  for (int i = 0; i < 32 * 24 * 3; ++i) image.rgb.push_back(static_cast<std::uint8_t>(i * (number % 251 + 1)));
  return image;
}

struct Memory {
  long first_kb = 0;
  long last_kb = 0;
  int lines = 0;
};

// Reads the results line by line, and looks at the process when it has written so many.
Memory follow(const Process& process, const Descriptor& results) {
  Memory memory;
  char buffer[1 << 12];
  for (ssize_t count = 0; (count = ::read(results.get(), buffer, sizeof(buffer))) > 0;) {
    for (const char c : std::string_view(buffer, static_cast<std::size_t>(count))) {
      if (c != '\n') continue;
      ++memory.lines;
      if (memory.lines == kFirst) memory.first_kb = process.resident_kb();
      if (memory.lines == kLast) memory.last_kb = process.resident_kb();
    }
  }
  return memory;
}

void check_flat(const std::string& what, const Memory& memory) {
  MESSAGE(what << ": " << memory.first_kb << " kB at frame " << kFirst << ", " << memory.last_kb << " kB at frame "
               << kLast);
  CHECK(memory.lines == kLast + kBehind);
  REQUIRE(memory.first_kb > 0);
  REQUIRE(memory.last_kb > 0);
  CHECK(memory.last_kb <= memory.first_kb + kFlat);
}

}  // namespace

TEST_CASE("memory is flat over 10,000 frames of a pipe") {
  const TemporaryFolder folder;
  Pipe video;
  Pipe results;
  Process process({"run", small_model(), "--raw", "32x24", "--smooth"}, video.read_end, results.write_end,
                  open_to_write(folder / "err"));
  video.read_end.close();
  results.write_end.close();
  std::thread camera([&] {
    for (int i = 0; i < kLast + kBehind; ++i) {
      const engine::Image image = synthetic_frame(i);
      if (!video.write_end.write({reinterpret_cast<const char*>(image.rgb.data()), image.rgb.size()})) break;
    }
    video.write_end.close();
  });
  const Memory memory = follow(process, results.read_end);
  camera.join();
  CHECK(process.wait() == 0);
  check_flat("pipe", memory);
}

TEST_CASE("memory is flat over 10,000 pictures of a folder") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "shots");
  for (int i = 0; i < kLast + kBehind; ++i) {
    const std::string path = folder / ("shots/" + std::to_string(100'000 + i) + ".png");
    if (i < 50) {
      engine::write_image(path, synthetic_frame(i));
    } else {
      std::filesystem::create_hard_link(folder / ("shots/" + std::to_string(100'000 + i % 50) + ".png"), path);
    }
  }
  engine::testing::write_file(folder / "in", "");
  Pipe results;
  Process process({"run", small_model(), folder / "shots", "--format", "jsonl"}, open_to_read(folder / "in"),
                  results.write_end, open_to_write(folder / "err"));
  results.write_end.close();
  const Memory memory = follow(process, results.read_end);
  CHECK(process.wait() == 0);
  check_flat("folder", memory);
}
