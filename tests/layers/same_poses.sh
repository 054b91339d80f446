#!/usr/bin/env bash
# The whole program, on another CPU: the poses must be the same as on this one, to the last digit.
# Usage: same_poses.sh CPU VITPOSE RANDOM_MODEL PICTURE FOLDER
set -euo pipefail
cpu=$1 vitpose=$2 random_model=$3 picture=$4 folder=$5
mkdir -p "$folder"
"$random_model" --image-height 64 --image-width 48 --hidden-size 64 --heads 2 --layers 2 "$folder/model"
arguments=(run "$folder/model" "$picture" --box 22,14,340,498 --box 100,0,120,200)
env -u VITPOSE_ISA "$vitpose" "${arguments[@]}" -o "$folder/here.json"
"$(dirname "$0")/emulated_cpu.sh" "$cpu" "$vitpose" "${arguments[@]}" -o "$folder/there.json"
cmp "$folder/here.json" "$folder/there.json"
