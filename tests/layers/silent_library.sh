#!/usr/bin/env bash
# The library calls nothing that prints to the terminal or ends the process.
# Usage: silent_library.sh NM LIBRARY CONFIG
set -euo pipefail
denied='printf|vprintf|puts|putchar|perror|psignal|syslog|__printf_chk|__vprintf_chk'
denied+='|stdout|stderr|_ZSt4cout|_ZSt4cerr|_ZSt4clog|_ZNSt8ios_base4InitC[12]Ev'
denied+='|abort|exit|_exit|_Exit|quick_exit|raise|kill|err|errx|warn|warnx'
# Asserts are ours to find in development builds; a release has none.
case $3 in Release | MinSizeRel) denied+='|__assert_fail' ;; esac
found=$("$1" --dynamic --undefined-only "$2" | awk '{print $2}' | sed 's/@.*//' | grep -xE "$denied" || true)
if [ -n "$found" ]; then
  printf '%s refers to:\n%s\n' "${2##*/}" "$found"
  exit 1
fi
