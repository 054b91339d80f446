#!/usr/bin/env bash
# scripts/test ends with every reason that a test gave for leaving something out, and with nothing else.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source scripts/common.sh
log=$(mktemp)
trap 'rm -f "$log"' EXIT

expect() {
  [ "$(show_skips "$log")" = "$1" ] && return 0
  printf 'expected:\n%s\nfound:\n%s\n' "$1" "$(show_skips "$log")"
  exit 1
}

cat >"$log" <<'LOG'
1/3 Testing: parity
Command: "python" "run_parity.py"
SKIP 8 annotated photographs: not here
parity: 812 checks passed, 0 failed, 1 skipped, 200 s
  skipped: 8 annotated photographs: not here
Test Passed.
2/3 Testing: layers.cpu
skipped: qemu-x86_64 is missing
3/3 Testing: io
tests/io/test_image.cpp:63: MESSAGE: skipped: JPEG pixels are exact only with libjpeg-turbo
[doctest] test cases:    73 |    73 passed | 0 failed | 0 skipped
LOG
expect "
Not tested here:
  parity: 8 annotated photographs: not here
  layers.cpu: qemu-x86_64 is missing
  io: JPEG pixels are exact only with libjpeg-turbo"

printf '%s\n' '1/1 Testing: io' '[doctest] test cases: 73 | 73 passed | 0 failed | 0 skipped' 'Test Passed.' >"$log"
expect ""
