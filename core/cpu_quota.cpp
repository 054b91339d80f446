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

// The group below the mount point, "/system.slice/some.service": the line "0::PATH", where version 1 has others
// beside it. "/" where it cannot be read.
std::string own_group(const std::string& root) {
  const File file = open_file(root + "/proc/self/cgroup");
  char line[4096];
  while (file != nullptr && std::fgets(line, sizeof line, file.get()) != nullptr) {
    std::string_view text(line);
    if (!text.starts_with("0::/")) continue;
    text.remove_prefix(3);
    return std::string(text.substr(0, text.find('\n')));
  }
  return "/";
}

// Of one group; 0 when it has no limit ("max 100000") or does not exist.
int quota_of(const std::string& folder) {
  const File file = open_file(folder + "/cpu.max");
  long quota_us = 0;
  long period_us = 0;
  if (file == nullptr || std::fscanf(file.get(), "%ld %ld", &quota_us, &period_us) != 2) return 0;
  if (quota_us <= 0 || period_us <= 0) return 0;
  return static_cast<int>(std::min<long>(quota_us / period_us + (quota_us % period_us != 0 ? 1 : 0), INT_MAX));
}

}  // namespace

int cgroup_processors(const std::string& root) {
  std::string group = own_group(root);
  int smallest = 0;
  while (true) {
    // A container may see its group as the root: then the path leads nowhere, but its end is the right place.
    const int quota = quota_of(root + "/sys/fs/cgroup" + group);
    if (quota > 0 && (smallest == 0 || quota < smallest)) smallest = quota;
    if (group.empty()) return smallest;
    group.resize(group.rfind('/'));
  }
}

}  // namespace vitpose::engine
