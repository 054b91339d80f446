#include <bit>
#include <cmath>
#include <doctest/doctest.h>
#include <limits>
#include <string>

#include "core/error.h"
#include "model/dark_refinement.h"
#include "tests/numerics/golden_inputs.h"

namespace vitpose::engine {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

TEST_CASE("the blur's weights have the bits of SciPy's") {
  for (const std::string& line : golden::lines("weights.txt")) {
    std::istringstream fields(line);
    int kernel_size = 0;
    fields >> kernel_size;
    const HeatmapBlur blur(kernel_size);
    int radius = -1;
    for (std::string weight; fields >> weight;) CHECK(blur.weight(++radius) == golden::parse_double(weight));
    CHECK(blur.radius() == radius);
  }
}

TEST_CASE("the default blur has the documented weights") {
  const HeatmapBlur blur(11);
  CHECK(blur.weight(0) == 0x1.fea48db421f69p-2);
  CHECK(blur.weight(1) == 0x1.d3941fa562bb1p-3);
  CHECK(blur.weight(5) == 0x1.c37c1171660bep-30);
}

TEST_CASE("kernel sizes below one and absurd ones are refused") {
  for (const int size : {0, -1, -11, std::numeric_limits<int>::min(), 1024, std::numeric_limits<int>::max()}) {
    try {
      const HeatmapBlur blur(size);
      FAIL("accepted");
    } catch (const Error& error) {
      CHECK(error.code() == ErrorCode::kInvalidArgument);
      CHECK(std::string(error.what()).find("found " + std::to_string(size)) != std::string::npos);
    }
  }
}

TEST_CASE("the logarithm has NumPy's bits over the whole clipped range") {
  for (const std::string& line : golden::lines("log.txt")) {
    std::istringstream fields(line);
    std::uint32_t bits = 0;
    std::size_t count = 0;
    std::string expected;
    fields >> bits >> count >> expected;
    std::vector<float> logs;
    for (std::size_t i = 0; i < count; ++i, bits += 89) logs.push_back(numpy_log(std::bit_cast<float>(bits)));
    CAPTURE(line);
    CHECK(golden::digest(logs) == expected);
  }
}

TEST_CASE("the logarithm lets NaN through") {
  CHECK(std::isnan(numpy_log(kNan)));
}

TEST_CASE("a blurred value is clipped, and its edge is repeated one pixel outside the map") {
  const std::vector<float> map(5 * 4, 99.0f);
  const HeatmapView view{map.data(), 5, 4};
  const HeatmapBlur blur(11);
  CHECK(log_blurred(view, blur, 2, 2) == numpy_log(50.0f));
  const std::vector<float> negative(5 * 4, -1.0f);
  CHECK(log_blurred({negative.data(), 5, 4}, blur, 0, 0) == numpy_log(0.001f));
  const std::vector<float> noisy = golden::heatmaps({"bump", 4, 1, 1, 5, 4});
  const HeatmapView edge{noisy.data(), 5, 4};
  CHECK(log_blurred(edge, blur, -1, -1) == log_blurred(edge, blur, 0, 0));
  CHECK(log_blurred(edge, blur, 5, 2) == log_blurred(edge, blur, 4, 2));
  CHECK(log_blurred(edge, blur, 1, 4) == log_blurred(edge, blur, 1, 3));
}

TEST_CASE("without a blur the step reads the map itself") {
  const std::vector<float> map = golden::heatmaps({"bump", 5, 1, 1, 5, 4});
  for (const int size : {1, 2}) {
    CHECK(log_blurred({map.data(), 5, 4}, HeatmapBlur(size), 3, 1) == numpy_log(map[3 * 4 + 1]));
  }
}

TEST_CASE("a symmetric peak stays, a tilted one moves towards the higher side") {
  Peak peak{10, 20};
  REQUIRE(newton_step({0.0f, -1.0f, -1.0f, -1.0f, -1.0f, -2.0f, -2.0f}, peak));
  CHECK(peak.x == 10.0f);
  CHECK(peak.y == 20.0f);
  REQUIRE(newton_step({0.0f, -0.5f, -1.5f, -1.0f, -1.0f, -1.5f, -2.5f}, peak));
  CHECK(peak.x > 10.0f);
  CHECK(std::abs(peak.y - 20.0f) < 1e-5f);
}

TEST_CASE("an exactly singular Hessian is reported and leaves the peak") {
  Peak peak{3, 4};
  const float step = 0x1p-23f;  // cancels the epsilon added to the diagonal
  CHECK_FALSE(newton_step({step, step, 0.0f, step, 0.0f, 0.0f, 0.0f}, peak));
  CHECK(peak.x == 3.0f);
  CHECK(peak.y == 4.0f);
}

TEST_CASE("a Hessian whose first element is zero is inverted with its rows exchanged") {
  Peak peak{3, 4};
  const float step = 0x1p-23f;  // the Hessian is about [[0, 0.5], [0.5, -1]], the gradient (0, 0.5)
  REQUIRE(newton_step({step, step, 0.0f, 0.0f, -1.0f, 0.0f, 0.0f}, peak));
  CHECK(std::abs(peak.x - 2.0f) < 1e-5f);
  CHECK(std::abs(peak.y - 4.0f) < 1e-5f);
}

TEST_CASE("NaN in any tap gives NaN, not a refusal") {
  Peak peak{3, 4};
  CHECK(newton_step({0.0f, -1.0f, -1.0f, -1.0f, kNan, -2.0f, -2.0f}, peak));
  CHECK(std::isnan(peak.x));
  CHECK(std::isnan(peak.y));
}

}  // namespace
}  // namespace vitpose::engine
