#include "draw/paint.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

namespace vitpose::engine {

namespace {

constexpr int kTile = 32;  // px; a layer of this size stays in the nearest cache

// Pixels [left, right) x [top, bottom).
struct Rectangle {
  int left, top, right, bottom;

  bool empty() const { return left >= right || top >= bottom; }
};

Rectangle intersection(const Rectangle& a, const Rectangle& b) {
  return {std::max(a.left, b.left), std::max(a.top, b.top), std::min(a.right, b.right), std::min(a.bottom, b.bottom)};
}

Rectangle bounds(const Stroke& stroke) {
  const double reach = std::max(stroke.from_radius, stroke.to_radius) + 0.5;
  const auto first = [&](double a, double b) { return static_cast<int>(std::floor(std::min(a, b) - reach)); };
  const auto last = [&](double a, double b) { return static_cast<int>(std::ceil(std::max(a, b) + reach)) + 1; };
  return {first(stroke.from.x, stroke.to.x), first(stroke.from.y, stroke.to.y), last(stroke.from.x, stroke.to.x),
          last(stroke.from.y, stroke.to.y)};
}

// Where along the line the point is nearest (0..1), and how far away squared.
struct Nearest {
  double position;
  double distance_squared;
};

Nearest nearest(const Stroke& stroke, Point point) {
  const double along_x = stroke.to.x - stroke.from.x;
  const double along_y = stroke.to.y - stroke.from.y;
  const double length_squared = along_x * along_x + along_y * along_y;
  const double x = point.x - stroke.from.x;
  const double y = point.y - stroke.from.y;
  const double position = length_squared > 0 ? std::clamp((x * along_x + y * along_y) / length_squared, 0.0, 1.0) : 0.0;
  const double away_x = x - position * along_x;
  const double away_y = y - position * along_y;
  return {position, away_x * away_x + away_y * away_y};
}

double square(double x) {
  return x * x;
}

// A part of a layer: colours multiplied by their opacity.
class Tile {
 public:
  explicit Tile(const Rectangle& area) : area_(area) {}

  bool touched_by(const Stroke& stroke) const {
    const Point centre{(area_.left + area_.right - 1) * 0.5, (area_.top + area_.bottom - 1) * 0.5};
    const double reach = std::max(stroke.from_radius, stroke.to_radius) + 0.5 + kTile;  // more than half a diagonal
    return nearest(stroke, centre).distance_squared < square(reach);
  }

  void draw(const Stroke& stroke, const Rectangle& where) {
    for (int y = where.top; y < where.bottom; ++y) {
      for (int x = where.left; x < where.right; ++x) {
        const double covered = coverage(stroke, {static_cast<double>(x), static_cast<double>(y)});
        if (covered > 0) replace(at(x, y), stroke, static_cast<std::uint32_t>(covered * kWhole + 0.5));
      }
    }
    drawn_ = true;
  }

  void lay_over(const Canvas& canvas) const {
    if (!drawn_) return;
    for (int y = area_.top; y < area_.bottom; ++y) {
      std::uint8_t* target = canvas.pixel(area_.left, y);
      for (int x = area_.left; x < area_.right; ++x, target += canvas.pixel_bytes) {
        const Pixel& pixel = pixels_[index(x, y)];
        if (pixel.opacity == 0) continue;
        blend(target[canvas.red], pixel.red, pixel.opacity);
        blend(target[canvas.green], pixel.green, pixel.opacity);
        blend(target[canvas.blue], pixel.blue, pixel.opacity);
      }
    }
  }

 private:
  struct Pixel {
    std::uint16_t red, green, blue, opacity;
  };

  std::size_t index(int x, int y) const { return static_cast<std::size_t>((y - area_.top) * kTile + (x - area_.left)); }
  Pixel& at(int x, int y) { return pixels_[index(x, y)]; }

  static void replace(Pixel& pixel, const Stroke& stroke, std::uint32_t part) {
    const auto towards = [part](std::uint16_t& value, std::uint32_t target) {
      value = static_cast<std::uint16_t>(mix(value, target, part));
    };
    const auto premultiplied = [&](std::uint32_t light) { return mix(0, light, stroke.opacity); };
    towards(pixel.red, premultiplied(stroke.colour.red));
    towards(pixel.green, premultiplied(stroke.colour.green));
    towards(pixel.blue, premultiplied(stroke.colour.blue));
    towards(pixel.opacity, stroke.opacity);
  }

  static void blend(std::uint8_t& target, std::uint32_t light, std::uint32_t opacity) {
    const std::uint32_t kept = mix(0, linear_of_srgb(target), kWhole - opacity);
    target = srgb_of_linear(std::min(light + kept, kWhole));
  }

  Rectangle area_;
  bool drawn_ = false;
  std::array<Pixel, static_cast<std::size_t>(kTile* kTile)> pixels_{};
};

void paint_band(const Canvas& canvas, std::span<const Stroke* const> strokes, const Rectangle& band) {
  for (int left = band.left; left < band.right; left += kTile) {
    const Rectangle area = intersection(band, {left, band.top, left + kTile, band.bottom});
    Tile tile(area);
    for (const Stroke* stroke : strokes) {
      const Rectangle where = intersection(area, bounds(*stroke));
      if (!where.empty() && tile.touched_by(*stroke)) tile.draw(*stroke, where);
    }
    tile.lay_over(canvas);
  }
}

}  // namespace

double coverage(const Stroke& stroke, Point pixel) {
  const Nearest point = nearest(stroke, pixel);
  const double radius = stroke.from_radius + point.position * (stroke.to_radius - stroke.from_radius);
  if (point.distance_squared >= square(radius + 0.5)) return 0;
  if (radius > 0.5 && point.distance_squared <= square(radius - 0.5)) return 1;
  const double distance = std::sqrt(point.distance_squared);
  return std::clamp(std::min(distance + 0.5, radius) - std::max(distance - 0.5, -radius), 0.0, 1.0);
}

void paint(const Canvas& canvas, std::span<const Stroke> strokes) {
  Rectangle all{canvas.width, canvas.height, 0, 0};
  for (const Stroke& stroke : strokes) {
    const Rectangle reach = bounds(stroke);
    all = {std::min(all.left, reach.left), std::min(all.top, reach.top), std::max(all.right, reach.right),
           std::max(all.bottom, reach.bottom)};
  }
  all = intersection(all, {0, 0, canvas.width, canvas.height});
  std::vector<const Stroke*> in_band;
  for (int top = all.top; top < all.bottom; top += kTile) {
    const Rectangle band = intersection(all, {all.left, top, all.right, top + kTile});
    in_band.clear();
    for (const Stroke& stroke : strokes) {
      if (!intersection(band, bounds(stroke)).empty()) in_band.push_back(&stroke);
    }
    if (!in_band.empty()) paint_band(canvas, in_band, band);
  }
}

}  // namespace vitpose::engine
