#!/usr/bin/env bash
# An example prints a line for each keypoint and writes a picture that is not the one it read; its errors are one
# line and an exit code.
# Usage: run_estimate.sh PROGRAM c|cpp MODEL PICTURE FOLDER
set -euo pipefail
program=$1 language=$2 model=$3 picture=$4 folder=$5
rm -rf "$folder"
mkdir -p "$folder"

run() {  # MODEL OUTPUT
  if [ "$language" = c ]; then
    "$program" "$1" "$picture" 22 14 340 498 "$2"
  else
    "$program" "$1" "$picture" "$2" 22,14,340,498
  fi
}

run "$model" "$folder/pose.png" | tee "$folder/output"
[ "$(grep -cE '^[A-Za-z_]+ +-?[0-9]+\.[0-9] +-?[0-9]+\.[0-9] +[0-9.-]+$' "$folder/output")" -eq 17 ]
[ -s "$folder/pose.png" ]
! cmp -s "$folder/pose.png" "$picture"

expect_failure() {  # WORD MODEL OUTPUT
  local code=0
  run "$2" "$3" >"$folder/output" 2>"$folder/error" || code=$?
  [ "$code" -eq 1 ] && [ "$(wc -l <"$folder/error")" -eq 1 ] && grep -q "$1" "$folder/error" && return
  echo "expected exit code 1 and a line about $1, found $code and:"
  cat "$folder/error"
  exit 1
}
expect_failure no-such-model no-such-model "$folder/other.png"
expect_failure missing-folder "$model" "$folder/missing-folder/pose.png"
code=0
"$program" 2>/dev/null || code=$?
[ "$code" -eq 2 ]
