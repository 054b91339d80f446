#!/usr/bin/env bash
# Runs a test program on another CPU: qemu64 has no AVX, Haswell has AVX2 and no AVX-512.
# On qemu64 the program has to find out by itself that only scalar code runs; on Haswell it is told to use AVX2 or fail,
# so that a detection that saw nothing could not pass unnoticed. Neither listens to the caller's VITPOSE_ISA.
# Usage: emulated_cpu.sh CPU PROGRAM [ARGUMENT...]
set -euo pipefail
if ! command -v qemu-x86_64 >/dev/null; then
  echo "skipped: qemu-x86_64 is missing (Debian: apt-get install qemu-user)"
  exit 77
fi
cpu=$1
shift
unset VITPOSE_ISA
[ "$cpu" != Haswell ] || export VITPOSE_ISA=avx2
exec qemu-x86_64 -cpu "$cpu" "$@"
