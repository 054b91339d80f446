#include <cstring>
#include <utility>

#include "io/byte_reader.h"
#include "io/image_codecs.h"

namespace vitpose::engine {

int exif_orientation(std::span<const std::byte> tiff) {
  constexpr std::uint32_t kOrientationTag = 0x0112, kShort = 3;
  constexpr std::size_t kEntryBytes = 12;
  if (tiff.size() < 8) return 1;
  const std::string_view order = as_text(tiff.first(2));
  if (order != "II" && order != "MM") return 1;
  const bool is_little = order == "II";
  const auto u16 = [&](std::size_t offset) { return is_little ? little16(tiff, offset) : big16(tiff, offset); };
  const auto u32 = [&](std::size_t offset) { return is_little ? little32(tiff, offset) : big32(tiff, offset); };
  if (u16(2) != 42) return 1;
  const std::size_t directory = u32(4);
  if (directory > tiff.size() - 2) return 1;
  const std::size_t count = u16(directory);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t entry = directory + 2 + i * kEntryBytes;
    if (entry + kEntryBytes > tiff.size()) return 1;
    if (u16(entry) != kOrientationTag) continue;
    const std::uint32_t value = u16(entry + 8);
    return u16(entry + 2) == kShort && value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

Image oriented(Image image, int orientation) {
  if (orientation < 2 || orientation > 8) return image;
  const bool is_turned = orientation >= 5;  // rows become columns
  const bool flips_x = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool flips_y = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  Image result;
  result.width = is_turned ? image.height : image.width;
  result.height = is_turned ? image.width : image.height;
  result.rgb.resize(image.rgb.size());
  std::uint8_t* destination = result.rgb.data();
  for (int y = 0; y < result.height; ++y) {
    for (int x = 0; x < result.width; ++x) {
      const int along = is_turned ? y : x, down = is_turned ? x : y;
      const int source_x = flips_x ? image.width - 1 - along : along;
      const int source_y = flips_y ? image.height - 1 - down : down;
      const auto pixel = static_cast<std::size_t>(source_y) * static_cast<std::size_t>(image.width) +
                         static_cast<std::size_t>(source_x);
      std::memcpy(destination, &image.rgb[pixel * 3], 3);
      destination += 3;
    }
  }
  return result;
}

}  // namespace vitpose::engine
