#!/usr/bin/env bash
# The C program under valgrind: no invalid access and no leak, when all goes well and when something fails.
# Usage: run_valgrind.sh PROGRAM RANDOM_MODEL PICTURE FOLDER
set -euo pipefail
program=$1 random_model=$2 picture=$3 folder=$4
command -v valgrind >/dev/null || { echo "skipped: valgrind is missing (Debian: apt-get install valgrind)"; exit 77; }
mkdir -p "$folder"
# Small: under valgrind everything takes fifty times as long.
"$random_model" --image-height 64 --image-width 48 --hidden-size 32 --heads 2 --layers 2 "$folder/model"
model=$folder/model
check() {  # EXPECTED_CODE ARGUMENT...
  local expected=$1 code=0
  shift
  valgrind --quiet --leak-check=full --errors-for-leak-kinds=definite,indirect,possible --error-exitcode=99 \
    "$program" "$@" >"$folder/output" || code=$?
  [ "$code" -eq "$expected" ] || { echo "expected exit code $expected, found $code"; exit 1; }
}
check 0 "$model" "$picture" 22 14 340 498 "$folder/pose.png"
check 1 "$model" "$picture" 22 14 340 498 "$folder/pose.gif"
check 1 "$model" no-such-picture 22 14 340 498 "$folder/pose.png"
check 1 "$model" "$picture" 0 0 0 0 "$folder/pose.png"
check 1 no-such-model "$picture" 22 14 340 498 "$folder/pose.png"
