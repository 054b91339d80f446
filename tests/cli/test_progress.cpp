// Progress on a terminal; reported as skipped where there can be none.
#include <cstdio>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/cli/cli_support.h"
#include "tests/cli/process.h"

using namespace vitpose::test;

namespace {

enum class Results { kInFile, kOnTerminal };

// What `vitpose` shows when standard error is a terminal.
std::string shown_on_terminal(const std::vector<std::string>& arguments, Results results = Results::kInFile) {
  const TemporaryFolder folder;
  vitpose::engine::testing::write_file(folder / "in", "");
  const Descriptor terminal(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (terminal.get() < 0) {
    std::puts("skipped: no pseudo-terminal can be opened (is /dev/pts mounted?)");
    std::exit(77);
  }
  REQUIRE(::grantpt(terminal.get()) == 0);
  REQUIRE(::unlockpt(terminal.get()) == 0);
  Descriptor err(::open(::ptsname(terminal.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
  REQUIRE(err.get() >= 0);
  const Descriptor file = open_to_write(folder / "out");
  Process process(arguments, open_to_read(folder / "in"), results == Results::kInFile ? file : err, err);
  err.close();
  std::string shown;
  char buffer[4096];
  for (ssize_t count = 0; (count = ::read(terminal.get(), buffer, sizeof(buffer))) > 0;) {
    shown.append(buffer, static_cast<std::size_t>(count));
  }
  process.wait();
  return shown;
}

}  // namespace

TEST_CASE("progress is shown on a terminal only, with count, rate and time left, and not to the quiet") {
  const std::vector<std::string> base{"run", plain_model(), "a.png", "b.png", "a.png"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), base.begin(), base.end());
    return more;
  };
  const std::string shown = shown_on_terminal(base);
  CHECK(shown.find("3/3") != std::string::npos);
  CHECK(shown.find("/s") != std::string::npos);
  CHECK(shown.find("0:00:00 left") != std::string::npos);
  CHECK(shown.find('\n') == std::string::npos);
  CHECK(shown.rfind("\r\x1b[K") == shown.size() - 4);  // it leaves an empty line
  CHECK(shown_on_terminal(with({"-q"})).empty());
  succeed(base);  // standard error is a file there: nothing
  const std::string failed = shown_on_terminal(with({"nowhere.png"}));
  CHECK(failed.find("\r\x1b[Kvitpose: 1 of 4 pictures failed") != std::string::npos);
}

TEST_CASE("results that are shown on the terminal have its lines to themselves") {
  for (const char* format : {"json", "jsonl", "text"}) {
    const std::vector<std::string> arguments{"run", plain_model(), "a.png", "b.png", "--format", format};
    const std::string shown = shown_on_terminal(arguments, Results::kOnTerminal);
    CHECK(shown.find("b.png") != std::string::npos);
    CHECK(shown.find('\x1b') == std::string::npos);
  }
}
