#include "draw/paint.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

namespace vitpose::engine {

namespace {

constexpr int kTile = 32;  // px; a layer of this size stays in the nearest cache

// A stroke ready to be drawn.
struct Ink {
  Coverage coverage;
  // Multiplied by its opacity.
  std::uint16_t red, green, blue, opacity;

  explicit Ink(const Stroke& stroke)
      : coverage(stroke),
        red(premultiplied(stroke.colour.red, stroke.opacity)),
        green(premultiplied(stroke.colour.green, stroke.opacity)),
        blue(premultiplied(stroke.colour.blue, stroke.opacity)),
        opacity(stroke.opacity) {}

 private:
  static std::uint16_t premultiplied(std::uint32_t light, std::uint32_t opacity) {
    return static_cast<std::uint16_t>(mix(0, light, opacity));
  }
};

// A part of a layer: colours multiplied by their opacity.
class Tile {
 public:
  explicit Tile(const Rectangle& area) : area_(area) {}

  bool touched_by(const Ink& ink) const {
    const Point centre{(area_.left + area_.right - 1) * 0.5, (area_.top + area_.bottom - 1) * 0.5};
    return ink.coverage.reaches(centre, kTile);  // more than half a diagonal
  }

  void draw(const Ink& ink, const Rectangle& where) {
    for (int y = where.top; y < where.bottom; ++y) {
      const Interval row = ink.coverage.row(y, {where.left, where.right});
      for (int x = row.first; x < row.end; ++x) {
        const double covered = ink.coverage.at({static_cast<double>(x), static_cast<double>(y)});
        if (covered > 0) replace(pixels_[index(x, y)], ink, static_cast<std::uint32_t>(covered * kWhole + 0.5));
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

  std::size_t index(int x, int y) const {
    return static_cast<std::size_t>(y - area_.top) * kTile + static_cast<std::size_t>(x - area_.left);
  }

  static void replace(Pixel& pixel, const Ink& ink, std::uint32_t part) {
    const auto towards = [part](std::uint16_t& value, std::uint32_t target) {
      value = static_cast<std::uint16_t>(mix(value, target, part));
    };
    towards(pixel.red, ink.red);
    towards(pixel.green, ink.green);
    towards(pixel.blue, ink.blue);
    towards(pixel.opacity, ink.opacity);
  }

  static void blend(std::uint8_t& target, std::uint32_t light, std::uint32_t opacity) {
    const std::uint32_t kept = mix(0, linear_of_srgb(target), kWhole - opacity);
    target = srgb_of_linear(std::min(light + kept, kWhole));
  }

  Rectangle area_;
  bool drawn_ = false;
  std::array<Pixel, static_cast<std::size_t>(kTile* kTile)> pixels_{};
};

void paint_band(const Canvas& canvas, std::span<const Ink* const> inks, const Rectangle& band) {
  for (int left = band.left; left < band.right; left += kTile) {
    const Rectangle area = intersection(band, {left, band.top, left + kTile, band.bottom});
    Tile tile(area);
    for (const Ink* ink : inks) {
      const Rectangle where = intersection(area, ink->coverage.bounds());
      if (!where.empty() && tile.touched_by(*ink)) tile.draw(*ink, where);
    }
    tile.lay_over(canvas);
  }
}

}  // namespace

void paint(const Canvas& canvas, std::span<const Stroke> strokes) {
  const std::vector<Ink> inks(strokes.begin(), strokes.end());
  Rectangle all{canvas.width, canvas.height, 0, 0};
  for (const Ink& ink : inks) {
    const Rectangle& bounds = ink.coverage.bounds();
    all = {std::min(all.left, bounds.left), std::min(all.top, bounds.top), std::max(all.right, bounds.right),
           std::max(all.bottom, bounds.bottom)};
  }
  all = intersection(all, {0, 0, canvas.width, canvas.height});
  std::vector<const Ink*> in_band;
  for (int top = all.top; top < all.bottom; top += kTile) {
    const Rectangle band = intersection(all, {all.left, top, all.right, top + kTile});
    in_band.clear();
    for (const Ink& ink : inks) {
      if (!intersection(band, ink.coverage.bounds()).empty()) in_band.push_back(&ink);
    }
    if (!in_band.empty()) paint_band(canvas, in_band, band);
  }
}

}  // namespace vitpose::engine
