// Real photographs, which may not be distributed; photographs.sh reports this test as skipped where they are absent.
#include <cstdint>
#include <doctest/doctest.h>
#include <filesystem>
#include <string>
#include <string_view>

#include "io/image.h"

namespace vitpose::engine {
namespace {

struct Photograph {
  const char* name;
  int width, height;
  std::uint64_t hash;  // FNV-1a of the RGB bytes that Pillow gives
};
constexpr Photograph kJpegs[] = {
    {"aic/054d9ce9201beffc76e5ff2169d2af2f027002ca.jpg", 900, 600, 0x1b463574ca23d222u},
    {"coco/000000000785.jpg", 640, 425, 0x2e20f316e143d80au},
    {"coco/000000197388.jpg", 640, 392, 0x16ece18b93c0d4e1u},
    {"crowdpose/103319.jpg", 640, 480, 0xb2756b68e6a72a07u},
    {"mpii/052475643.jpg", 854, 480, 0xbaca26b46ee60937u},
    {"ap10k/000000037516.jpg", 1200, 867, 0x9c502643334fc939u},
};
constexpr Photograph kPngs[] = {
    {"coco/000000039769.png", 640, 480, 0xaa7e884ad0673849u},
    {"public_domain/astronaut.png", 512, 512, 0xfa4e6bff08e5e8fbu},
};

void check_pixels(const Photograph& photograph) {
  const std::string path = std::string(VITPOSE_SHARED_DATA "/") + photograph.name;
  INFO("photograph: ", path);
  REQUIRE(std::filesystem::exists(path));
  const Image image = read_image(path);
  CHECK(image.width == photograph.width);
  CHECK(image.height == photograph.height);
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const std::uint8_t value : image.rgb) hash = (hash ^ value) * 0x100000001b3u;
  CHECK(hash == photograph.hash);
}

TEST_CASE("PNG photographs have the pixels that Pillow gives them") {
  for (const Photograph& photograph : kPngs) check_pixels(photograph);
}

TEST_CASE("JPEG photographs have the pixels that Pillow gives them" *
          doctest::skip(jpeg_decoder_name() != std::string_view("libjpeg-turbo"))) {
  for (const Photograph& photograph : kJpegs) check_pixels(photograph);
}

}  // namespace
}  // namespace vitpose::engine
