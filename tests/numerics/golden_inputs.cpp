#include "tests/numerics/golden_inputs.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <doctest/doctest.h>
#include <limits>
#include <stdexcept>

#include "io/image.h"

namespace vitpose::engine::golden {
namespace {

constexpr std::uint64_t kGoldenRatio = 0x9E3779B97F4A7C15;

std::uint64_t mix(std::uint64_t z) {  // the finaliser of splitmix64
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

template <class Bits>
std::string sum_of_mixed(std::size_t count, Bits bits) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += mix(bits(i) + (i + 1) * kGoldenRatio);
  std::ostringstream text;
  text << std::hex;
  text.width(16);
  text.fill('0');
  text << sum;
  return text.str();
}

std::uint8_t pixel(const std::string& kind, std::uint64_t seed, int x, int y, int c, std::size_t index) {
  constexpr std::array<std::array<std::uint8_t, 3>, 2> kChecker{{{0, 0, 128}, {255, 1, 201}}};
  if (kind == "noise") return static_cast<std::uint8_t>(word(seed, index) >> 56);
  if (kind == "checker") return kChecker[static_cast<std::size_t>((x + y) % 2)][static_cast<std::size_t>(c)];
  if (kind == "ramp") return static_cast<std::uint8_t>((3 * x + 5 * y + 7 * c) % 256);
  if (kind == "step") return static_cast<std::uint8_t>(static_cast<std::uint64_t>(x + y) * seed % 256);
  if (kind == "level") return static_cast<std::uint8_t>(seed);
  throw std::runtime_error("unknown image kind " + kind);
}

// Where one value lies: map m of the batch, row y, column x, i-th of all.
struct Place {
  Index m;
  Index y;
  Index x;
  std::uint64_t i;
};

double bump(const HeatmapCase& which, const Place& at) {
  const auto u = [&](std::uint64_t field) { return uniform(which.seed, 4 * static_cast<std::uint64_t>(at.m) + field); };
  const double dx = static_cast<double>(at.x) - (u(0) * static_cast<double>(which.w + 1) - 1.0);
  const double dy = static_cast<double>(at.y) - (u(1) * static_cast<double>(which.h + 1) - 1.0);
  const double scale = 2.0 + 4.0 * u(2);
  const double t = 1.0 + (dx * dx + dy * dy) / (scale * scale);
  return (0.25 + 0.75 * u(3)) / ((t * t) * (t * t));
}

double border(const HeatmapCase& which, const Place& at, double noise) {
  const std::array<Index, 8> rows{0, 0, 0, which.h / 2, which.h - 1, which.h - 1, which.h - 1, which.h / 2};
  const std::array<Index, 8> columns{0, which.w / 2, which.w - 1, which.w - 1, which.w - 1, which.w / 2, 0, 0};
  const auto turn = static_cast<std::size_t>(at.m % 8);
  return at.y == rows[turn] && at.x == columns[turn] ? 1.0 : noise * 0.01;
}

double singular(const HeatmapCase& which, const Place& at) {
  const Index dy = at.y - which.h / 2;
  const Index dx = at.x - which.w / 2;
  if (std::abs(dy) > 1 || std::abs(dx) > 1) return 0;
  const bool high = (dy == 0 && dx >= 0) || (dy == 1 && dx == 0);
  return high && dx <= 1 ? 5.0 : 5.0 - 0x1p-21;
}

double holes(const HeatmapCase& which, const Place& at) {
  if (at.m == 0) return 0.0;
  const double value = at.m % 4 == 2 ? 0.0 : bump(which, at);
  return at.m == which.n * which.k - 1 ? -value : value;
}

double heatmap_value(const HeatmapCase& which, const Place& at) {
  const std::string& kind = which.kind;
  const double noise = uniform(which.seed + 1000, at.i);
  const bool on_spot =
      word(which.seed + 2000, static_cast<std::uint64_t>(at.m)) % static_cast<std::uint64_t>(which.h * which.w) ==
      static_cast<std::uint64_t>(at.y * which.w + at.x);
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (kind == "bump") return bump(which, at);
  if (kind == "noisy") return bump(which, at) + (noise - 0.5) * 0.05;
  if (kind == "random") return noise * 2.0 - 1.0;
  if (kind == "negative") return noise * -0.5 - 0.001;
  if (kind == "holes") return holes(which, at);
  if (kind == "wrap") return (at.m % 2 == 0 ? -1.0 : 1.0) * (noise + 0.25);
  if (kind == "faint") return bump(which, at) * 0.0009;
  if (kind == "loud") return bump(which, at) * 200.0;
  if (kind == "quantised") return std::floor(bump(which, at) * 8.0) / 8.0;
  if (kind == "tied") return std::floor(noise * 3.0);
  if (kind == "pixel") return on_spot ? 0.9 : 0.0;
  if (kind == "border") return border(which, at, noise);
  if (kind == "constant") return 0.5;
  if (kind == "ramp") return static_cast<double>(at.y) * 0.015625 + static_cast<double>(at.x) * 0.0078125;
  if (kind == "nan") return on_spot && at.m % 3 == 0 ? std::nan("") : bump(which, at);
  if (kind == "infinite" && on_spot && at.m % 3 != 2) return at.m % 3 == 0 ? kInfinity : -kInfinity;
  if (kind == "infinite") return noise * 2.0 - 1.0;
  if (kind == "singular") return singular(which, at);
  throw std::runtime_error("unknown heatmap kind " + kind);
}

}  // namespace

std::uint64_t word(std::uint64_t seed, std::uint64_t index) {
  return mix(((seed << 40) + index) * kGoldenRatio);
}

double uniform(std::uint64_t seed, std::uint64_t index) {
  return static_cast<double>(word(seed, index) >> 11) * 0x1p-53;
}

std::string digest(std::span<const float> values) {
  return sum_of_mixed(values.size(), [&](std::size_t i) -> std::uint64_t {
    return std::isnan(values[i]) ? 0x7FC00000u : std::bit_cast<std::uint32_t>(values[i] + 0.0f);
  });
}

std::string digest(std::span<const std::int64_t> values) {
  return sum_of_mixed(values.size(), [&](std::size_t i) { return static_cast<std::uint64_t>(values[i]); });
}

Picture image(const std::string& name) {
  if (name == "astronaut") {
    Image photo = read_image(VITPOSE_SOURCE_DIR "/data/images/astronaut.png");
    return {std::move(photo.rgb), photo.width, photo.height};
  }
  std::istringstream fields(name);
  std::string kind;
  std::getline(fields, kind, ':');
  std::uint64_t seed = 0;
  Picture picture{};
  char separator = 0;
  fields >> seed >> separator >> picture.width >> separator >> picture.height;
  picture.rgb.reserve(static_cast<std::size_t>(picture.width) * static_cast<std::size_t>(picture.height) * 3);
  for (int y = 0; y < picture.height; ++y) {
    for (int x = 0; x < picture.width; ++x) {
      for (int c = 0; c < 3; ++c) picture.rgb.push_back(pixel(kind, seed, x, y, c, picture.rgb.size()));
    }
  }
  return picture;
}

std::vector<Box> boxes(std::uint64_t seed, Index count) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const std::array<Box, 6> odd{
      {{10, 20, 0, 0}, {kNan, 0, 5, 5}, {5, 5, kInfinity, 3}, {1e39, 0, 4, 4}, {50, 60, -30, -40}, {1, 2, 0, 9}}};
  std::vector<Box> result;
  for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(count); ++i) {
    const auto hundredths = [&](std::uint64_t field, double range) {
      return std::floor(uniform(seed, 4 * i + field) * range) / 100.0;
    };
    result.push_back(seed == 0
                         ? odd[i % odd.size()]
                         : Box{hundredths(0, 30000), hundredths(1, 30000), hundredths(2, 20000), hundredths(3, 30000)});
  }
  return result;
}

std::vector<float> heatmaps(const HeatmapCase& which) {
  std::vector<float> values;
  values.reserve(static_cast<std::size_t>(which.shape().count()));
  for (Index m = 0; m < which.n * which.k; ++m) {
    for (Index y = 0; y < which.h; ++y) {
      for (Index x = 0; x < which.w; ++x) {
        values.push_back(static_cast<float>(heatmap_value(which, {m, y, x, values.size()})));
      }
    }
  }
  return values;
}

std::vector<std::string> lines(const std::string& file) {
  std::ifstream stream(std::string(VITPOSE_SOURCE_DIR "/tests/numerics/goldens/") + file);
  std::vector<std::string> result;
  for (std::string line; std::getline(stream, line);) result.push_back(line);
  REQUIRE_MESSAGE(!result.empty(), file);
  return result;
}

double parse_double(const std::string& token) {
  return std::strtod(token.c_str(), nullptr);
}

}  // namespace vitpose::engine::golden
