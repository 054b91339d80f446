#include <doctest/doctest.h>
#include <sys/stat.h>

#include "io/mapped_file.h"
#include "tests/support/errors.h"
#include "tests/support/files.h"

namespace vitpose::engine {
using namespace testing;

namespace {

constexpr MappedFile::Access kBoth[] = {MappedFile::Access::kMap, MappedFile::Access::kRead};

std::string text_of(const MappedFile& file) {
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

TEST_CASE("a file is seen whole, mapped or read") {
  const TemporaryFolder folder;
  const std::string path = folder / "file";
  std::string content(100'000, 'x');
  content.back() = 'y';
  write_file(path, content);
  for (const auto access : kBoth) {
    const MappedFile file(path, access);
    CHECK(text_of(file) == content);
  }
}

TEST_CASE("an empty file is an empty span") {
  const TemporaryFolder folder;
  write_file(folder / "empty", "");
  for (const auto access : kBoth) CHECK(MappedFile(folder / "empty", access).bytes().empty());
  CHECK(MappedFile().bytes().empty());
}

TEST_CASE("a file that was read does not change when the file on disk does") {
  const TemporaryFolder folder;
  write_file(folder / "file", "before");
  const MappedFile file(folder / "file", MappedFile::Access::kRead);
  write_file(folder / "file", "x");
  CHECK(text_of(file) == "before");
}

TEST_CASE("moving a file moves its bytes and leaves nothing behind") {
  const TemporaryFolder folder;
  write_file(folder / "a", "first");
  write_file(folder / "b", "second");
  for (const auto access : kBoth) {
    MappedFile first(folder / "a", access);
    const std::byte* const data = first.bytes().data();
    MappedFile moved(std::move(first));
    CHECK(moved.bytes().data() == data);
    CHECK(first.bytes().empty());  // NOLINT: the moved-from state is part of the promise
    MappedFile second(folder / "b", access);
    second = std::move(moved);
    CHECK(text_of(second) == "first");
  }
}

TEST_CASE("missing files, directories, devices and pipes are refused by name") {
  const TemporaryFolder folder;
  const std::string pipe = folder / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  for (const auto access : kBoth) {
    const auto error_of = [&](const std::string& path) { return raised_by([&] { MappedFile(path, access); }); };
    check_error(error_of(folder / "missing"), ErrorCode::kIo, {"missing'", "No such file"});
    check_error(error_of(folder.path()), ErrorCode::kIo, {folder.path(), "directory"});
    check_error(error_of("/dev/null"), ErrorCode::kIo, {"'/dev/null'", "regular file"});
    check_error(error_of(pipe), ErrorCode::kIo, {"regular file"});
  }
}

TEST_CASE("a text file is read whole up to a limit") {
  const TemporaryFolder folder;
  const std::string text(200'000, 't');
  write_file(folder / "text", text);
  CHECK(read_text_file(folder / "text", text.size()) == text);
  check_error(raised_by([&] { read_text_file(folder / "text", text.size() - 1); }), ErrorCode::kFormat,
              {"text'", "at most 199999 bytes"});
  check_error(raised_by([&] { read_text_file("/dev/zero", 1000); }), ErrorCode::kFormat, {"too large"});
  check_error(raised_by([&] { read_text_file(folder.path(), 1000); }), ErrorCode::kIo, {"directory"});
  CHECK(read_text_file("/dev/null", 0).empty());
}

}  // namespace
}  // namespace vitpose::engine
