// BMP: uncompressed, 1, 4, 8 (palette), 16, 24 and 32 bits. Our own reader, because stb_image's reads zeros behind
// the end of a truncated file and leaves palette entries that the file does not have uninitialised.
#include <array>
#include <bit>
#include <cstdlib>

#include "core/error.h"
#include "io/byte_reader.h"
#include "io/image_codecs.h"

namespace vitpose::engine {
namespace {

constexpr std::size_t kFileHeaderBytes = 14, kCoreHeaderBytes = 12, kInfoHeaderBytes = 40;
constexpr std::uint32_t kUncompressed = 0, kBitFields = 3, kAlphaBitFields = 6;

// One colour of a 16- or 32-bit pixel.
struct Field {
  int shift = 0;
  std::uint32_t largest = 0;

  std::uint8_t of(std::uint32_t pixel) const {
    if (largest == 0) return 0;
    // 64 bits: a field may be 32 bits wide in a malformed file. Scaled as Pillow does.
    return static_cast<std::uint8_t>(std::uint64_t{(pixel >> shift) & largest} * 255 / largest);
  }
};

using Palette = std::array<std::array<std::uint8_t, 3>, 256>;

class BmpReader {
 public:
  BmpReader(Bytes file, const std::string& where) : file_(file), where_(where) {}

  Image read(std::int64_t max_pixels) {
    read_header();
    check_image_size(width_, height_, where_, max_pixels);
    const std::size_t row_bits = static_cast<std::size_t>(width_) * bits_;
    const std::size_t stride = (row_bits + 31) / 32 * 4;
    const std::size_t rows = static_cast<std::size_t>(height_);
    const std::size_t needed = stride * (rows - 1) + (row_bits + 7) / 8;
    if (data_offset_ > file_.size() || file_.size() - data_offset_ < needed) {
      fail(ErrorCode::kFormat, where_, ": truncated BMP: expected ", data_offset_ + needed, " bytes, found ",
           file_.size());
    }
    if (bits_ <= 8) read_palette();
    Image image = allocate_image(width_, height_);
    for (std::size_t y = 0; y < rows; ++y) {
      const std::size_t stored = is_top_down_ ? y : rows - 1 - y;
      read_row(file_.subspan(data_offset_ + stored * stride), image.width,
               &image.rgb[y * static_cast<std::size_t>(image.width) * 3]);
    }
    return image;
  }

 private:
  [[noreturn]] void malformed(const char* message) const {
    fail(ErrorCode::kFormat, where_, ": malformed BMP: ", message);
  }

  void read_header() {
    if (file_.size() < kFileHeaderBytes + 4) malformed("it ends inside its header");
    data_offset_ = little32(file_, 10);
    header_bytes_ = little32(file_, kFileHeaderBytes);
    if (header_bytes_ != kCoreHeaderBytes && (header_bytes_ < kInfoHeaderBytes || header_bytes_ > 124)) {
      malformed("its header has an unknown size");
    }
    if (file_.size() < kFileHeaderBytes + header_bytes_) malformed("it ends inside its header");
    const Bytes header = file_.subspan(kFileHeaderBytes);
    if (header_bytes_ == kCoreHeaderBytes) {
      width_ = little16(header, 4);
      height_ = little16(header, 6);
      bits_ = little16(header, 10);
    } else {
      width_ = std::bit_cast<std::int32_t>(little32(header, 4));
      height_ = std::bit_cast<std::int32_t>(little32(header, 8));
      bits_ = little16(header, 14);
      compression_ = little32(header, 16);
      colours_used_ = little32(header, 32);
    }
    is_top_down_ = height_ < 0;
    height_ = std::abs(height_);
    const bool is_masked = compression_ == kBitFields || compression_ == kAlphaBitFields;
    if (compression_ != kUncompressed && !(is_masked && (bits_ == 16 || bits_ == 32))) {
      fail(ErrorCode::kUnsupported, where_, ": expected an uncompressed BMP, found compression ", compression_);
    }
    if (bits_ != 1 && bits_ != 4 && bits_ != 8 && bits_ != 16 && bits_ != 24 && bits_ != 32) {
      fail(ErrorCode::kUnsupported, where_, ": expected a BMP of 1, 4, 8, 16, 24 or 32 bits, found ", bits_);
    }
    if (bits_ == 16 || bits_ == 32) read_fields(header, is_masked);
  }

  void read_fields(Bytes header, bool is_masked) {
    std::array<std::uint32_t, 3> masks = bits_ == 16 ? std::array<std::uint32_t, 3>{0x7c00u, 0x3e0u, 0x1fu}
                                                     : std::array<std::uint32_t, 3>{0xff0000u, 0xff00u, 0xffu};
    if (is_masked) {
      // Behind the 40 bytes that all headers share, inside or after the header alike.
      if (header.size() < kInfoHeaderBytes + 12) malformed("it ends inside its header");
      for (std::size_t i = 0; i < 3; ++i) masks[i] = little32(header, kInfoHeaderBytes + 4 * i);
    }
    for (std::size_t i = 0; i < 3; ++i) {
      if (masks[i] == 0) continue;
      fields_[i].shift = std::countr_zero(masks[i]);
      fields_[i].largest = masks[i] >> fields_[i].shift;
      if ((std::uint64_t{fields_[i].largest} & (std::uint64_t{fields_[i].largest} + 1)) != 0) {
        malformed("a colour mask has a gap");
      }
    }
  }

  void read_palette() {
    const bool is_core = header_bytes_ == kCoreHeaderBytes;
    const std::size_t entry_bytes = is_core ? 3 : 4;
    std::size_t count = std::size_t{1} << bits_;
    if (colours_used_ != 0 && colours_used_ < count) count = colours_used_;
    const std::size_t start = kFileHeaderBytes + header_bytes_;
    if (file_.size() < start + count * entry_bytes) malformed("it ends inside its palette");
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t c = 0; c < 3; ++c) {
        palette_[i][c] = static_cast<std::uint8_t>(byte_at(file_, start + i * entry_bytes + 2 - c));
      }
    }
  }

  void read_row(Bytes row, int width, std::uint8_t* rgb) const {
    for (std::size_t x = 0; x < static_cast<std::size_t>(width); ++x, rgb += 3) {
      if (bits_ == 24) {
        for (std::size_t c = 0; c < 3; ++c) rgb[c] = static_cast<std::uint8_t>(byte_at(row, 3 * x + 2 - c));
      } else if (bits_ >= 16) {
        const std::uint32_t pixel = bits_ == 16 ? little16(row, 2 * x) : little32(row, 4 * x);
        for (std::size_t c = 0; c < 3; ++c) rgb[c] = fields_[c].of(pixel);
      } else {
        const std::size_t bit = x * bits_;  // the leftmost pixel is in the highest bits
        const std::uint32_t index = byte_at(row, bit / 8) >> (8 - bits_ - bit % 8) & ((1u << bits_) - 1);
        for (std::size_t c = 0; c < 3; ++c) rgb[c] = palette_[index][c];
      }
    }
  }

  Bytes file_;
  const std::string& where_;
  std::size_t data_offset_ = 0;
  std::uint32_t header_bytes_ = 0;
  std::int64_t width_ = 0;
  std::int64_t height_ = 0;
  std::uint32_t bits_ = 0;
  std::uint32_t compression_ = kUncompressed;
  std::uint32_t colours_used_ = 0;
  bool is_top_down_ = false;
  std::array<Field, 3> fields_;
  Palette palette_{};  // black where the file defines nothing
};

}  // namespace

DecodedImage decode_bmp(std::span<const std::byte> bytes, const std::string& where, std::int64_t max_pixels) {
  return {BmpReader(bytes, where).read(max_pixels), {}};
}

}  // namespace vitpose::engine
