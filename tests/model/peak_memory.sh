#!/usr/bin/env bash
# A converted model is used where it lies in memory: the process never holds more than the file and 100 MB.
# The file is larger than those 100 MB, so that a copy of the weights would show.
set -euo pipefail
vitpose=$1 random_model=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

"$random_model" --hidden-size 640 --heads 10 --layers 8 "$folder/model"
"$vitpose" convert -q "$folder/model" "$folder/converted.safetensors"
figures=$("$vitpose" bench "$folder/converted.safetensors" --threads 2 --reps 2 --json)
peak=$(sed -n 's/.*"peak_rss_mb": *\([0-9][0-9]*\).*/\1/p' <<<"$figures")
file=$(($(stat -c %s "$folder/converted.safetensors") >> 20))
echo "file $file MB, peak $peak MB"
[ "$file" -gt 120 ] && [ "$peak" -gt 0 ] && [ "$peak" -le $((file + 100)) ]
