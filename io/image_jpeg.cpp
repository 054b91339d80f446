// JPEG: header and size first, whichever library then decodes the pixels (image_jpeg_turbo.cpp, image_jpeg_stb.cpp).
#include "io/image_codecs.h"
#include "io/jpeg_header.h"

namespace vitpose::engine {

DecodedImage decode_jpeg(std::span<const std::byte> bytes, const std::string& where, std::int64_t max_pixels) {
  const JpegHeader header = read_jpeg_header(bytes, where);
  check_image_size(header.width, header.height, where, max_pixels);
  DecodedImage decoded;
  decoded.image = allocate_image(header.width, header.height);
  decoded.exif = header.exif;
  decode_jpeg_pixels(bytes, header, where, decoded.image);
  return decoded;
}

}  // namespace vitpose::engine
