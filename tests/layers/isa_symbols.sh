#!/usr/bin/env bash
# An inline function or template that is compiled in a file with AVX flags may be the copy that the linker keeps for
# the whole program, and then an older CPU crashes far away from any kernel. So the objects of such files may hold
# weak code only if its name says which instruction set it belongs to.
# Usage: isa_symbols.sh NM OBJECT...
set -euo pipefail
nm=$1
shift
objects=0
broken=0
for object in "$@"; do
  case $object in
    *_avx2*.cpp.o) isa=avx2 ;;
    *_amx.cpp.o) isa=amx ;;
    *_avx512_bf16.cpp.o) isa=bf16 ;;
    *_avx512*.cpp.o) isa=avx512 ;;
    *) continue ;;
  esac
  objects=$((objects + 1))
  # W: a weak symbol that is not data.
  foreign=$("$nm" --demangle --defined-only "$object" | awk '$2 == "W"' | grep -iv "$isa" || true)
  if [ -n "$foreign" ]; then
    printf '%s holds weak code that does not name %s:\n%s\n' "${object##*/}" "$isa" "$foreign"
    broken=1
  fi
done
echo "$objects objects checked"
if [ "$objects" -eq 0 ]; then
  echo "no object of an instruction set was given"
  exit 1
fi
exit $broken
