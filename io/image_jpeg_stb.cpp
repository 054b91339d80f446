// JPEG by stb_image, for builds without libjpeg-turbo: pixels differ from Pillow's by a few levels.
#include "core/error.h"
#include "io/byte_reader.h"
#include "io/image_codecs.h"
#include "io/image_stb.h"
#include "io/jpeg_header.h"

namespace vitpose::engine {
namespace {

// stb_image reads zeros behind the end of a file. In image data 0xff is always followed by something that tells
// data from marker, so a plain search finds the end mark.
bool has_end(Bytes image_data) {
  return as_text(image_data).find("\xff\xd9") != std::string_view::npos;
}

// stb_image writes past its tables when one has more than 256 codes. Those in front of the image data were checked
// by read_jpeg_header; behind it they may stand wherever stb_image finds a marker.
bool has_sound_tables(Bytes image_data) {
  constexpr std::string_view kHuffmanTables = "\xff\xc4";
  const std::string_view text = as_text(image_data);
  for (std::size_t at = text.find(kHuffmanTables); at != text.npos; at = text.find(kHuffmanTables, at + 1)) {
    if (!are_huffman_tables_sound(image_data.subspan(at + 2))) return false;
  }
  return true;
}

}  // namespace

void decode_jpeg_pixels(Bytes bytes, const JpegHeader& header, const std::string& where, Image& image) {
  const Bytes image_data = bytes.subspan(header.size_bytes);
  if (!has_end(image_data)) fail(ErrorCode::kFormat, where, ": malformed JPEG: the file is truncated");
  if (!has_sound_tables(image_data)) {
    fail(ErrorCode::kFormat, where, ": malformed JPEG: a Huffman table of more than 256 codes");
  }
  const std::string problem = stb_decode(bytes, image);
  if (!problem.empty()) fail(ErrorCode::kFormat, where, ": malformed JPEG: ", problem);
}

std::vector<std::uint8_t> encode_jpeg(const Image& image, int quality, const std::string& where) {
  std::vector<std::uint8_t> encoded = stb_encode_jpeg(image, quality);
  if (encoded.empty()) fail(ErrorCode::kUnsupported, "cannot write '", where, "' as JPEG: the image is too large");
  return encoded;
}

const char* jpeg_decoder_name() {
  return "stb_image";
}

}  // namespace vitpose::engine
