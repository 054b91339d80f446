#!/usr/bin/env bash
# Runs a test program on another CPU: qemu64 has no AVX, Haswell has AVX2 and no AVX-512.
# Usage: emulated_cpu.sh CPU PROGRAM [ARGUMENT...]
set -euo pipefail
if ! command -v qemu-x86_64 >/dev/null; then
  echo "skipped: qemu-x86_64 is missing (Debian: apt-get install qemu-user)"
  exit 77
fi
cpu=$1
shift
exec qemu-x86_64 -cpu "$cpu" "$@"
