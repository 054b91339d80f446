// Images, heatmaps and boxes by name, the same bits as golden_inputs.py makes, and the digest of results.
#pragma once

#include <cstdint>
#include <fstream>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include "core/shape.h"
#include "model/image_view.h"

namespace vitpose::engine::golden {

std::uint64_t word(std::uint64_t seed, std::uint64_t index);
double uniform(std::uint64_t seed, std::uint64_t index);  // [0, 1)

// 16 hexadecimal digits; zeros lose their sign and NaNs their payload.
std::string digest(std::span<const float> values);
std::string digest(std::span<const std::int64_t> values);

struct Picture {
  std::vector<std::uint8_t> rgb;
  int width;
  int height;

  ImageView view() const { return {rgb.data(), width, height, std::ptrdiff_t{3} * width, PixelFormat::kRgb8}; }
};
Picture image(const std::string& name);

std::vector<Box> boxes(std::uint64_t seed, Index count);

struct HeatmapCase {
  std::string kind;
  std::uint64_t seed;
  Index n;
  Index k;
  Index h;
  Index w;

  Shape shape() const { return {n, k, h, w}; }
};
std::vector<float> heatmaps(const HeatmapCase& which);

// The lines of a file in tests/numerics/goldens; a test fails when there are none.
std::vector<std::string> lines(const std::string& file);
double parse_double(const std::string& token);  // hexadecimal, "nan", "inf"

}  // namespace vitpose::engine::golden
