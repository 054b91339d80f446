#include <cstdlib>
#include <doctest/doctest.h>

#include "io/image.h"
#include "tests/support/errors.h"
#include "tests/support/files.h"

namespace vitpose::engine {
using namespace testing;

namespace {

Image gradient(int width, int height) {
  Image image{width, height, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (const int value : {3 * x, 5 * y, 2 * (x + y)}) image.rgb.push_back(static_cast<std::uint8_t>(value));
    }
  }
  return image;
}

TEST_CASE("a PNG is read back with the same pixels") {
  const TemporaryFolder folder;
  for (const auto& [width, height] : {std::pair{1, 1}, {1, 17}, {17, 1}, {31, 20}}) {
    const Image image = gradient(width, height);
    write_image(folder / "out.PNG", image);
    const Image back = read_image(folder / "out.PNG");
    CHECK(back.width == width);
    CHECK(back.height == height);
    CHECK(back.rgb == image.rgb);
  }
  CHECK(folder.count() == 1);
}

TEST_CASE("a JPEG is read back with nearly the same pixels") {
  const TemporaryFolder folder;
  for (const char* const name : {"out.jpg", "out.jpeg", "out.JPG"}) {
    const Image image = gradient(31, 20);
    write_image(folder / name, image);
    const Image back = read_image(folder / name);
    REQUIRE(back.rgb.size() == image.rgb.size());
    double sum = 0;
    for (std::size_t i = 0; i < image.rgb.size(); ++i) sum += std::abs(back.rgb[i] - image.rgb[i]);
    CHECK(sum / static_cast<double>(image.rgb.size()) < 2.0);
  }
  write_image(folder / "one.jpg", gradient(1, 1));
  CHECK(read_image(folder / "one.jpg").width == 1);
}

TEST_CASE("what cannot be written is reported, and nothing is left behind") {
  const TemporaryFolder folder;
  const Image image = gradient(4, 4);
  const auto error_of = [&](const std::string& path) { return raised_by([&] { write_image(path, image); }); };
  check_error(error_of(folder / "out.gif"), ErrorCode::kInvalidArgument, {"out.gif", ".png, .jpg or .jpeg"});
  check_error(error_of(folder / "out"), ErrorCode::kInvalidArgument, {".png, .jpg or .jpeg"});
  check_error(error_of(folder / "missing/out.png"), ErrorCode::kIo, {"missing/out.png", "No such file"});
  std::filesystem::create_symlink("/dev/full", folder / "full.png");
  check_error(error_of(folder / "full.png"), ErrorCode::kIo, {"full.png", "No space left"});
  CHECK(folder.count() == 1);
  if (jpeg_decoder_name() != std::string_view("libjpeg-turbo")) return;
  check_error(raised_by([&] { write_image(folder / "wide.jpg", gradient(65536, 1)); }), ErrorCode::kUnsupported,
              {"wide.jpg", "65500"});
}

}  // namespace
}  // namespace vitpose::engine
