#include <cstring>
#include <doctest/doctest.h>
#include <string>
#include <thread>

#include "core/error.h"
#include "model/preprocess.h"
#include "tests/numerics/golden_inputs.h"

namespace vitpose::engine {
namespace {

constexpr PreprocessConfig kLevels{.do_rescale = false, .do_normalize = false};  // the 8-bit crop itself
constexpr Box kBox{60.5, 40.25, 120, 150};

std::vector<float> crop(const ImageView& image, const Box& box, const PreprocessConfig& config = kLevels) {
  std::vector<float> values(static_cast<std::size_t>(3 * config.height * config.width), -1.0f);
  Preprocessor(config, {}).crop(image, box, values.data());
  return values;
}

// The picture in another pixel format, rows `padding` bytes apart.
std::vector<std::uint8_t> repacked(const golden::Picture& picture, PixelFormat format, std::size_t padding) {
  std::vector<std::uint8_t> bytes;
  std::size_t i = 0;
  for (int y = 0; y < picture.height; ++y) {
    for (int x = 0; x < picture.width; ++x, i += 3) {
      const std::uint8_t* rgb = &picture.rgb[i];
      const bool swapped = format == PixelFormat::kBgr8 || format == PixelFormat::kBgra8;
      for (int c = 0; c < 3; ++c) bytes.push_back(rgb[swapped ? 2 - c : c]);
      if (format == PixelFormat::kRgba8 || format == PixelFormat::kBgra8) bytes.push_back(static_cast<std::uint8_t>(x));
    }
    bytes.insert(bytes.end(), padding, 77);
  }
  return bytes;
}

std::string refusal_of(const ImageView& image) {
  try {
    (void)crop(image, kBox);
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kInvalidArgument);
    return error.what();
  }
  return "";
}

TEST_CASE("colour formats with the same colours give the same crop, whatever the row stride") {
  const golden::Picture picture = golden::image("noise:5:230x190");
  const std::vector<float> expected = crop(picture.view(), kBox);
  for (const PixelFormat format : {PixelFormat::kRgb8, PixelFormat::kBgr8, PixelFormat::kRgba8, PixelFormat::kBgra8}) {
    for (const std::size_t padding : {std::size_t{0}, std::size_t{13}}) {
      const std::vector<std::uint8_t> bytes = repacked(picture, format, padding);
      const auto stride = static_cast<std::ptrdiff_t>(bytes.size()) / picture.height;
      CAPTURE(static_cast<int>(format));
      CHECK(crop({bytes.data(), picture.width, picture.height, stride, format}, kBox) == expected);
    }
  }
}

TEST_CASE("grey is replicated into all three channels") {
  golden::Picture picture = golden::image("noise:6:230x190");
  std::vector<std::uint8_t> grey;
  for (std::size_t i = 0; i < picture.rgb.size(); i += 3) {
    grey.push_back(picture.rgb[i]);
    picture.rgb[i + 1] = picture.rgb[i + 2] = picture.rgb[i];
  }
  CHECK(crop({grey.data(), picture.width, picture.height, picture.width, PixelFormat::kGray8}, kBox) ==
        crop(picture.view(), kBox));
}

TEST_CASE("a negative row stride reads the picture bottom up") {
  const golden::Picture picture = golden::image("noise:7:230x190");
  const std::ptrdiff_t stride = std::ptrdiff_t{3} * picture.width;
  std::vector<std::uint8_t> flipped(picture.rgb.size());
  for (std::ptrdiff_t y = 0; y < picture.height; ++y) {
    std::memcpy(&flipped[static_cast<std::size_t>(y * stride)],
                &picture.rgb[static_cast<std::size_t>((picture.height - 1 - y) * stride)],
                static_cast<std::size_t>(stride));
  }
  const std::uint8_t* last_row = flipped.data() + (picture.height - 1) * stride;
  CHECK(crop({last_row, picture.width, picture.height, -stride, PixelFormat::kRgb8}, kBox) ==
        crop(picture.view(), kBox));
}

TEST_CASE("what lies outside the image is black, before normalisation") {
  const golden::Picture white = golden::image("level:255:64x64");
  const std::vector<float> values = crop(white.view(), {1000, 1000, 50, 50});
  CHECK(values == std::vector<float>(values.size(), 0.0f));
  const std::vector<float> normalized = crop(white.view(), {1000, 1000, 50, 50}, {});
  CHECK(normalized.front() == (0.0f - 0.485f) / 0.229f);
  CHECK(normalized.back() == (0.0f - 0.406f) / 0.225f);
}

TEST_CASE("a white image stays white at every scale inside it") {
  const golden::Picture white = golden::image("level:255:400x400");
  for (const double size : {0.01, 1.0, 33.3, 180.0}) {
    const std::vector<float> values = crop(white.view(), {200 - size / 2, 200 - size / 2, size, size});
    CHECK(values == std::vector<float>(values.size(), 255.0f));
  }
}

TEST_CASE("an image that is its own crop comes back unchanged, to the last row and column") {
  const golden::Picture picture = golden::image("noise:11:49x49");
  const PreprocessConfig square{.height = 49, .width = 49, .do_rescale = false, .do_normalize = false};
  const std::vector<float> values = crop(picture.view(), {4.8, 4.8, 38.4, 38.4}, square);
  int different = 0;
  for (std::size_t i = 0; i < 49 * 49; ++i) {
    for (std::size_t c = 0; c < 3; ++c) different += values[c * 49 * 49 + i] != picture.rgb[3 * i + c];
  }
  CHECK(different == 0);
}

TEST_CASE("a position outside the image by any amount is black, without blending") {
  const golden::Picture white = golden::image("level:255:49x49");
  const PreprocessConfig square{.height = 49, .width = 49, .do_rescale = false, .do_normalize = false};
  const double ulp = 0x1p-19;  // of the centre, 24, in f32
  const std::vector<float> values = crop(white.view(), {4.8 + ulp, 4.8, 38.4, 38.4}, square);
  CHECK(values[47] == 255.0f);
  CHECK(values[48] == 0.0f);
}

TEST_CASE("halves round up") {
  // The image is its own crop, moved by half a pixel: means of 0 and 255, 0 and 1, 128 and 201 are exact ties.
  const golden::Picture checker = golden::image("checker:0:49x49");
  const PreprocessConfig square{.height = 49, .width = 49, .do_rescale = false, .do_normalize = false};
  const std::vector<float> values = crop(checker.view(), {5.3, 4.8, 38.4, 38.4}, square);
  CHECK(values[5 * 49 + 7] == 128.0f);
  CHECK(values[49 * 49 + 5 * 49 + 7] == 1.0f);
  CHECK(values[2 * 49 * 49 + 5 * 49 + 7] == 165.0f);
}

TEST_CASE("empty images, images without data and overlapping rows are refused") {
  const golden::Picture picture = golden::image("noise:9:8x6");
  ImageView image = picture.view();
  image.data = nullptr;
  CHECK(refusal_of(image).find("no data") != std::string::npos);
  image = picture.view();
  image.width = 0;
  CHECK(refusal_of(image).find("0x6") != std::string::npos);
  image = picture.view();
  image.height = -1;
  CHECK(refusal_of(image).find("8x-1") != std::string::npos);
  image = picture.view();
  image.row_stride = 23;
  CHECK(refusal_of(image).find("at least 24 bytes") != std::string::npos);
  image = picture.view();
  image.format = static_cast<PixelFormat>(9);
  CHECK(refusal_of(image).find("pixel format") != std::string::npos);
}

TEST_CASE("whole images instead of crops are refused by name") {
  const PreprocessConfig whole{.do_affine_transform = false};
  try {
    (void)Preprocessor(whole, {});
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kUnsupported);
    CHECK(std::string(error.what()).find("do_affine_transform") != std::string::npos);
  }
}

TEST_CASE("one preprocessor serves several threads at once") {
  const golden::Picture picture = golden::image("noise:10:230x190");
  const Preprocessor preprocessor({}, {});
  const std::size_t size = 3 * 256 * 192;
  std::vector<std::vector<float>> serial;
  std::vector<std::vector<float>> concurrent(4, std::vector<float>(size));
  for (int i = 0; i < 4; ++i) {
    serial.emplace_back(size);
    preprocessor.crop(picture.view(), {10.0 * i, 5, 90, 120}, serial.back().data());
  }
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    float* const out = concurrent[static_cast<std::size_t>(i)].data();
    threads.emplace_back([&, i, out] { preprocessor.crop(picture.view(), {10.0 * i, 5, 90, 120}, out); });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(serial == concurrent);
}

}  // namespace
}  // namespace vitpose::engine
