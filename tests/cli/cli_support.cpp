#include "tests/cli/cli_support.h"

#include <cmath>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/image.h"
#include "io/npy.h"

namespace vitpose::test {

namespace {

class ModelFolder {
 public:
  explicit ModelFolder(engine::Index experts) {
    tools::RandomModelOptions options;
    options.hidden_size = 32;
    options.layers = 2;
    options.heads = 2;
    options.part_features = 8;
    options.experts = experts;
    tools::write_random_model(path_, options);
  }
  const std::string& path() const { return path_; }

 private:
  TemporaryFolder folder_;
  std::string path_ = folder_ / "model";
};

void write_picture(const std::string& path, int width, int height) {
  engine::Image image{width, height, {}};
  std::uint32_t state = static_cast<std::uint32_t>(width * 1000 + height);
  for (int i = 0; i < width * height * 3; ++i) {
    state = state * 1664525u + 1013904223u;
    image.rgb.push_back(static_cast<std::uint8_t>(state >> 24));
  }
  engine::write_image(path, image);
}

class PictureFolder {
 public:
  PictureFolder() {
    write_picture(folder_ / "a.png", 80, 60);
    write_picture(folder_ / "b.png", 50, 70);
    write_picture(folder_ / "000000000785.png", 64, 64);
  }
  const std::string& path() const { return path_; }

 private:
  TemporaryFolder folder_;
  std::string path_ = folder_.path();
};

}  // namespace

Finished vitpose(const std::vector<std::string>& arguments, const std::string& input) {
  const TemporaryFolder folder;
  engine::testing::write_file(folder / "in", input);
  std::vector<std::string> words{VITPOSE_BINARY};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, (folder / "in").c_str(), O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, (folder / "out").c_str(), O_WRONLY | O_CREAT, 0600);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, (folder / "err").c_str(), O_WRONLY | O_CREAT, 0600);
  posix_spawn_file_actions_addchdir_np(&actions, picture_folder().c_str());
  pid_t child = 0;
  const int error = posix_spawn(&child, VITPOSE_BINARY, &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  REQUIRE(error == 0);

  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  const int exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return {exit_code, engine::testing::read_file(folder / "out"), engine::testing::read_file(folder / "err")};
}

std::string succeed(const std::vector<std::string>& arguments, const std::string& input) {
  const Finished finished = vitpose(arguments, input);
  INFO("standard error: ", finished.err);
  CHECK(finished.exit_code == 0);
  CHECK(finished.err.empty());
  return finished.out;
}

void check_fails(int exit_code, const std::vector<std::string>& arguments,
                 std::initializer_list<std::string_view> parts) {
  const Finished finished = vitpose(arguments);
  std::string line;
  for (const std::string& argument : arguments) line += argument + " ";
  INFO("arguments: ", line);
  INFO("standard error: ", finished.err);
  CHECK(finished.exit_code == exit_code);
  CHECK(finished.out.empty());
  CHECK(finished.err.rfind("vitpose: ", 0) == 0);
  CHECK(finished.err.find('\n') == finished.err.size() - 1);
  for (const std::string_view part : parts) {
    INFO("expected part: ", std::string(part));
    CHECK(finished.err.find(part) != std::string::npos);
  }
}

const std::string& plain_model() {
  static const ModelFolder model(1);
  return model.path();
}

const std::string& expert_model() {
  static const ModelFolder model(3);
  return model.path();
}

const std::string& picture_folder() {
  static const PictureFolder folder;
  return folder.path();
}

engine::Tensor read_f32(const std::string& path) {
  engine::Tensor tensor = engine::read_npy(path);
  REQUIRE(tensor.dtype() == engine::DType::kF32);
  return tensor;
}

bool same_bits(const engine::Tensor& a, const engine::Tensor& b) {
  return a.dtype() == b.dtype() && a.shape() == b.shape() && std::memcmp(a.raw(), b.raw(), a.size_bytes()) == 0;
}

Json parse(const std::string& text) {
  return Json::parse(text, "output");
}

float to_f32(const Json& number) {
  return number.is_null() ? std::nanf("") : static_cast<float>(number.as_number());
}

}  // namespace vitpose::test
