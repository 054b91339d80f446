#include <algorithm>
#include <csignal>
#include <filesystem>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/api/api_support.h"

using namespace vitpose;
using namespace vitpose::test;

namespace {

std::vector<std::uint8_t> pixels_of(const Picture& picture) {
  const ImageView image = picture.image();
  return {image.data, image.data + image.width * image.height * 3};
}

Picture reread(const std::string& path) {
  const std::string bytes = engine::testing::read_file(path);
  return Picture::read_memory(bytes.data(), bytes.size());
}

}  // namespace

TEST_CASE("a PNG holds the pixels that were written, whatever format they had") {
  const TemporaryFolder folder;
  const TestPicture made;
  write_picture(folder / "rgb.png", made.image());
  CHECK(pixels_of(Picture::read(folder / "rgb.png")) == made.rgb);
  std::vector<std::uint8_t> bgra;
  for (std::size_t i = 0; i < made.rgb.size(); i += 3) {
    bgra.insert(bgra.end(), {made.rgb[i + 2], made.rgb[i + 1], made.rgb[i], 9});
  }
  write_picture(folder / "bgra.png", {bgra.data(), 80, 60, 0, PixelFormat::kBgra8});
  CHECK(pixels_of(Picture::read(folder / "bgra.png")) == made.rgb);
  // Every second row of a grey picture.
  write_picture(folder / "grey.png", {made.rgb.data(), 80, 30, 160, PixelFormat::kGray8});
  const auto grey = pixels_of(Picture::read(folder / "grey.png"));
  REQUIRE(grey.size() == 80 * 30 * 3);
  CHECK(grey[80 * 3] == made.rgb[160]);
  CHECK(grey[80 * 3 + 2] == made.rgb[160]);
}

TEST_CASE("a JPEG is close to the pixels, closer and larger the higher its quality") {
  const TemporaryFolder folder;
  std::vector<std::uint8_t> smooth;
  for (int i = 0; i < 64 * 48; ++i) {
    smooth.insert(smooth.end(), {static_cast<std::uint8_t>(i % 64 * 3), static_cast<std::uint8_t>(i / 64 * 4), 90});
  }
  const ImageView image{smooth.data(), 64, 48};
  const auto error = [&](const std::string& path) {
    const auto found = pixels_of(Picture::read(path));
    int largest = 0;
    for (std::size_t i = 0; i < smooth.size(); ++i) largest = std::max(largest, std::abs(found[i] - smooth[i]));
    return largest;
  };
  write_picture(folder / "default.jpg", image);
  write_picture(folder / "best.jpeg", image, {.jpeg_quality = 100});
  write_picture(folder / "worst.JPG", image, {.jpeg_quality = 5});
  CHECK(error(folder / "default.jpg") < 12);
  CHECK(error(folder / "best.jpeg") <= error(folder / "default.jpg"));
  CHECK(error(folder / "worst.JPG") > error(folder / "default.jpg"));
  CHECK(std::filesystem::file_size(folder / "worst.JPG") < std::filesystem::file_size(folder / "default.jpg"));
}

TEST_CASE("a picture can be drawn into and written") {
  const TemporaryFolder folder;
  write_picture(folder / "a.png", TestPicture().image());
  auto picture = Picture::read(folder / "a.png");
  const Canvas canvas = picture.canvas();
  CHECK(canvas.data == picture.image().data);
  CHECK(canvas.width == 80);
  CHECK(canvas.height == 60);
  canvas.data[0] = static_cast<std::uint8_t>(~canvas.data[0]);
  write_picture(folder / "b.png", picture.image());
  CHECK(pixels_of(Picture::read(folder / "b.png")) == pixels_of(picture));
}

TEST_CASE("a picture is read from memory as from its file") {
  const TemporaryFolder folder;
  const TestPicture made;
  for (const char* name : {"a.png", "a.jpg"}) {
    write_picture(folder / name, made.image());
    CHECK(pixels_of(reread(folder / name)) == pixels_of(Picture::read(folder / name)));
  }
  check_refused(ErrorCode::kFormat, {"picture", "PNG"}, [] { Picture::read_memory("no picture", 10); });
  check_refused(ErrorCode::kFormat, {"picture", "empty"}, [] { Picture::read_memory("", 0); });
  const std::string bytes = engine::testing::read_file(folder / "a.png");
  for (const std::size_t kept : {bytes.size() / 2, std::size_t{20}, std::size_t{8}}) {
    check_refused(ErrorCode::kFormat, {"picture"}, [&] { Picture::read_memory(bytes.data(), kept); });
  }
  check_refused(ErrorCode::kUnsupported, {"80x60"},
                [&] { Picture::read_memory(bytes.data(), bytes.size(), {.max_pixels = 100}); });
}

TEST_CASE("pictures that cannot be written are refused and leave nothing behind") {
  const TemporaryFolder folder;
  const TestPicture made;
  const auto write = [&](const std::string& name, int quality = 95) {
    return [&made, path = folder / name, quality] { write_picture(path, made.image(), {.jpeg_quality = quality}); };
  };
  check_refused(ErrorCode::kInvalidArgument, {"a.gif", ".png"}, write("a.gif"));
  check_refused(ErrorCode::kInvalidArgument, {"picture", ".png"}, write("picture"));
  check_refused(ErrorCode::kInvalidArgument, {"jpeg_quality", "0"}, write("a.jpg", 0));
  check_refused(ErrorCode::kInvalidArgument, {"jpeg_quality", "101"}, write("a.png", 101));
  check_refused(ErrorCode::kIo, {"missing/a.png"}, write("missing/a.png"));
  check_refused(ErrorCode::kInvalidArgument, {"image", "0x60"}, [&] {
    write_picture(folder / "a.png", {made.rgb.data(), 0, 60});
  });
  CHECK(folder.count() == 0);
}

TEST_CASE("a full disk leaves the picture that was there before") {
  const TemporaryFolder folder;
  write_picture(folder / "a.png", TestPicture(1).image());
  const std::string before = engine::testing::read_file(folder / "a.png");
  // A limit on the size of files acts as a full disk; SIGXFSZ is ignored so that the write fails instead.
  const auto ignored = ::signal(SIGXFSZ, SIG_IGN);
  rlimit old{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &old) == 0);
  rlimit small = old;
  small.rlim_cur = 1000;
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  check_refused(ErrorCode::kIo, {"a.png"}, [&] { write_picture(folder / "a.png", TestPicture(2).image()); });
  ::setrlimit(RLIMIT_FSIZE, &old);
  ::signal(SIGXFSZ, ignored);
  CHECK(folder.count() == 1);
  CHECK(engine::testing::read_file(folder / "a.png") == before);
}
