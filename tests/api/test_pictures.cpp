#include <algorithm>

#include "io/image.h"
#include "tests/api/api_support.h"

using namespace vitpose;
using namespace vitpose::test;

namespace {

// The test picture's pixels, rearranged; `channels` bytes a pixel with these sources (-1: a filler).
std::vector<std::uint8_t> rearranged(const TestPicture& picture, const std::vector<int>& sources) {
  std::vector<std::uint8_t> pixels;
  for (std::size_t i = 0; i < picture.rgb.size(); i += 3) {
    for (const int source : sources) {
      pixels.push_back(source < 0 ? 77 : picture.rgb[i + static_cast<std::size_t>(source)]);
    }
  }
  return pixels;
}

}  // namespace

TEST_CASE("a picture is turned upright as its EXIF entry says only on request") {
  const std::string path = VITPOSE_TEST_PICTURES "/orientation6.jpg";
  const Picture stored = Picture::read(path);
  const Picture upright = Picture::read(path, {.exif_orientation = true});
  REQUIRE(stored.image().width != stored.image().height);
  CHECK(upright.image().width == stored.image().height);
  CHECK(upright.image().height == stored.image().width);
}

TEST_CASE("every pixel format gives the crop of the same picture in RGB") {
  const TestPicture picture;
  const Tensor expected = preprocess(picture.image(), test_boxes());
  const auto crop = [&](const std::vector<std::uint8_t>& pixels, PixelFormat format) {
    return preprocess({.data = pixels.data(), .width = 80, .height = 60, .format = format}, test_boxes());
  };
  CHECK(same_bits(crop(rearranged(picture, {2, 1, 0}), PixelFormat::kBgr8), expected));
  CHECK(same_bits(crop(rearranged(picture, {0, 1, 2, -1}), PixelFormat::kRgba8), expected));
  CHECK(same_bits(crop(rearranged(picture, {2, 1, 0, -1}), PixelFormat::kBgra8), expected));
  CHECK(same_bits(crop(rearranged(picture, {1}), PixelFormat::kGray8),
                  crop(rearranged(picture, {1, 1, 1}), PixelFormat::kRgb8)));
}

TEST_CASE("rows may lie further apart than they are long, or upside down") {
  const TestPicture picture;
  const Tensor expected = preprocess(picture.image(), test_boxes());
  const std::ptrdiff_t row = 80 * 3;
  const std::ptrdiff_t stride = row + 13;
  std::vector<std::uint8_t> apart(static_cast<std::size_t>(stride * 60), 200);
  std::vector<std::uint8_t> reversed(picture.rgb.size());
  for (std::ptrdiff_t y = 0; y < 60; ++y) {
    const auto from = picture.rgb.begin() + y * row;
    std::copy(from, from + row, apart.begin() + y * stride);
    std::copy(from, from + row, reversed.begin() + (59 - y) * row);
  }
  CHECK(same_bits(preprocess({apart.data(), 80, 60, stride}, test_boxes()), expected));
  CHECK(same_bits(preprocess({reversed.data() + 59 * row, 80, 60, -row}, test_boxes()), expected));
}

TEST_CASE("images without pixels, with overlapping rows or of an unknown format are refused") {
  const TestPicture picture;
  const auto refuse = [&](const ImageView& image, std::initializer_list<std::string_view> parts) {
    check_refused(ErrorCode::kInvalidArgument, parts, [&] { preprocess(image, test_boxes()); });
  };
  refuse({nullptr, 80, 60}, {"image 0", "NULL"});
  refuse({picture.rgb.data(), 0, 60}, {"image 0", "0x60"});
  refuse({picture.rgb.data(), 80, -1}, {"image 0", "80x-1"});
  refuse({picture.rgb.data(), 80, 60, 239}, {"row stride", "240", "239"});
  refuse({picture.rgb.data(), 80, 60, 0, PixelFormat{9}}, {"format", "9"});
}

TEST_CASE("a picture of one pixel is cropped") {
  const std::uint8_t pixel[3]{10, 20, 30};
  CHECK(preprocess({pixel, 1, 1}, {{0, 0, 1, 1}}).shape == std::vector<std::int64_t>{1, 3, 256, 192});
}

TEST_CASE("a picture file is read as RGB") {
  const TemporaryFolder folder;
  const TestPicture made;
  engine::write_image(folder / "a.png", {80, 60, made.rgb});
  const auto picture = Picture::read(folder / "a.png");
  const ImageView image = picture.image();
  REQUIRE(image.width == 80);
  REQUIRE(image.height == 60);
  CHECK(image.format == PixelFormat::kRgb8);
  CHECK(std::equal(made.rgb.begin(), made.rgb.end(), image.data));
}

TEST_CASE("picture files that are missing, broken or too large are refused") {
  const TemporaryFolder folder;
  engine::write_image(folder / "a.png", {80, 60, TestPicture().rgb});
  engine::testing::write_file(folder / "words.png", "no picture at all");
  engine::testing::write_file(folder / "empty.png", "");
  check_refused(ErrorCode::kIo, {"nowhere.png"}, [&] { Picture::read(folder / "nowhere.png"); });
  check_refused(ErrorCode::kFormat, {"words.png"}, [&] { Picture::read(folder / "words.png"); });
  check_refused(ErrorCode::kFormat, {"empty.png"}, [&] { Picture::read(folder / "empty.png"); });
  check_refused(ErrorCode::kUnsupported, {"a.png", "4799", "80x60"},
                [&] { Picture::read(folder / "a.png", {.max_pixels = 4799}); });
  CHECK(Picture::read(folder / "a.png", {.max_pixels = 4800}).image().width == 80);
}
