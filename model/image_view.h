// The caller's pixels, not owned.
#pragma once

#include <cstddef>
#include <cstdint>

namespace vitpose::engine {

enum class PixelFormat { kRgb8, kBgr8, kRgba8, kBgra8, kGray8 };

struct ImageView {
  const std::uint8_t* data = nullptr;
  int width = 0;                  // px
  int height = 0;                 // px
  std::ptrdiff_t row_stride = 0;  // bytes
  PixelFormat format = PixelFormat::kRgb8;
};

// x, y of the top left corner, width, height, in pixels of the image (COCO's convention).
struct Box {
  double x = 0;
  double y = 0;
  double width = 0;
  double height = 0;
};

}  // namespace vitpose::engine
