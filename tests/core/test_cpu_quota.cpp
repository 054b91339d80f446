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
  Machine& limit_in_version_1(const std::string& group, const std::string& quota_us, const std::string& period_us) {
    write("/sys/fs/cgroup/cpu" + group + "/cpu.cfs_quota_us", quota_us);
    write("/sys/fs/cgroup/cpu" + group + "/cpu.cfs_period_us", period_us);
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

TEST_CASE("control groups of version 1 count too, in their own hierarchy") {
  const std::string lines = "5:memory:/m\n4:cpuset:/s\n3:cpu,cpuacct:/a/b\n0::/c\n";
  CHECK(Machine(lines).limit_in_version_1("/a/b", "150000\n", "100000\n").processors() == 2);
  CHECK(Machine(lines).limit_in_version_1("/a/b", "-1\n", "100000\n").processors() == 0);
  CHECK(Machine(lines).limit_in_version_1("/m", "100000\n", "100000\n").processors() == 0);
  CHECK(Machine(lines).limit_in_version_1("/s", "100000\n", "100000\n").processors() == 0);
  CHECK(Machine("2:cpuacct,cpu:/a\n").limit_in_version_1("", "300000\n", "100000\n").processors() == 3);
  Machine both(lines);
  both.limit_in_version_1("/a", "400000\n", "100000\n").limit("/c", "200000 100000\n");
  CHECK(both.processors() == 2);
  CHECK(both.limit_in_version_1("/a", "100000\n", "100000\n").processors() == 1);
  CHECK(Machine(lines).limit_in_version_1("/a/b", "100000\n", "0\n").processors() == 0);
  CHECK(Machine(lines).limit_in_version_1("/a/b", "many\n", "100000\n").processors() == 0);
}

TEST_CASE("without a limit, without control groups and with unreadable numbers there is no quota") {
  CHECK(Machine("0::/a\n").limit("/a", "max 100000\n").processors() == 0);
  CHECK(Machine("0::/a\n").processors() == 0);
  CHECK(Machine("").processors() == 0);
  CHECK(Machine("3:cpu,cpuacct:/a\n0::/\n").limit("/a", "100000 100000\n").processors() == 0);
  for (const char* const text : {"", "\n", "-1 100000\n", "100000 0\n", "100000\n", "many 100000\n"}) {
    INFO("cpu.max: ", std::string(text));
    CHECK(Machine("0::/a\n").limit("/a", text).processors() == 0);
  }
}
