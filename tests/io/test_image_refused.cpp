#include <cstring>
#include <doctest/doctest.h>

#include "io/image.h"
#include "tests/support/errors.h"
#include "tests/support/files.h"

namespace vitpose::engine {
using namespace testing;

namespace {

std::string data_path(const std::string& name) {
  return std::string(VITPOSE_TEST_DATA "/") + name;
}
std::string data(const std::string& name) {
  return read_file(data_path(name));
}

Raised error_of_file(const std::string& path) {
  return raised_by([&] { read_image(path); });
}
Raised error_of(const std::string& bytes, std::int64_t max_pixels = 100'000'000) {
  return raised_by([&] { decode_image(as_bytes(bytes), "photo", {.max_pixels = max_pixels}); });
}

TEST_CASE("unreadable, empty and unknown files are refused by name") {
  check_error(error_of_file(data_path("none.png")), ErrorCode::kIo, {"none.png'", "No such file"});
  check_error(error_of_file(VITPOSE_TEST_DATA), ErrorCode::kIo, {"directory"});
  check_error(error_of_file(data_path("empty.png")), ErrorCode::kFormat, {"empty.png", "found an empty file"});
  check_error(error_of_file(data_path("picture.gif")), ErrorCode::kUnsupported, {"PNG, JPEG or BMP", "found GIF"});
  check_error(error_of("RIFF\1\2\3\4WEBPVP8 "), ErrorCode::kUnsupported, {"found WebP"});
  check_error(error_of("hello\nworld"), ErrorCode::kFormat, {"photo: ", "starts with 'hello\\x0awo'"});
  check_error(error_of("\x89PNG"), ErrorCode::kFormat, {"\\x89PNG"});
}

TEST_CASE("CMYK is refused by name") {
  check_error(error_of_file(data_path("cmyk.jpg")), ErrorCode::kUnsupported, {"cmyk.jpg", "grey or RGB", "found CMYK"});
  std::string ycck = data("cmyk.jpg");
  const std::size_t adobe = ycck.find("Adobe");
  REQUIRE(adobe != std::string::npos);
  ycck[adobe + 11] = 2;
  check_error(error_of(ycck), ErrorCode::kUnsupported, {"found YCCK"});
}

TEST_CASE("images of more than the allowed pixels are refused from their header alone") {
  // These files hold nothing but a header; had the limit let them pass, the error would be another one.
  check_error(error_of_file(data_path("huge.png")), ErrorCode::kUnsupported, {"huge.png", "100000000", "20000x20000"});
  check_error(error_of_file(data_path("huge.jpg")), ErrorCode::kUnsupported, {"huge.jpg", "100000000", "20000x20000"});
  std::string bmp = data("rgb.bmp");
  const std::int32_t side = 20000;
  std::memcpy(&bmp[18], &side, 4);
  std::memcpy(&bmp[22], &side, 4);
  check_error(error_of(bmp), ErrorCode::kUnsupported, {"100000000", "20000x20000"});
}

TEST_CASE("the limit of pixels is exact and can be chosen") {
  for (const char* const name : {"rgb.png", "rgb.bmp", "baseline.jpg"}) {
    INFO("image: ", std::string(name));
    const Image image = read_image(data_path(name));
    const std::int64_t pixels = std::int64_t{image.width} * image.height;
    CHECK(!error_of(data(name), pixels).any);
    check_error(error_of(data(name), pixels - 1), ErrorCode::kUnsupported, {std::to_string(pixels - 1)});
  }
}

TEST_CASE("every truncation of every image is refused") {
  for (const char* const name : {"rgb.png", "palette.png", "interlaced.png", "one_pixel.png", "baseline.jpg",
                                 "progressive.jpg", "grey.jpg", "rgb555.bmp", "palette.bmp", "one_bit.bmp"}) {
    const std::string file = data(name);
    // The bytes that fill up a BMP's last row to a multiple of four may be missing.
    const std::size_t padding = std::string_view(name).ends_with(".bmp") ? 3 : 0;
    for (std::size_t size = 0; size + padding < file.size(); ++size) {
      const Raised raised = error_of(file.substr(0, size));
      INFO(std::string(name), " cut to ", size, ": ", raised.message);
      CHECK(raised.any);
      CHECK(raised.has("photo: "));
    }
  }
}

TEST_CASE("a PNG with any changed byte is refused, or the change is not one of pixels") {
  const std::string file = data("rgb.png");
  const std::vector<std::uint8_t> pixels = decode_image(as_bytes(file), "photo").rgb;
  for (std::size_t i = 0; i < file.size(); ++i) {
    std::string changed = file;
    changed[i] = static_cast<char>(changed[i] ^ 0x10);
    INFO("byte ", i);
    bool has_same_pixels = false;
    const Raised raised = raised_by([&] { has_same_pixels = decode_image(as_bytes(changed), "photo").rgb == pixels; });
    CHECK((has_same_pixels || raised.has("photo: ")));
  }
}

TEST_CASE("malformed PNG files are refused with the reason") {
  const std::string file = data("palette.png");
  const std::size_t palette = file.find("PLTE"), pixels = file.find("IDAT");
  REQUIRE(palette != std::string::npos);
  REQUIRE(pixels != std::string::npos);
  std::string without_palette = file;
  without_palette.replace(palette, 4, "pLTE");
  check_error(error_of(without_palette), ErrorCode::kFormat, {"malformed PNG", "palette is missing"});
  std::string wrong_sum = file;
  wrong_sum[pixels + 6] = static_cast<char>(wrong_sum[pixels + 6] ^ 1);
  check_error(error_of(wrong_sum), ErrorCode::kFormat, {"checksum", "'IDAT'"});
  check_error(error_of(file.substr(0, 8) + file.substr(33)), ErrorCode::kFormat, {"IHDR"});
  check_error(error_of(file.substr(0, 33) + std::string(8, '\xff')), ErrorCode::kFormat, {"truncated PNG"});
}

TEST_CASE("malformed JPEG files are refused with the reason") {
  const std::string file = data("baseline.jpg");
  check_error(error_of(file.substr(0, file.size() - 2)), ErrorCode::kFormat, {"malformed JPEG", "truncated"});
  check_error(error_of(file.substr(0, 30)), ErrorCode::kFormat, {"truncated JPEG"});
  const std::size_t frame = file.find("\xff\xc0");
  REQUIRE(frame != std::string::npos);
  std::string changed = file;
  changed[frame + 4] = 12;
  check_error(error_of(changed), ErrorCode::kUnsupported, {"8 bits, found 12"});
  changed = file;
  changed[frame + 5] = changed[frame + 6] = 0;
  check_error(error_of(changed), ErrorCode::kFormat, {"45x0"});
  changed = file;
  changed[frame + 1] = '\xfe';  // the frame header becomes a comment
  check_error(error_of(changed), ErrorCode::kFormat, {"no frame header"});
  check_error(error_of("\xff\xd8\xff\xd9"), ErrorCode::kFormat, {"no frame header"});
  changed = file;
  const std::size_t tables = file.find("\xff\xc4");
  REQUIRE(tables != std::string::npos);
  for (std::size_t i = 0; i < 16; ++i) changed[tables + 5 + i] = '\xff';
  check_error(error_of(changed), ErrorCode::kFormat, {"Huffman table of more than 256 codes"});
  // The same behind the start of the image data, where the stb_image build finds it by itself and libjpeg on its way.
  changed.replace(changed.size() - 2, 0, changed.substr(tables, 40));
  std::memcpy(&changed[tables], &file[tables], 40);
  CHECK(error_of(changed).any);
}

TEST_CASE("malformed BMP files are refused with the reason") {
  const std::string file = data("palette.bmp");
  const auto with = [&](std::size_t offset, std::uint32_t value, std::size_t bytes) {
    std::string changed = file;
    std::memcpy(&changed[offset], &value, bytes);
    return changed;
  };
  check_error(error_of(with(10, 0xffffffff, 4)), ErrorCode::kFormat, {"truncated BMP"});
  check_error(error_of(with(14, 39, 4)), ErrorCode::kFormat, {"unknown size"});
  check_error(error_of(with(18, 0, 4)), ErrorCode::kFormat, {"found 0x5"});
  check_error(error_of(with(18, 0x80000000, 4)), ErrorCode::kFormat, {"sides"});
  check_error(error_of(with(22, 0x80000000, 4)), ErrorCode::kFormat, {"sides"});
  check_error(error_of(with(28, 7, 2)), ErrorCode::kUnsupported, {"found 7"});
  check_error(error_of(with(30, 1, 4)), ErrorCode::kUnsupported, {"compression 1"});
  check_error(error_of("BM"), ErrorCode::kFormat, {"inside its header"});
}

}  // namespace
}  // namespace vitpose::engine
