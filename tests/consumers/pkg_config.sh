#!/usr/bin/env bash
# Usage: pkg_config.sh BUILD_DIR STAGED_LIBDIR MODEL PICTURE
set -euo pipefail
build=$1 libdir=$2 model=$3 picture=$4
for tool in pkg-config cc; do
  command -v "$tool" >/dev/null || { echo "skipped: $tool is missing"; exit 77; }
done
mkdir -p "$build"
export PKG_CONFIG_PATH=$libdir/pkgconfig
static=
[ -e "$libdir/libvitpose.a" ] && static=--static
# shellcheck disable=SC2046
cc -std=c11 -Wall -Wextra -Wpedantic -Werror "$(dirname "$0")/pkg_config/main.c" -o "$build/consumer" \
  $(pkg-config $static --cflags --libs vitpose)
LD_LIBRARY_PATH=$libdir "$build/consumer" "$model" "$picture" "$(pkg-config --modversion vitpose)"
