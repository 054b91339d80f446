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
// Its Huffman tables are checked too.
JpegHeader read_jpeg_header(std::span<const std::byte> bytes, const std::string& where);

// `bytes` start behind a DHT marker and may end anywhere: does every table have at most 256 codes?
bool are_huffman_tables_sound(std::span<const std::byte> bytes);

}  // namespace vitpose::engine
