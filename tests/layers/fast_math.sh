#!/usr/bin/env bash
# A compiler that was told to be careless with floating point is refused at once, with the reason.
# Usage: fast_math.sh CXX ROOT
set -euo pipefail
cxx=$1 root=$2
check=("$cxx" -std=c++20 -I "$root" -fsyntax-only "$root/core/float_environment.cpp")
"${check[@]}"
for option in -ffast-math -Ofast -ffinite-math-only; do
  if output=$("${check[@]}" "$option" 2>&1); then
    echo "$option was accepted"
    exit 1
  fi
  grep -qF 'change results' <<<"$output" || { echo "$option: $output"; exit 1; }
done
