// Crops against transformers' own, by digest (make_goldens.py).
#include <bit>
#include <doctest/doctest.h>
#include <ostream>

#include "core/error.h"
#include "model/preprocess.h"
#include "tests/numerics/golden_inputs.h"

namespace vitpose::engine {
namespace {

struct Environment {
  const char* name;
  NumericsOptions options;
};

constexpr NumericsOptions kHf4{Normalization::kHf4, WarpMatrix::kNumpy2, false};
constexpr NumericsOptions kHf5{Normalization::kHf5, WarpMatrix::kNumpy2, false};
constexpr NumericsOptions kNumpy1{Normalization::kHf4, WarpMatrix::kNumpy1, false};

struct GoldenCrop {
  std::string image;
  PreprocessConfig config;
  Box box;
  std::string expected;
};

GoldenCrop parse(const std::string& line) {
  std::istringstream fields(line);
  GoldenCrop golden;
  std::string flags;
  std::string config;
  std::string x, y, w, h;
  fields >> golden.image >> golden.config.height >> golden.config.width >> flags >> config >> x >> y >> w >> h >>
      golden.expected;
  golden.config.do_rescale = flags.find('r') != std::string::npos;
  golden.config.do_normalize = flags.find('n') != std::string::npos;
  if (config == "custom") {
    golden.config.rescale_factor = 0.01;
    golden.config.mean = {0.5, 0.4, 0.3};
    golden.config.std = {0.2, 0.3, 0.7};
  }
  golden.box = {golden::parse_double(x), golden::parse_double(y), golden::parse_double(w), golden::parse_double(h)};
  return golden;
}

std::string digest_of_crop(const golden::Picture& picture, const GoldenCrop& golden, const NumericsOptions& numerics) {
  std::vector<float> values(static_cast<std::size_t>(3 * golden.config.height * golden.config.width));
  try {
    Preprocessor(golden.config, numerics).crop(picture.view(), golden.box, values.data());
  } catch (const Error& error) {
    return error.code() == ErrorCode::kInvalidArgument ? "error" : error.what();
  }
  return golden::digest(values);
}

void check_crops(const Environment& environment) {
  std::string name;
  golden::Picture picture{};
  for (const std::string& line : golden::lines(std::string("preprocess-") + environment.name + ".txt")) {
    const GoldenCrop golden = parse(line);
    if (golden.image != name) picture = golden::image(name = golden.image);
    CAPTURE(line);
    CHECK(digest_of_crop(picture, golden, environment.options) == golden.expected);
  }
}

void check_levels(const Environment& environment) {
  const PreprocessConfig config{.height = 8, .width = 6};
  std::vector<float> values(3 * 8 * 6);
  for (const std::string& line : golden::lines(std::string("levels-") + environment.name + ".txt")) {
    std::istringstream fields(line);
    std::string level;
    fields >> level >> std::hex;
    const golden::Picture picture = golden::image("level:" + level + ":64x64");
    Preprocessor(config, environment.options).crop(picture.view(), {10, 10, 30, 40}, values.data());
    for (std::size_t channel = 0; channel < 3; ++channel) {
      std::uint32_t bits = 0;
      fields >> bits;
      CAPTURE(level);
      CHECK(std::bit_cast<std::uint32_t>(values[channel * 48]) == bits);
    }
  }
}

TEST_CASE("crops have the bits of transformers 4.56.2 with NumPy 2") {
  check_crops({"hf4", kHf4});
}
TEST_CASE("crops have the bits of transformers 4.56.2 with NumPy 1") {
  check_crops({"numpy1", kNumpy1});
}
TEST_CASE("crops have the bits of transformers 5.23.0's default class") {
  check_crops({"hf5", kHf5});
}

TEST_CASE("all 768 normalised levels have the bits of both modes") {
  check_levels({"hf4", kHf4});
  check_levels({"hf5", kHf5});
}

TEST_CASE("the goldens tell the modes apart") {
  const auto differing = [](const char* a, const char* b) {
    const std::vector<std::string> left = golden::lines(a);
    const std::vector<std::string> right = golden::lines(b);
    REQUIRE(left.size() == right.size());
    int count = 0;
    for (std::size_t i = 0; i < left.size(); ++i) count += left[i] != right[i];
    return count;
  };
  CHECK(differing("preprocess-hf4.txt", "preprocess-hf5.txt") > 20);
  CHECK(differing("preprocess-hf4.txt", "preprocess-numpy1.txt") > 5);
  CHECK(differing("levels-hf4.txt", "levels-hf5.txt") > 100);
}

}  // namespace
}  // namespace vitpose::engine
