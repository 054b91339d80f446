#!/usr/bin/env bash
# Usage: photographs.sh FOLDER COMMAND...
set -euo pipefail
[ -d "$1" ] || { echo "skipped: the photographs are not there ($1)"; exit 77; }
shift
exec "$@"
