#include "io/jpeg_header.h"

#include <algorithm>

#include "core/error.h"
#include "io/byte_reader.h"

namespace vitpose::engine {
namespace {

constexpr std::uint32_t kStartOfImage = 0xd8, kEndOfImage = 0xd9, kStartOfScan = 0xda, kHuffmanTables = 0xc4,
                        kApp1 = 0xe1, kApp14 = 0xee;

// SOF0..SOF15; the gaps are other tables.
bool is_frame(std::uint32_t marker) {
  return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

bool stands_alone(std::uint32_t marker) {
  return marker == 0x01 || (marker >= 0xd0 && marker <= kStartOfImage);
}

class HeaderReader {
 public:
  HeaderReader(Bytes bytes, const std::string& where) : bytes_(bytes), where_(where) {}

  JpegHeader read() {
    for (;;) {
      const std::uint32_t marker = next_marker();
      if (stands_alone(marker)) continue;
      if (marker == kStartOfScan || marker == kEndOfImage) break;
      if (marker == kHuffmanTables && !are_huffman_tables_sound(bytes_.subspan(position_))) {
        fail(ErrorCode::kFormat, where_, ": malformed JPEG: a Huffman table of more than 256 codes");
      }
      const Bytes segment = next_segment();
      const std::string_view text = as_text(segment);
      constexpr std::string_view kExif("Exif\0\0", 6);
      if (is_frame(marker) && components_ == 0) {
        read_frame(segment);
      } else if (marker == kApp1 && text.starts_with(kExif) && header_.exif.empty()) {
        header_.exif = segment.subspan(kExif.size());
      } else if (marker == kApp14 && text.starts_with("Adobe") && segment.size() >= 12) {
        adobe_transform_ = byte_at(segment, 11);
      }
    }
    if (components_ == 0) fail(ErrorCode::kFormat, where_, ": malformed JPEG: no frame header before the image data");
    check_colours();
    header_.size_bytes = position_;
    return header_;
  }

 private:
  [[noreturn]] void truncated() const {
    fail(ErrorCode::kFormat, where_, ": truncated JPEG: it ends inside its header");
  }

  std::uint32_t next_marker() {
    // Bytes between segments are skipped and a marker may have several 0xff, as libjpeg has it.
    for (; position_ + 1 < bytes_.size(); ++position_) {
      const std::uint32_t code = byte_at(bytes_, position_ + 1);
      if (byte_at(bytes_, position_) != 0xff || code == 0xff || code == 0) continue;
      position_ += 2;
      return code;
    }
    truncated();
  }

  Bytes next_segment() {
    if (bytes_.size() - position_ < 2) truncated();
    const std::size_t length = big16(bytes_, position_);
    if (length < 2) fail(ErrorCode::kFormat, where_, ": malformed JPEG: a segment of ", length, " bytes");
    if (bytes_.size() - position_ < length) truncated();
    const Bytes segment = bytes_.subspan(position_ + 2, length - 2);
    position_ += length;
    return segment;
  }

  void read_frame(Bytes segment) {
    if (segment.size() < 6) fail(ErrorCode::kFormat, where_, ": malformed JPEG: the frame header is too short");
    if (byte_at(segment, 0) != 8) {
      fail(ErrorCode::kUnsupported, where_, ": expected a JPEG of 8 bits, found ", byte_at(segment, 0));
    }
    header_.height = static_cast<int>(big16(segment, 1));
    header_.width = static_cast<int>(big16(segment, 3));
    components_ = byte_at(segment, 5);
    if (components_ == 0) fail(ErrorCode::kFormat, where_, ": malformed JPEG: a frame without components");
  }

  void check_colours() const {
    if (components_ == 1 || components_ == 3) return;
    constexpr std::uint32_t kYcck = 2;
    if (components_ != 4) {
      fail(ErrorCode::kUnsupported, where_, ": expected a grey or RGB JPEG, found ", components_, " components");
    }
    fail(ErrorCode::kUnsupported, where_, ": expected a grey or RGB JPEG, found ",
         adobe_transform_ == kYcck ? "YCCK" : "CMYK");
  }

  Bytes bytes_;
  const std::string& where_;
  std::size_t position_ = 0;
  JpegHeader header_;
  std::uint32_t components_ = 0;
  std::uint32_t adobe_transform_ = 0;
};

}  // namespace

bool are_huffman_tables_sound(std::span<const std::byte> bytes) {
  constexpr std::size_t kLengths = 16, kMaxCodes = 256;
  if (bytes.size() < 2) return true;
  const std::size_t end = std::min<std::size_t>(big16(bytes, 0), bytes.size());
  for (std::size_t table = 2; table < end;) {
    std::size_t codes = 0;  // of each length, behind the table's number
    for (std::size_t i = table + 1; i <= table + kLengths && i < bytes.size(); ++i) codes += byte_at(bytes, i);
    if (codes > kMaxCodes) return false;
    table += 1 + kLengths + codes;
  }
  return true;
}

JpegHeader read_jpeg_header(std::span<const std::byte> bytes, const std::string& where) {
  return HeaderReader(bytes, where).read();
}

}  // namespace vitpose::engine
