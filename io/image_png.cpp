// PNG: we read the chunks, stb_image inflates and unfilters.
//
// stb_image trusts more than we do: it checks no CRC, leaves palette entries that the file does not have
// uninitialised, and writes unknown chunk names to a static buffer. So it is given a file of our own making: the
// header, a full palette and the image data, each checked.
#include <array>
#include <vector>

#include "core/error.h"
#include "io/byte_reader.h"
#include "io/excerpt.h"
#include "io/image_codecs.h"
#include "io/image_stb.h"

namespace vitpose::engine {
namespace {

constexpr std::size_t kSignatureBytes = 8;
constexpr std::size_t kChunkOverhead = 12;  // length, name, CRC
constexpr std::size_t kPaletteBytes = 3 * 256;
constexpr std::uint32_t kPaletteColour = 3;

constexpr std::array<std::uint32_t, 256> make_crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value & 1u) ? 0xedb88320u ^ (value >> 1) : value >> 1;
    table[i] = value;
  }
  return table;
}

std::uint32_t crc32(Bytes bytes) {
  static constexpr std::array<std::uint32_t, 256> kTable = make_crc_table();
  std::uint32_t crc = ~0u;
  for (const std::byte byte : bytes) crc = kTable[(crc ^ std::to_integer<std::uint32_t>(byte)) & 255u] ^ (crc >> 8);
  return ~crc;
}

struct Chunk {
  std::string_view name;
  Bytes whole;  // with length and CRC
  Bytes data;
};

class PngReader {
 public:
  PngReader(Bytes file, const std::string& where) : rest_(file.subspan(kSignatureBytes)), where_(where) {
    append(file.first(kSignatureBytes));
  }

  struct Header {
    std::uint32_t width, height, colour;
  };

  Header read_header() {
    const Chunk chunk = next_chunk();
    if (chunk.name != "IHDR" || chunk.data.size() != 13) malformed("it does not start with a 13-byte IHDR chunk");
    check_crc(chunk);
    const Header header{big32(chunk.data, 0), big32(chunk.data, 4), byte_at(chunk.data, 9)};
    is_palette_ = header.colour == kPaletteColour;
    append(chunk.whole);
    return header;
  }

  // The image data up to the end mark. Everything else is left out: what changes pixels (transparency, gamma,
  // profiles) is not applied to them here.
  void read_rest() {
    bool has_palette = false, has_data = false;
    for (;;) {
      const Chunk chunk = next_chunk();
      const bool is_critical = (static_cast<unsigned char>(chunk.name[0]) & 0x20u) == 0;
      if (!is_critical) {
        if (chunk.name == "eXIf") exif_ = chunk.data;
        continue;
      }
      check_crc(chunk);
      if (chunk.name == "IDAT") {
        if (is_palette_ && !has_palette) malformed("its palette is missing");
        append(chunk.whole);
        has_data = true;
      } else if (chunk.name == "PLTE") {
        if (has_palette || has_data) malformed("its PLTE chunk is repeated or misplaced");
        has_palette = true;
        if (is_palette_) append_palette(chunk);
      } else if (chunk.name == "IEND") {
        if (!has_data) malformed("it holds no image data");
        append(chunk.whole);
        return;
      } else {
        malformed("it holds the unknown critical chunk '" + excerpt(chunk.name) + "'");
      }
    }
  }

  Bytes exif() const { return exif_; }
  Bytes checked_file() const { return checked_; }

 private:
  [[noreturn]] void malformed(const std::string& message) const {
    fail(ErrorCode::kFormat, where_, ": malformed PNG: ", message);
  }

  Chunk next_chunk() {
    const std::size_t length = rest_.size() < kChunkOverhead ? SIZE_MAX : big32(rest_, 0);
    if (rest_.size() < kChunkOverhead || length > rest_.size() - kChunkOverhead) {
      fail(ErrorCode::kFormat, where_, ": truncated PNG: it ends inside a chunk or without IEND");
    }
    const Chunk chunk{as_text(rest_.subspan(4, 4)), rest_.first(length + kChunkOverhead), rest_.subspan(8, length)};
    rest_ = rest_.subspan(length + kChunkOverhead);
    return chunk;
  }

  void check_crc(const Chunk& chunk) const {
    const std::size_t end = chunk.whole.size() - 4;
    if (crc32(chunk.whole.subspan(4, end - 4)) == big32(chunk.whole, end)) return;
    malformed("the checksum of its chunk '" + excerpt(chunk.name) + "' is wrong");
  }

  void append(Bytes bytes) { checked_.insert(checked_.end(), bytes.begin(), bytes.end()); }

  // Black for the colours that the file does not define, as Pillow has it.
  void append_palette(const Chunk& chunk) {
    if (chunk.data.size() > kPaletteBytes || chunk.data.size() % 3 != 0) malformed("the size of its palette is wrong");
    constexpr std::byte kHead[] = {std::byte{0},   std::byte{0},   std::byte{kPaletteBytes >> 8},
                                   std::byte{0},   std::byte{'P'}, std::byte{'L'},
                                   std::byte{'T'}, std::byte{'E'}};
    append(kHead);
    append(chunk.data);
    checked_.resize(checked_.size() + kPaletteBytes - chunk.data.size() + 4);  // and a checksum that nobody reads
  }

  Bytes rest_;
  const std::string& where_;
  bool is_palette_ = false;
  Bytes exif_;
  std::vector<std::byte> checked_;
};

}  // namespace

DecodedImage decode_png(std::span<const std::byte> bytes, const std::string& where, std::int64_t max_pixels) {
  PngReader reader(bytes, where);
  const PngReader::Header header = reader.read_header();
  check_image_size(header.width, header.height, where, max_pixels);
  reader.read_rest();
  DecodedImage decoded;
  decoded.image = allocate_image(header.width, header.height);
  decoded.exif = reader.exif();
  const std::string problem = stb_decode(reader.checked_file(), decoded.image);
  if (!problem.empty()) fail(ErrorCode::kFormat, where, ": malformed PNG: ", problem);
  return decoded;
}

std::vector<std::uint8_t> encode_png(const Image& image, const std::string& where) {
  std::vector<std::uint8_t> encoded = stb_encode_png(image);
  if (encoded.empty()) fail(ErrorCode::kUnsupported, "cannot write '", where, "' as PNG: the image is too large");
  return encoded;
}

}  // namespace vitpose::engine
