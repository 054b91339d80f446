// How many processors the control groups of this process grant it, of version 2 or 1.
#pragma once

#include <string>

namespace vitpose::engine {

// The smallest quota of the process's own group and of all above it, rounded up; 0 when none is limited.
// `root` stands in front of /proc and /sys: empty, or a tree made for a test.
int cgroup_processors(const std::string& root = "");

}  // namespace vitpose::engine
