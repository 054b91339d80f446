// Any bytes are an image of the size it states or an Error.
#include <algorithm>
#include <cstdlib>
#include <vector>

#include "core/error.h"
#include "io/image.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using Bytes = std::vector<std::uint8_t>;

std::uint32_t crc32(const std::uint8_t* data, std::size_t size) {
  std::uint32_t crc = ~0u;
  for (std::size_t i = 0; i < size; ++i) {
    crc ^= data[i];
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1u) ? 0xedb88320u ^ (crc >> 1) : crc >> 1;
  }
  return ~crc;
}

// Changed bytes would never get past a PNG's checksums; with these made right, they reach the decoder.
void repair_checksums(Bytes& png) {
  const auto big32 = [&](std::size_t at) {
    return std::uint32_t{png[at]} << 24 | std::uint32_t{png[at + 1]} << 16 | std::uint32_t{png[at + 2]} << 8 |
           png[at + 3];
  };
  for (std::size_t start = 8; start + 12 <= png.size();) {
    const std::size_t length = big32(start);
    if (length > png.size() - start - 12) return;
    const std::uint32_t crc = crc32(&png[start + 4], length + 4);
    for (std::size_t i = 0; i < 4; ++i) png[start + 8 + length + i] = static_cast<std::uint8_t>(crc >> (24 - 8 * i));
    start += length + 12;
  }
}

void decode(const std::uint8_t* data, std::size_t size) try {
  constexpr std::int64_t kMaxPixels = 1 << 18;  // speed: what is refused beyond it is tested elsewhere
  const vitpose::engine::Image image =
      vitpose::engine::decode_image({reinterpret_cast<const std::byte*>(data), size}, "fuzz",
                                    {.max_pixels = kMaxPixels, .apply_exif_orientation = true});
  const std::int64_t pixels = std::int64_t{image.width} * image.height;
  if (image.width < 1 || image.height < 1 || pixels > kMaxPixels) std::abort();
  if (image.rgb.size() != static_cast<std::size_t>(pixels) * 3) std::abort();
} catch (const vitpose::engine::Error&) {
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  decode(data, size);
  if (size > 8 && data[0] == 0x89) {
    Bytes png(data, data + size);
    repair_checksums(png);
    if (!std::equal(png.begin(), png.end(), data)) decode(png.data(), png.size());
  }
  return 0;
}
