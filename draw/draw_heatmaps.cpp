#include "draw/draw_heatmaps.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "draw/coverage.h"
#include "draw/palette.h"

namespace vitpose::engine {

namespace {

constexpr int kColours = 256;
constexpr double kBackground = 0.45;  // opacity of the darkest colour by that of the brightest

// False for NaN.
bool is_drawable(double start, double step) {
  return std::abs(start) <= kFarthest && std::abs(step) <= kFarthest && std::abs(step) >= 1 / kFarthest;
}

// The maps of all keypoints, or of one, as a single map [h, w]; what is below 0 or not finite becomes 0.
std::vector<float> flatten(TensorView<const float> heatmaps, int keypoint) {
  const Index size = heatmaps.shape[1] * heatmaps.shape[2];
  const Index first = keypoint < 0 ? 0 : keypoint;
  const Index last = keypoint < 0 ? heatmaps.shape[0] : first + 1;
  std::vector<float> map(static_cast<std::size_t>(size), 0.0f);
  for (Index k = first; k < last; ++k) {
    const float* values = heatmaps.data + k * size;
    for (std::size_t i = 0; i < map.size(); ++i) {
      if (values[i] > map[i] && values[i] <= std::numeric_limits<float>::max()) map[i] = values[i];
    }
  }
  return map;
}

// The pixels of one row or column that lie on the map, and where on it.
struct Axis {
  int first = 0;
  int end = 0;
  double origin;  // map position of pixel 0
  double slope;   // per pixel
  Index extent;

  // A map covers half a step beyond the centres of its outermost values.
  Axis(double start, double step, Index values, int pixels) : origin(-start / step), slope(1 / step), extent(values) {
    const double a = start - 0.5 * step;
    const double b = start + (static_cast<double>(values) - 0.5) * step;
    first = static_cast<int>(std::ceil(std::clamp(std::min(a, b), 0.0, static_cast<double>(pixels))));
    end = static_cast<int>(std::ceil(std::clamp(std::max(a, b), 0.0, static_cast<double>(pixels))));
  }

  struct Sample {
    Index low, high;
    double part;  // of the way from low to high
  };
  Sample sample(int pixel) const {
    const double position = std::clamp(origin + pixel * slope, 0.0, static_cast<double>(extent - 1));
    const auto low = static_cast<Index>(position);
    return {low, std::min(low + 1, extent - 1), position - static_cast<double>(low)};
  }
};

struct Ink {
  LinearColour colour;
  std::uint32_t opacity;
};

std::array<Ink, kColours> make_inks(double opacity) {
  std::array<Ink, kColours> inks;
  for (int i = 0; i < kColours; ++i) {
    const double value = i / (kColours - 1.0);
    const double share = opacity * (kBackground + (1 - kBackground) * std::min(3 * value, 1.0));
    inks[static_cast<std::size_t>(i)] = {heat_colour(value), static_cast<std::uint32_t>(share * kWhole + 0.5)};
  }
  return inks;
}

void blend(std::uint8_t& target, std::uint16_t light, std::uint32_t opacity) {
  target = srgb_of_linear(mix(linear_of_srgb(target), light, opacity));
}

}  // namespace

void draw_heatmap(const Canvas& canvas, TensorView<const float> heatmaps, const HeatmapPlacement& placement,
                  const HeatmapStyle& style) {
  if (!is_drawable(placement.left, placement.step_x) || !is_drawable(placement.top, placement.step_y)) return;
  const std::vector<float> map = flatten(heatmaps, style.keypoint);
  const Index width = heatmaps.shape[2];
  const double largest = *std::max_element(map.begin(), map.end());
  const double full_scale = style.full_scale > 0 ? style.full_scale : largest;
  const std::array<Ink, kColours> inks = make_inks(style.opacity);
  const Axis along(placement.left, placement.step_x, width, canvas.width);
  const Axis down(placement.top, placement.step_y, heatmaps.shape[1], canvas.height);
  for (int y = down.first; y < down.end; ++y) {
    const Axis::Sample row = down.sample(y);
    const float* const upper = map.data() + row.low * width;
    const float* const lower = map.data() + row.high * width;
    for (int x = along.first; x < along.end; ++x) {
      const Axis::Sample column = along.sample(x);
      const auto value_in = [&](const float* values) {
        return values[column.low] + (static_cast<double>(values[column.high]) - values[column.low]) * column.part;
      };
      const double value = value_in(upper) + (value_in(lower) - value_in(upper)) * row.part;
      const double share = value > 0 ? std::min(value / full_scale, 1.0) : 0.0;
      const Ink& ink = inks[static_cast<std::size_t>(share * (kColours - 1) + 0.5)];
      std::uint8_t* const target = canvas.pixel(x, y);
      blend(target[canvas.red], ink.colour.red, ink.opacity);
      blend(target[canvas.green], ink.colour.green, ink.opacity);
      blend(target[canvas.blue], ink.colour.blue, ink.opacity);
    }
  }
}

}  // namespace vitpose::engine
