#!/usr/bin/env bash
# Builds a folder of examples with warnings as errors.
# Usage: build.sh SOURCE BUILD CMAKE CXX CMAKE_ARGUMENT...
set -euo pipefail
source=$1 build=$2 cmake=$3 cxx=$4
shift 4
"$cmake" -S "$source" -B "$build" -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_COMPILER="$cxx" \
  -DCMAKE_C_FLAGS="-Wall -Wextra -Wpedantic -Werror" \
  -DCMAKE_CXX_FLAGS="-Wall -Wextra -Wconversion -Wshadow -Werror" "$@"
"$cmake" --build "$build" --parallel 2
