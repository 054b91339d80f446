#!/usr/bin/env bash
# The library exports exactly the functions that vitpose.h and its parts declare.
# Usage: exported_symbols.sh NM LIBRARY HEADER_FOLDER
set -euo pipefail
declared=$(cat "$3"/*.h | tr '\n' ' ' | grep -oE 'VITPOSE_API [^;(]*\(' | grep -oE '\bvitpose_[a-z0-9_]+ *\(' | tr -d ' (' | sort -u)
exported=$("$1" --dynamic --defined-only "$2" | awk '{print $NF}' | sed 's/@.*//' | sort -u)
[ -n "$declared" ] || { echo "no declaration found in $3"; exit 1; }
if [ "$declared" != "$exported" ]; then
  echo "declared (<) and exported (>) differ:"
  diff <(echo "$declared") <(echo "$exported")
fi
echo "$(wc -l <<<"$exported") functions declared and exported"
