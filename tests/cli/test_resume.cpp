// Interrupted runs: nothing is lost, nothing is done twice.
#include <chrono>
#include <filesystem>
#include <thread>

#include "tests/cli/cli_support.h"
#include "tests/cli/process.h"

using namespace vitpose::test;
using vitpose::engine::testing::read_file;
using vitpose::engine::testing::write_file;
namespace fs = std::filesystem;

namespace {

// Pictures 1000.png, 1001.png, ... and a file for poses beside their folder.
class Job {
 public:
  explicit Job(int pictures) : pictures_(pictures) {
    fs::create_directory(shots());
    for (int i = 0; i < pictures; ++i) fs::copy(picture_folder() + (i % 2 == 0 ? "/a.png" : "/b.png"), picture(i));
  }
  std::string shots() const { return folder_ / "shots"; }
  std::string picture(int i) const { return shots() + "/" + std::to_string(1000 + i) + ".png"; }
  std::string output() const { return folder_ / "poses.jsonl"; }
  int pictures() const { return pictures_; }

  std::vector<std::string> arguments(std::initializer_list<const char*> more = {}) const {
    std::vector<std::string> words{"run", plain_model(), shots(), "--format", "jsonl", "-o", output()};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  std::string uninterrupted() const {
    succeed(arguments());
    return read_file(output());
  }
  void resume() const { CHECK(succeed(arguments({"--resume"})).empty()); }

 private:
  TemporaryFolder folder_;
  int pictures_;
};

std::size_t line_count(const std::string& path) {
  return lines_of(read_file(path)).size();
}

}  // namespace

TEST_CASE("a run that is killed again and again and resumed loses nothing and does nothing twice") {
  const Job job(120);
  const std::string expected = job.uninterrupted();
  fs::remove(job.output());
  const TemporaryFolder streams;
  write_file(streams / "in", "");
  std::size_t done = 0;
  for (int kills = 0; kills < 3; ++kills) {
    // The slowest instruction set gives the same bits, and time to be killed in.
    Process process(job.arguments({"--resume", "--batch", "2", "--isa", "scalar"}), open_to_read(streams / "in"),
                    open_to_write(streams / "out"), open_to_write(streams / "err"));
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (line_count(job.output()) < done + 5 && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    process.kill();
    REQUIRE(process.wait() == 128 + 9);
    const std::size_t now = line_count(job.output());
    CHECK(now >= done + 5);
    REQUIRE(now < 120);  // else the kill came too late to test anything
    CHECK(expected.rfind(read_file(job.output()), 0) == 0);
    done = now;
  }
  job.resume();
  CHECK(read_file(job.output()) == expected);
}

TEST_CASE("a line that was cut anywhere is dropped and its picture done again") {
  const Job job(3);
  const std::string expected = job.uninterrupted();
  const std::size_t second = expected.find('\n') + 1;
  const std::size_t third = expected.find('\n', second) + 1;
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, second - 1, second, second + 1, third - 2, third - 1,
                                 third, third + 5, expected.size() - 1, expected.size()}) {
    write_file(job.output(), expected.substr(0, size));
    job.resume();
    CHECK(read_file(job.output()) == expected);
  }
}

TEST_CASE("a resumed run that has nothing left to do changes nothing") {
  const Job job(3);
  const std::string expected = job.uninterrupted();
  const auto time = fs::last_write_time(job.output());
  job.resume();
  CHECK(read_file(job.output()) == expected);
  CHECK(fs::last_write_time(job.output()) == time);
}

TEST_CASE("resuming without an earlier run is a run") {
  const Job job(3);
  job.resume();
  CHECK(line_count(job.output()) == 3);
}

TEST_CASE("pictures that failed are tried again, and told once") {
  const Job job(4);
  const std::string expected = job.uninterrupted();
  const std::string good = read_file(job.picture(1));
  write_file(job.picture(1), "no picture");
  for (const auto& more : {std::initializer_list<const char*>{}, std::initializer_list<const char*>{"--resume"}}) {
    const Finished finished = vitpose::test::vitpose(job.arguments(more));
    CHECK(finished.exit_code == 1);
    CHECK(finished.err.find("vitpose: 1 of ") == 0);
    CHECK(finished.err.find(job.picture(1)) != std::string::npos);
    const std::string lines = read_file(job.output());
    CHECK(lines_of(lines).size() == 4);
    CHECK(lines.find("\"error\"") == lines.rfind("\"error\""));
  }
  write_file(job.picture(1), good);
  job.resume();
  const std::vector<std::string> lines = lines_of(read_file(job.output()));
  const std::vector<std::string> all = lines_of(expected);
  CHECK(lines == std::vector<std::string>{all[0], all[2], all[3], all[1]});
}

TEST_CASE("pictures that came later are added to what is there") {
  const Job job(2);
  const std::string before = job.uninterrupted();
  fs::copy(job.picture(0), job.shots() + "/0999.png");
  job.resume();
  const std::vector<std::string> lines = lines_of(read_file(job.output()));
  REQUIRE(lines.size() == 3);
  CHECK(read_file(job.output()).rfind(before, 0) == 0);
  CHECK(parse(lines[2]).at("path").as_string() == job.shots() + "/0999.png");
}

TEST_CASE("a picture that is given twice is done twice, resumed or not") {
  const TemporaryFolder folder;
  const std::vector<std::string> arguments{"run",      plain_model(), "a.png", "a.png",
                                           "--format", "jsonl",       "-o",    folder / "poses.jsonl"};
  succeed(arguments);
  const std::string expected = read_file(folder / "poses.jsonl");
  write_file(folder / "poses.jsonl", expected.substr(0, expected.find('\n') + 1));
  std::vector<std::string> resumed = arguments;
  resumed.push_back("--resume");
  succeed(resumed);
  CHECK(read_file(folder / "poses.jsonl") == expected);
}

TEST_CASE("pictures whose names are no UTF-8 are done once, and refused where their results would look alike") {
  const Job job(2);
  fs::rename(job.picture(1), job.shots() + "/\xff.png");
  const std::string expected = job.uninterrupted();
  job.resume();
  CHECK(read_file(job.output()) == expected);
  fs::copy(job.picture(0), job.shots() + "/\xfe.png");
  check_fails(1, job.arguments({"--resume"}), {"UTF-8"});
  CHECK(read_file(job.output()) == expected);
}

TEST_CASE("a file that is no output of such a run is refused and left as it was") {
  const Job job(2);
  const std::string line = R"({"path":"x.png","width":1,"height":1,"poses":[]})"
                           "\n";
  for (const std::string& content :
       {std::string("these are words\n"), line + "{\n" + line, line + "[]\n", line + "{\"frame\":1,\"poses\":[]}\n",
        line + "{\"path\":\"y.png\"}\n", line + "{\"path\":7,\"poses\":[]}\n", line + "\n" + line}) {
    write_file(job.output(), content);
    check_fails(1, job.arguments({"--resume"}), {job.output()});
    CHECK(read_file(job.output()) == content);
  }
  fs::remove(job.output());
  fs::create_directory(job.output());
  check_fails(1, job.arguments({"--resume"}), {job.output()});
}
