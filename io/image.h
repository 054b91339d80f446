// Pictures: bytes to 8-bit RGB and back.
//
// Rules: grey is replicated, alpha dropped, palettes expanded, 16 bits become their high byte, CMYK and other
// colour models are refused by name. Image data is untrusted: dimensions are checked before memory is taken.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace vitpose::engine {

struct Image {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> rgb;  // [height, width, 3]
};

struct ImageReadOptions {
  std::int64_t max_pixels = 100'000'000;
  bool apply_exif_orientation = false;
};

// PNG, JPEG, BMP. With libjpeg-turbo JPEG pixels equal Pillow's bit for bit, else stb_image decodes them.
Image read_image(const std::string& path, const ImageReadOptions& options = {});
Image decode_image(std::span<const std::byte> bytes, const std::string& where, const ImageReadOptions& options = {});

// By extension: .png, .jpg/.jpeg (quality 1..100). Written completely or not at all.
inline constexpr int kJpegQuality = 95;
void write_image(const std::string& path, const Image& image, int jpeg_quality = kJpegQuality);

const char* jpeg_decoder_name();  // "libjpeg-turbo" or "stb_image"

}  // namespace vitpose::engine
