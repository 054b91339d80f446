#!/usr/bin/env bash
# Usage: package.sh PROJECT_BUILD_DIR BUILD_DIR CPACK LIBDIR MODEL PICTURE
# Packs what is built, unpacks it elsewhere and uses it from there.
set -euo pipefail
project=$1 build=$2 cpack=$3 libdir=$4 model=$5 picture=$6
rm -rf "$build"
mkdir -p "$build/unpacked"
"$cpack" --config "$project/CPackConfig.cmake" -G TGZ -B "$build/packages" >"$build/cpack.log" || { cat "$build/cpack.log"; exit 1; }
tar -xzf "$build"/packages/vitpose-*.tar.gz -C "$build/unpacked" --strip-components=1
[ -e "$build/unpacked/share/doc/vitpose/LICENSE" ] || { echo "the package has no LICENSE"; exit 1; }
if [ -x "$build/unpacked/bin/vitpose" ]; then
  "$build/unpacked/bin/vitpose" --version
fi
exec "$(dirname "$0")/pkg_config.sh" "$build/consumer" "$build/unpacked/$libdir" "$model" "$picture"
