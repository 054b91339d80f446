#!/usr/bin/env bash
# Usage: photographs.sh FOLDER PROGRAM
set -euo pipefail
[ -d "$1" ] || { echo "skipped: the photographs are not there ($1)"; exit 77; }
exec "$2"
