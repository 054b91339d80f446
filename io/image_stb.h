// The only door to stb_image and stb_image_write. Internal to io/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "io/image.h"

namespace vitpose::engine {

// Decodes a PNG or JPEG file into an image of the size that its header states.
// Empty, or what is wrong; std::bad_alloc without memory, which is limited by the size of image and file:
// a small file cannot inflate to gigabytes.
std::string stb_decode(std::span<const std::byte> file, Image& image);

// Empty when the image is too large for stb_image_write; std::bad_alloc without memory.
std::vector<std::uint8_t> stb_encode_png(const Image& image);
std::vector<std::uint8_t> stb_encode_jpeg(const Image& image, int quality);

}  // namespace vitpose::engine
