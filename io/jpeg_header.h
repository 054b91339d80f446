// What the markers in front of a JPEG's image data say. Internal to io/.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace vitpose::engine {

struct JpegHeader {
  int width = 0;
  int height = 0;
  std::size_t size_bytes = 0;       // up to the first scan's data
  std::span<const std::byte> exif;  // the TIFF structure, empty when there is none
};

// Error kFormat when the header is malformed, kUnsupported for CMYK, YCCK and other than 8 bits.
JpegHeader read_jpeg_header(std::span<const std::byte> bytes, const std::string& where);

}  // namespace vitpose::engine
