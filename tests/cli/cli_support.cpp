#include "tests/cli/cli_support.h"

#include <cmath>
#include <cstring>
#include <filesystem>
#include <sstream>

#include "io/image.h"
#include "io/npy.h"
#include "tests/cli/process.h"

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
  Process process(arguments, open_to_read(folder / "in"), open_to_write(folder / "out"), open_to_write(folder / "err"));
  const int exit_code = process.wait();
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

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string poses_of(const std::string& line) {
  const std::size_t poses = line.find("\"poses\"");
  REQUIRE(poses != std::string::npos);
  return line.substr(poses);
}

Json parse(const std::string& text) {
  return Json::parse(text, "output");
}

float to_f32(const Json& number) {
  return number.is_null() ? std::nanf("") : static_cast<float>(number.as_number());
}

}  // namespace vitpose::test
