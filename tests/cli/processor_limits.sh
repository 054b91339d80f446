#!/bin/bash
# Threads of a process that may not use every processor: processor_limits.sh VITPOSE mask|quota
# Exit code 77: nothing can be limited here.
set -euo pipefail
vitpose=$1

# As `vitpose cpu` counts the processors that it may use; $1: what was done to the process.
expect_one_thread() {
  local found
  found=$(awk '$1 == "threads" { print $2 }')
  if [ "$found" != 1 ]; then
    echo "under $1: expected threads 1, found threads ${found:-(no such line)}"
    exit 1
  fi
  echo "under $1: threads 1"
}

skip() {
  echo "skipped: $1"
  exit 77
}

mask() {
  [ "$(nproc)" -gt 1 ] || skip "one processor only"
  local first
  first=$(taskset -cp $$ | sed 's/.*: *\([0-9]*\).*/\1/')
  taskset -c "$first" "$vitpose" cpu | expect_one_thread "taskset -c $first"
}

# Version 1 has a hierarchy for the processors, version 2 one for everything.
quota() {
  [ "$(nproc)" -gt 1 ] || skip "one processor only"
  local root=/sys/fs/cgroup
  [ -e "$root/cpu/cpu.cfs_quota_us" ] && root=$root/cpu
  group=$root/vitpose-test-$$
  { [ "$(stat -f -c %T "$root")" != tmpfs ] && mkdir "$group"; } 2>/dev/null || skip "no control group can be made in $root"
  trap 'rmdir "$group"' EXIT
  if [ -e "$group/cpu.cfs_quota_us" ]; then
    echo 100000 > "$group/cpu.cfs_period_us"
    echo 60000 > "$group/cpu.cfs_quota_us"
  elif [ -e "$group/cpu.max" ]; then
    echo 60000 100000 > "$group/cpu.max"
  else
    skip "$group has no quota of processors"
  fi
  sh -c 'echo $$ > "$0/cgroup.procs" && exec "$1" cpu' "$group" "$vitpose" | expect_one_thread "a quota of 0.6 processors"
}

"$2"
