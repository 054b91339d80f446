// When memory is short: an error that names the file, and small files that must not make it short.
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <doctest/doctest.h>

#include "io/image.h"
#include "io/mapped_file.h"
#include "io/safetensors.h"
#include "tests/support/allocation_counter.h"
#include "tests/support/errors.h"
#include "tests/support/files.h"

namespace {
std::atomic<bool> refuse_calloc{false};
}

// The linker sends our libraries' calls of calloc here (--wrap): those of stb_image.
extern "C" void* __real_calloc(std::size_t count, std::size_t bytes);
extern "C" void* __wrap_calloc(std::size_t count, std::size_t bytes) {
  return refuse_calloc ? nullptr : __real_calloc(count, bytes);
}

namespace vitpose::engine {
using namespace testing;

namespace {

constexpr std::size_t kMegabyte = std::size_t{1} << 20;

std::string data(const std::string& name) {
  return read_file(VITPOSE_TEST_DATA "/" + name);
}

// The Error of a call during which nobody gets more than `bytes` at once.
template <class Call>
Raised raised_with(std::size_t bytes, const Call& call) {
  const RefusedAbove more(bytes);
  return raised_by(call);
}

TEST_CASE("a picture whose pixels find no memory is no malformed picture") {
  const std::string jpeg = data("baseline.jpg");
  check_error(raised_with(4000, [&] { decode_image(as_bytes(jpeg), "photo"); }), ErrorCode::kOutOfMemory,
              {"photo: not enough memory"});
  const std::string png = data("rgb.png");
  const auto decode = [&] { decode_image(as_bytes(png), "photo"); };
  refuse_calloc = true;
  const Raised raised = raised_by(decode);
  refuse_calloc = false;
  check_error(raised, ErrorCode::kOutOfMemory, {"photo: not enough memory"});
  CHECK(!raised_by(decode).any);
}

TEST_CASE("memory that libjpeg does not get is no fault of the picture") {
  if (jpeg_decoder_name() != std::string_view("libjpeg-turbo")) return;
  std::string jpeg = data("progressive.jpg");  // whose coefficients are held before there are pixels
  const std::size_t frame = jpeg.find("\xff\xc2");
  REQUIRE(frame != std::string::npos);
  jpeg[frame + 5] = 4;  // 1024 rows and more
  const auto decode = [&] { decode_image(as_bytes(jpeg), "photo"); };
  ::setenv("JPEGMEM", "1", 1);  // libjpeg's own limit, in kilobytes
  const Raised raised = raised_by(decode);
  ::unsetenv("JPEGMEM");
  check_error(raised, ErrorCode::kOutOfMemory, {"photo: not enough memory"});
  CHECK(raised_by(decode).code != ErrorCode::kOutOfMemory);
}

TEST_CASE("a file that finds no memory is named") {
  const TemporaryFolder folder;
  const std::string path = folder / "large";
  write_file(path, std::string(kMegabyte, ' '));
  check_error(raised_with(kMegabyte / 2, [&] { MappedFile(path, MappedFile::Access::kRead); }), ErrorCode::kOutOfMemory,
              {"large'", "1048576 bytes"});
  check_error(raised_with(kMegabyte / 2, [&] { read_text_file(path, 2 * kMegabyte); }), ErrorCode::kOutOfMemory,
              {"large'"});
}

TEST_CASE("a picture's file that is too large for any allowed picture is refused before it is read") {
  const TemporaryFolder folder;
  const std::string path = folder / "sparse.png";
  write_file(path, data("rgb.png"));
  std::filesystem::resize_file(path, 70 * kMegabyte);
  const auto error_of = [&](std::int64_t max_pixels) {
    return raised_with(kMegabyte, [&] { read_image(path, {.max_pixels = max_pixels}); });
  };
  check_error(error_of(1000), ErrorCode::kUnsupported,
              {"sparse.png", "67117864 bytes for 1000 pixels (max_pixels)", "found 73400320"});
  check_error(error_of(INT64_MAX), ErrorCode::kOutOfMemory, {"sparse.png"});
}

TEST_CASE("a small tensor file of very many values is refused before they fill the memory") {
  std::string header = "{\"__metadata__\":[";
  while (header.size() < 4 * kMegabyte) header += "0,";
  header += "0]}";
  const std::uint64_t length = header.size();
  std::string file(sizeof length, '\0');
  std::memcpy(file.data(), &length, sizeof length);
  file += header;
  check_error(raised_with(32 * kMegabyte, [&] { SafeTensors::from_memory(as_bytes(file), "small"); }),
              ErrorCode::kFormat, {"small: expected at most 262144 values"});
}

}  // namespace
}  // namespace vitpose::engine
