// The decoders and encoders behind io/image.h. Internal to io/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "io/image.h"

namespace vitpose::engine {

struct JpegHeader;

struct DecodedImage {
  Image image;
  std::span<const std::byte> exif;  // the TIFF structure of the EXIF data, empty when there is none
};

// Each checks the size that the header states against max_pixels before it takes memory.
DecodedImage decode_png(std::span<const std::byte> bytes, const std::string& where, std::int64_t max_pixels);
DecodedImage decode_jpeg(std::span<const std::byte> bytes, const std::string& where, std::int64_t max_pixels);
// Of a JPEG whose header was read, into an image of the header's size.
void decode_jpeg_pixels(std::span<const std::byte> bytes, const JpegHeader& header, const std::string& where,
                        Image& image);
DecodedImage decode_bmp(std::span<const std::byte> bytes, const std::string& where, std::int64_t max_pixels);

std::vector<std::uint8_t> encode_png(const Image& image, const std::string& where);
std::vector<std::uint8_t> encode_jpeg(const Image& image, int quality, const std::string& where);

// Error unless there are 1 to max_pixels pixels.
void check_image_size(std::int64_t width, std::int64_t height, const std::string& where, std::int64_t max_pixels);
Image allocate_image(std::int64_t width, std::int64_t height);  // of a checked size, its pixels zero

// The orientation tag (1..8) of an EXIF block; 1 when it is absent or the block is malformed.
int exif_orientation(std::span<const std::byte> tiff);
// The image as a viewer shows it: turned and mirrored as `orientation` says.
Image oriented(Image image, int orientation);

}  // namespace vitpose::engine
