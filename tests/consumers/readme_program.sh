#!/usr/bin/env bash
# Usage: readme_program.sh README BUILD_DIR CMAKE CXX STAGE MODEL PICTURE
set -euo pipefail
readme=$1 build=$2 cmake=$3 cxx=$4 stage=$5 model=$6 picture=$7
rm -rf "$build"
mkdir -p "$build"

# The first C++ block of the README, with its names of files replaced by ours.
awk '/^```cpp$/ { inside = 1; next } /^```$/ && inside { exit } inside' "$readme" >"$build/program.in"
[ -s "$build/program.in" ] || { echo "no \`\`\`cpp block in $readme"; exit 1; }
for name in '"vitpose-base-simple"' '"photo.jpg"'; do
  grep -qF "$name" "$build/program.in" || { echo "the program no longer names $name"; exit 1; }
done
sed -e "s|\"vitpose-base-simple\"|\"$model\"|" -e "s|\"photo.jpg\"|\"$picture\"|" "$build/program.in" >"$build/program.cpp"

"$cmake" -S "$(dirname "$0")/find_package" -B "$build/build" -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_COMPILER="$cxx" \
  -DCMAKE_CXX_FLAGS="-Wall -Wextra -Wconversion -Wshadow -Werror" -DCMAKE_PREFIX_PATH="$stage" -DPROGRAM="$build/program.cpp"
"$cmake" --build "$build/build"
"$build/build/consumer" | tee "$build/output"
[ "$(grep -cE '[0-9]+\.[0-9]' "$build/output")" -eq 17 ] || { echo "expected a line for each of 17 keypoints"; exit 1; }
