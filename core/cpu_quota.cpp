#include "core/cpu_quota.h"

#include <algorithm>
#include <climits>
#include <cstdio>
#include <memory>
#include <string_view>

namespace vitpose::engine {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

File open_file(const std::string& path) {
  return File(std::fopen(path.c_str(), "re"));
}

// Rounded up; 0 for no limit.
int processors(long quota_us, long period_us) {
  if (quota_us <= 0 || period_us <= 0) return 0;
  return static_cast<int>(std::min<long>(quota_us / period_us + (quota_us % period_us != 0 ? 1 : 0), INT_MAX));
}

// "150000 100000", or "max 100000" for no limit.
int quota_in_version_2(const std::string& folder) {
  const File file = open_file(folder + "/cpu.max");
  long quota_us = 0;
  long period_us = 0;
  if (file == nullptr || std::fscanf(file.get(), "%ld %ld", &quota_us, &period_us) != 2) return 0;
  return processors(quota_us, period_us);
}

// A file for each number; a quota of -1 is no limit.
int quota_in_version_1(const std::string& folder) {
  const File quota = open_file(folder + "/cpu.cfs_quota_us");
  const File period = open_file(folder + "/cpu.cfs_period_us");
  long quota_us = 0;
  long period_us = 0;
  if (quota == nullptr || std::fscanf(quota.get(), "%ld", &quota_us) != 1) return 0;
  if (period == nullptr || std::fscanf(period.get(), "%ld", &period_us) != 1) return 0;
  return processors(quota_us, period_us);
}

// One of the two kinds of control groups. A line of /proc/self/cgroup is "0::/a/b" in version 2 and, in version 1,
// "4:cpu,cpuacct:/a/b" for each hierarchy. The quota is of one group, 0 for none.
struct Version {
  const char* folder;  // where the hierarchy is mounted
  bool (*has_controllers)(std::string_view controllers);
  int (*quota_of)(const std::string& folder);
};

constexpr Version kVersions[] = {
    {"/sys/fs/cgroup", [](std::string_view controllers) { return controllers.empty(); }, quota_in_version_2},
    {"/sys/fs/cgroup/cpu",
     [](std::string_view controllers) {
       return ("," + std::string(controllers) + ",").find(",cpu,") != std::string::npos;
     },
     quota_in_version_1}};

// The process's group below the mount point, "/system.slice/some.service"; "/" where it cannot be read.
std::string own_group(const std::string& root, const Version& version) {
  const File file = open_file(root + "/proc/self/cgroup");
  char buffer[4096];
  while (file != nullptr && std::fgets(buffer, sizeof buffer, file.get()) != nullptr) {
    std::string_view line(buffer);
    line = line.substr(0, line.find('\n'));
    const auto first = line.find(':');
    const auto second = line.find(":/", first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) continue;
    if (version.has_controllers(line.substr(first + 1, second - first - 1)))
      return std::string(line.substr(second + 1));
  }
  return "/";
}

// The smallest quota of the process's group and of all above it; 0 when none is limited.
int smallest_quota(const std::string& root, const Version& version) {
  std::string group = own_group(root, version);
  int smallest = 0;
  while (true) {
    // A container may see its group as the root: then the path leads nowhere, but its end is the right place.
    const int quota = version.quota_of(root + version.folder + group);
    if (quota > 0 && (smallest == 0 || quota < smallest)) smallest = quota;
    if (group.empty()) return smallest;
    group.resize(group.rfind('/'));
  }
}

}  // namespace

int cgroup_processors(const std::string& root) {
  int smallest = 0;
  for (const Version& version : kVersions) {
    const int quota = smallest_quota(root, version);
    if (quota > 0 && (smallest == 0 || quota < smallest)) smallest = quota;
  }
  return smallest;
}

}  // namespace vitpose::engine
