#include <doctest/doctest.h>
// Good images: pixels equal those of Pillow, stored beside each image by data/make_images.py.
#include <cstdlib>

#include "io/image.h"
#include "io/npy.h"
#include "tests/support/files.h"

namespace vitpose::engine {
using namespace testing;

namespace {

std::string data_path(const std::string& name) {
  return std::string(VITPOSE_TEST_DATA "/") + name;
}

bool jpeg_is_exact() {
  return std::string_view(jpeg_decoder_name()) == "libjpeg-turbo";
}

// The largest difference to the golden; a huge number when the sizes differ.
int difference(const Image& image, const std::string& golden_name) {
  const Tensor golden = read_npy(data_path(golden_name + ".npy"));
  if (!(golden.shape() == Shape{image.height, image.width, 3})) return 1000;
  int largest = 0;
  for (std::size_t i = 0; i < image.rgb.size(); ++i) {
    largest = std::max(largest, std::abs(image.rgb[i] - golden.data<std::uint8_t>()[i]));
  }
  return largest;
}

TEST_CASE("PNG pixels equal the golden ones: every colour type, 16 bits as their high byte, interlaced, one pixel") {
  for (const char* const name : {"rgb", "grey", "rgba", "grey_alpha", "palette", "palette_short", "one_bit", "rgb16",
                                 "grey16", "interlaced", "one_pixel", "one_row", "one_column", "turned"}) {
    INFO("image: ", std::string(name));
    const std::string file = std::string(name) + ".png";
    CHECK(difference(read_image(data_path(file)), file) == 0);
  }
}

TEST_CASE("BMP pixels equal the golden ones: palettes, 16, 24 and 32 bits, both row orders") {
  for (const char* const name : {"rgb", "rgba", "palette", "one_bit", "rgb555", "rgb565", "top_down"}) {
    INFO("image: ", std::string(name));
    const std::string file = std::string(name) + ".bmp";
    CHECK(difference(read_image(data_path(file)), file) == 0);
  }
}

TEST_CASE("JPEG pixels equal Pillow's bit for bit with libjpeg-turbo, and nearly with stb_image") {
  const int tolerance = jpeg_is_exact() ? 0 : 24;  // other chroma interpolation, worst at the sharp edges here
  for (const char* const name : {"baseline", "full_chroma", "half_chroma", "progressive", "grey", "one_pixel"}) {
    INFO("image: ", std::string(name));
    const std::string file = std::string(name) + ".jpg";
    CHECK(difference(read_image(data_path(file)), file) <= tolerance);
  }
}

TEST_CASE("EXIF orientation is ignored unless asked for") {
  const Image image = read_image(data_path("turned.png"));
  CHECK(image.width == 13);
  CHECK(image.height == 11);
  CHECK(read_image(data_path("orientation6.jpg")).width == 9);
}

TEST_CASE("all eight EXIF orientations are applied as Pillow applies them") {
  const ImageReadOptions options{.apply_exif_orientation = true};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    INFO("orientation: ", orientation);
    const std::string file = "orientation" + std::to_string(orientation) + ".jpg";
    CHECK(difference(read_image(data_path(file), options), file) <= (jpeg_is_exact() ? 0 : 4));
  }
  CHECK(difference(read_image(data_path("turned.png"), options), "turned.png.exif") == 0);
  CHECK(difference(read_image(data_path("rgb.png"), options), "rgb.png") == 0);
}

TEST_CASE("malformed EXIF data is no reason to refuse a picture") {
  const std::string file = read_file(data_path("orientation6.jpg"));
  const std::size_t exif = file.find(std::string_view("Exif\0\0", 6));
  REQUIRE(exif != std::string::npos);
  const std::size_t length = static_cast<unsigned char>(file[exif - 1]);  // of the segment, which is a short one
  for (std::size_t i = exif + 6; i < exif - 2 + length; ++i) {
    for (const char value : {'\0', '\x7f', '\xff'}) {
      std::string changed = file;
      changed[i] = value;
      const Image image = decode_image(as_bytes(changed), "changed.jpg", {.apply_exif_orientation = true});
      CHECK(image.width * image.height == 54);
    }
  }
}

}  // namespace
}  // namespace vitpose::engine
