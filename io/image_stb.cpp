#include "io/image_stb.h"

#include <climits>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

#include "core/error.h"

namespace {

// The most that stb_image may ask for at once on this thread.
thread_local std::size_t allocation_limit = 0;
// It asked for less and did not get it: no fault of the file.
thread_local bool memory_ran_out = false;

// Zeroed: whatever a malformed file makes stb_image read before it was written is at least always the same.
void* limited_malloc(std::size_t bytes) {
  if (bytes > allocation_limit) return nullptr;
  void* const memory = std::calloc(1, bytes);
  if (memory == nullptr) memory_ran_out = true;
  return memory;
}

void* limited_realloc(void* old, std::size_t old_bytes, std::size_t bytes) {
  if (bytes > allocation_limit) return nullptr;
  void* const grown = std::realloc(old, bytes);
  if (grown == nullptr) memory_ran_out = true;
  if (grown != nullptr && bytes > old_bytes) std::memset(static_cast<char*>(grown) + old_bytes, 0, bytes - old_bytes);
  return grown;
}

// An empty first IDAT chunk of a PNG makes stb_image copy nothing to no memory, which memcpy leaves undefined.
void* copy_bytes(void* to, const void* from, std::size_t bytes) {
  return bytes == 0 ? to : std::memcpy(to, from, bytes);
}

// A library never aborts; a broken invariant of stb_image ends as an Error.
void require(bool condition) {
  if (!condition)
    vitpose::engine::fail(vitpose::engine::ErrorCode::kInternal, "stb_image broke an invariant of its own");
}

}  // namespace

#define memcpy copy_bytes
#define STBI_MALLOC(bytes) limited_malloc(bytes)
#define STBI_REALLOC_SIZED(old, old_bytes, bytes) limited_realloc(old, old_bytes, bytes)
#define STBI_FREE(memory) std::free(memory)
#define STBI_ASSERT(condition) require(condition)
#define STBI_ONLY_PNG
#define STBI_ONLY_JPEG
#define STBI_NO_STDIO
#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
#include <stb/stb_image.h>

#define STBIW_ASSERT(condition) require(condition)
#define STBI_WRITE_NO_STDIO
#define STB_IMAGE_WRITE_STATIC
#define STB_IMAGE_WRITE_IMPLEMENTATION
#include <stb/stb_image_write.h>
#undef memcpy

namespace vitpose::engine {
namespace {

struct Free {
  void operator()(void* memory) const { std::free(memory); }
};
using Pixels = std::unique_ptr<unsigned char, Free>;

}  // namespace

std::string stb_decode(std::span<const std::byte> file, Image& image) {
  if (file.size() > INT_MAX / 4) return "the file is too large";
  // The largest blocks: 16-bit RGBA pixels, twice the raw rows (an inflate buffer doubles), twice the file.
  const std::size_t pixels = image.rgb.size() / 3;
  allocation_limit =
      16 * pixels + 2 * file.size() + 16 * static_cast<std::size_t>(image.height) + (std::size_t{1} << 20);
  memory_ran_out = false;
  int width = 0, height = 0, channels = 0;
  const Pixels decoded(stbi_load_from_memory(reinterpret_cast<const unsigned char*>(file.data()),
                                             static_cast<int>(file.size()), &width, &height, &channels, 3));
  if (memory_ran_out) throw std::bad_alloc();
  if (decoded == nullptr) return stbi_failure_reason() != nullptr ? stbi_failure_reason() : "it cannot be decoded";
  if (width != image.width || height != image.height) return "its size is stated twice, differently";
  std::memcpy(image.rgb.data(), decoded.get(), image.rgb.size());
  return {};
}

std::vector<std::uint8_t> stb_encode_png(const Image& image) {
  if (image.rgb.size() > INT_MAX / 2) return {};  // stb_image_write counts in int
  int size = 0;
  const Pixels encoded(stbi_write_png_to_mem(image.rgb.data(), image.width * 3, image.width, image.height, 3, &size));
  if (encoded == nullptr) throw std::bad_alloc();
  return {encoded.get(), encoded.get() + size};
}

std::vector<std::uint8_t> stb_encode_jpeg(const Image& image, int quality) {
  std::vector<std::uint8_t> encoded;
  const auto append = [](void* context, void* data, int size) {
    const auto* const bytes = static_cast<const std::uint8_t*>(data);
    auto* const destination = static_cast<std::vector<std::uint8_t>*>(context);
    destination->insert(destination->end(), bytes, bytes + size);
  };
  if (stbi_write_jpg_to_func(append, &encoded, image.width, image.height, 3, image.rgb.data(), quality) == 0) return {};
  return encoded;
}

}  // namespace vitpose::engine
