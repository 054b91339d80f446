#include <doctest/doctest.h>
#include <future>
#include <sys/stat.h>
#include <unistd.h>

#include "io/output_file.h"
#include "tests/support/errors.h"
#include "tests/support/files.h"

namespace vitpose::engine {
using namespace testing;

namespace {

TEST_CASE("a file appears only when it is committed") {
  const TemporaryFolder folder;
  const std::string path = folder / "out";
  {
    OutputFile file(path);
    file.write("one, ");
    file.write("two");
    CHECK(!std::filesystem::exists(path));
    file.commit();
    CHECK(read_file(path) == "one, two");
  }
  CHECK(folder.count() == 1);
}

TEST_CASE("without a commit the old content stays and nothing is left behind") {
  const TemporaryFolder folder;
  const std::string path = folder / "out";
  write_file(path, "old");
  { OutputFile(path).write("new"); }
  CHECK(read_file(path) == "old");
  CHECK(folder.count() == 1);
}

TEST_CASE("two writers of one file do not meet") {
  const TemporaryFolder folder;
  OutputFile first(folder / "out"), second(folder / "out");
  first.write("first");
  second.write("second");
  first.commit();
  CHECK(read_file(folder / "out") == "first");
  second.commit();
  CHECK(read_file(folder / "out") == "second");
  CHECK(folder.count() == 1);
}

TEST_CASE("a replaced file keeps its mode, a symbolic link stays one") {
  const TemporaryFolder folder;
  write_file(folder / "target", "old");
  REQUIRE(::chmod((folder / "target").c_str(), 0640) == 0);
  std::filesystem::create_symlink(folder / "target", folder / "link");
  OutputFile file(folder / "link");
  file.write("new");
  file.commit();
  CHECK(std::filesystem::is_symlink(folder / "link"));
  CHECK(read_file(folder / "target") == "new");
  struct stat status {};
  REQUIRE(::stat((folder / "target").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0640);
}

TEST_CASE("unwritable places are refused by name") {
  const TemporaryFolder folder;
  const auto error_of = [](const std::string& path) { return raised_by([&] { OutputFile file(path); }); };
  check_error(error_of(folder / "missing/out"), ErrorCode::kIo, {"missing/out'", "No such file"});
  check_error(error_of(folder.path()), ErrorCode::kIo, {folder.path(), "directory"});
  check_error(error_of(""), ErrorCode::kIo, {"''"});
}

TEST_CASE("write-protected files and folders are refused") {
  const TemporaryFolder folder;
  write_file(folder / "protected", "old");
  REQUIRE(::chmod((folder / "protected").c_str(), 0444) == 0);
  REQUIRE(::chmod(folder.path().c_str(), 0555) == 0);
  // Root may write everywhere, so root becomes somebody else for a moment.
  const bool is_root = ::geteuid() == 0;
  if (is_root && ::seteuid(65534) != 0) {
    MESSAGE("skipped: root may write everywhere and cannot become another user here");
    return;
  }
  const Raised file = raised_by([&] { OutputFile(folder / "protected").commit(); });
  const Raised missing = raised_by([&] { OutputFile(folder / "out").commit(); });
  if (is_root) REQUIRE(::seteuid(0) == 0);
  check_error(file, ErrorCode::kIo, {"protected'", "Permission denied"});
  check_error(missing, ErrorCode::kIo, {"out'", "Permission denied"});
  CHECK(read_file(folder / "protected") == "old");
}

TEST_CASE("a full disk is an error that says so, for little and for much") {
  for (const std::size_t size : {std::size_t{3}, std::size_t{1} << 20}) {
    const std::string content(size, 'x');
    const Raised raised = raised_by([&] {
      OutputFile file("/dev/full");
      file.write(content);
      file.commit();
    });
    check_error(raised, ErrorCode::kIo, {"'/dev/full'", "No space left on device"});
  }
}

TEST_CASE("devices and pipes are written directly") {
  OutputFile null("/dev/null");
  null.write("gone");
  null.commit();
  CHECK(std::filesystem::is_character_file("/dev/null"));

  const TemporaryFolder folder;
  const std::string pipe = folder / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  auto reader = std::async(std::launch::async, [&] { return read_file(pipe); });
  {
    OutputFile file(pipe);
    file.write("through the pipe");
    file.commit();
  }
  CHECK(reader.get() == "through the pipe");
  CHECK(std::filesystem::is_fifo(pipe));
}

TEST_CASE("/dev/stdout continues where the redirected output stands") {
  const TemporaryFolder folder;
  const int saved = ::dup(STDOUT_FILENO);
  std::FILE* const redirected = std::fopen((folder / "out").c_str(), "w");
  REQUIRE(redirected != nullptr);
  std::fputs("before ", redirected);
  std::fflush(redirected);
  std::fflush(stdout);
  ::dup2(::fileno(redirected), STDOUT_FILENO);
  OutputFile file("/dev/stdout");
  file.write("after");
  file.commit();
  ::dup2(saved, STDOUT_FILENO);
  ::close(saved);
  std::fclose(redirected);
  CHECK(read_file(folder / "out") == "before after");
}

}  // namespace
}  // namespace vitpose::engine
