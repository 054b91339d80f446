// The caller's pixels to draw into, not owned: 8-bit sRGB in any order of channels, other bytes of a pixel untouched.
#pragma once

#include <cstddef>
#include <cstdint>

namespace vitpose::engine {

struct Canvas {
  std::uint8_t* data = nullptr;
  int width = 0;                  // px
  int height = 0;                 // px
  std::ptrdiff_t row_stride = 0;  // bytes
  int pixel_bytes = 3;
  int red = 0;  // which byte of a pixel
  int green = 1;
  int blue = 2;

  std::uint8_t* pixel(int x, int y) const { return data + y * row_stride + std::ptrdiff_t{x} * pixel_bytes; }
};

}  // namespace vitpose::engine
