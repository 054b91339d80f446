#include <doctest/doctest.h>
#include <filesystem>
#include <string>

#include "core/cpu_quota.h"
#include "tests/support/files.h"

using namespace vitpose::engine;
using namespace vitpose::engine::testing;

namespace {

// /proc and /sys as a process would see them.
class Machine {
 public:
  explicit Machine(const std::string& cgroup_lines) { write("/proc/self/cgroup", cgroup_lines); }
  Machine& limit(const std::string& group, const std::string& cpu_max) {
    write("/sys/fs/cgroup" + group + "/cpu.max", cpu_max);
    return *this;
  }
  int processors() const { return cgroup_processors(folder_.path()); }

 private:
  void write(const std::string& path, const std::string& content) {
    const std::filesystem::path file = folder_.path() + path;
    std::filesystem::create_directories(file.parent_path());
    write_file(file.string(), content);
  }
  TemporaryFolder folder_;
};

}  // namespace

TEST_CASE("the quota of the process's own group counts, rounded up to whole processors") {
  CHECK(Machine("0::/a/b\n").limit("/a/b", "150000 100000\n").processors() == 2);
  CHECK(Machine("0::/a/b\n").limit("/a/b", "200000 100000\n").processors() == 2);
  CHECK(Machine("0::/a/b\n").limit("/a/b", "1000 100000\n").processors() == 1);
}

TEST_CASE("the smallest quota on the way up to the root counts") {
  Machine machine("0::/a/b/c\n");
  machine.limit("/a/b/c", "800000 100000\n").limit("/a/b", "max 100000\n").limit("/a", "300000 100000\n");
  CHECK(machine.processors() == 3);
  CHECK(machine.limit("", "250000 250000\n").processors() == 1);
}

TEST_CASE("a group that its container sees as the root is found although its path leads nowhere") {
  CHECK(Machine("0::/system.slice/outside\n").limit("", "400000 100000\n").processors() == 4);
  CHECK(Machine("0::/\n").limit("", "400000 100000\n").processors() == 4);
}

TEST_CASE("groups of other processes do not count") {
  CHECK(Machine("0::/a\n").limit("/b", "100000 100000\n").limit("/a/b", "100000 100000\n").processors() == 0);
}

TEST_CASE("without a limit, without control groups of version 2 and with unreadable numbers there is no quota") {
  CHECK(Machine("0::/a\n").limit("/a", "max 100000\n").processors() == 0);
  CHECK(Machine("0::/a\n").processors() == 0);
  CHECK(Machine("").processors() == 0);
  CHECK(Machine("3:cpu,cpuacct:/a\n0::/\n").limit("/a", "100000 100000\n").processors() == 0);
  for (const char* const text : {"", "\n", "-1 100000\n", "100000 0\n", "100000\n", "many 100000\n"}) {
    INFO("cpu.max: ", std::string(text));
    CHECK(Machine("0::/a\n").limit("/a", text).processors() == 0);
  }
}
