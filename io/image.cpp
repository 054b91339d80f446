#include "io/image.h"

#include <algorithm>
#include <cassert>
#include <cctype>
#include <filesystem>
#include <new>
#include <string_view>
#include <system_error>

#include "core/error.h"
#include "io/byte_reader.h"
#include "io/excerpt.h"
#include "io/image_codecs.h"
#include "io/mapped_file.h"
#include "io/output_file.h"

namespace vitpose::engine {
namespace {

struct Signature {
  std::string_view bytes;
  std::size_t offset;
  const char* name;
};
constexpr std::string_view kPng = "\x89PNG\r\n\x1a\n";
constexpr std::string_view kJpeg = "\xff\xd8\xff";
constexpr std::string_view kBmp = "BM";
// Formats that people try, to name them in the error.
constexpr Signature kOthers[] = {{"GIF8", 0, "GIF"},
                                 {"WEBP", 8, "WebP"},
                                 {std::string_view("II*\0", 4), 0, "TIFF"},
                                 {std::string_view("MM\0*", 4), 0, "TIFF"},
                                 {"ftypavif", 4, "AVIF"},
                                 {"ftyphei", 4, "HEIC"},
                                 {"ftypmif1", 4, "HEIC"},
                                 {"%PDF", 0, "PDF"},
                                 {"P6", 0, "PPM"},
                                 {"P5", 0, "PGM"}};

[[noreturn]] void fail_unknown_format(std::string_view text, const std::string& where) {
  if (text.empty()) fail(ErrorCode::kFormat, where, ": expected a PNG, JPEG or BMP file, found an empty file");
  for (const Signature& other : kOthers) {
    if (text.substr(std::min(other.offset, text.size())).starts_with(other.bytes)) {
      fail(ErrorCode::kUnsupported, where, ": expected a PNG, JPEG or BMP file, found ", other.name);
    }
  }
  fail(ErrorCode::kFormat, where, ": expected a PNG, JPEG or BMP file, found one that starts with '",
       excerpt(text.substr(0, 8)), "'");
}

DecodedImage decode(std::span<const std::byte> bytes, const std::string& where, std::int64_t max_pixels) {
  const std::string_view text = as_text(bytes);
  if (text.starts_with(kPng)) return decode_png(bytes, where, max_pixels);
  if (text.starts_with(kJpeg)) return decode_jpeg(bytes, where, max_pixels);
  if (text.starts_with(kBmp)) return decode_bmp(bytes, where, max_pixels);
  fail_unknown_format(text, where);
}

// No file that decodes to so few pixels is larger: 16-bit RGBA that was not compressed, in rows of one pixel with a
// byte of filter each, and room for profiles and thumbnails.
std::uint64_t largest_file(std::int64_t max_pixels) {
  constexpr std::uint64_t kBytesPerPixel = 9, kMetadataBytes = std::uint64_t{64} << 20;
  constexpr std::uint64_t kMost = (UINT64_MAX - kMetadataBytes) / kBytesPerPixel;
  return std::min(static_cast<std::uint64_t>(std::max<std::int64_t>(max_pixels, 0)), kMost) * kBytesPerPixel +
         kMetadataBytes;
}

}  // namespace

void check_image_size(std::int64_t width, std::int64_t height, const std::string& where, std::int64_t max_pixels) {
  constexpr std::int64_t kMaxSide = std::int64_t{1} << 24;
  if (width < 1 || height < 1 || width > kMaxSide || height > kMaxSide) {
    fail(ErrorCode::kFormat, where, ": expected an image with sides of 1 to ", kMaxSide, " pixels, found ", width, "x",
         height);
  }
  if (width * height > max_pixels) {
    fail(ErrorCode::kUnsupported, where, ": expected at most ", max_pixels, " pixels (max_pixels), found ", width, "x",
         height);
  }
}

Image allocate_image(std::int64_t width, std::int64_t height) {
  Image image;
  image.width = static_cast<int>(width);
  image.height = static_cast<int>(height);
  image.rgb.resize(static_cast<std::size_t>(width * height) * 3);
  return image;
}

Image decode_image(std::span<const std::byte> bytes, const std::string& where, const ImageReadOptions& options) try {
  DecodedImage decoded = decode(bytes, where, options.max_pixels);
  if (!options.apply_exif_orientation) return std::move(decoded.image);
  return oriented(std::move(decoded.image), exif_orientation(decoded.exif));
} catch (const std::bad_alloc&) {
  fail(ErrorCode::kOutOfMemory, where, ": not enough memory to decode the image");
}

Image read_image(const std::string& path, const ImageReadOptions& options) {
  std::error_code problem;  // reported where the file is opened
  const std::uintmax_t size = std::filesystem::file_size(path, problem);
  if (!problem && size > largest_file(options.max_pixels)) {
    fail(ErrorCode::kUnsupported, path, ": expected at most ", largest_file(options.max_pixels), " bytes for ",
         options.max_pixels, " pixels (max_pixels), found ", size);
  }
  const MappedFile file(path, MappedFile::Access::kRead);
  return decode_image(file.bytes(), path, options);
}

void write_image(const std::string& path, const Image& image, int jpeg_quality) try {
  assert(image.width > 0 && image.height > 0);
  assert(jpeg_quality >= 1 && jpeg_quality <= 100);
  assert(image.rgb.size() == static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height) * 3);
  std::string extension = path.substr(std::min(path.rfind('.'), path.size()));
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  std::vector<std::uint8_t> encoded;
  if (extension == ".png") {
    encoded = encode_png(image, path);
  } else if (extension == ".jpg" || extension == ".jpeg") {
    encoded = encode_jpeg(image, jpeg_quality, path);
  } else {
    fail(ErrorCode::kInvalidArgument, "cannot write '", path, "': expected the extension .png, .jpg or .jpeg");
  }
  OutputFile file(path);
  file.write(encoded.data(), encoded.size());
  file.commit();
} catch (const std::bad_alloc&) {
  fail(ErrorCode::kOutOfMemory, "cannot write '", path, "': not enough memory to encode the image");
}

}  // namespace vitpose::engine
