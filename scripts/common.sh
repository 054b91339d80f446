# Shared by scripts/demo, scripts/test and .ci/run; sourced, with the repository's root as the working directory.

# What a build of the library and the command line needs on Debian 12.
build_packages=(g++ cmake ninja-build pkg-config nlohmann-json3-dev libcli11-dev libstb-dev libjpeg62-turbo-dev)
# What the tests need beyond that: the framework, a look into object files, another CPU, the alternative backends,
# leaks, a Python to compare with.
test_packages=(doctest-dev binutils qemu-user valgrind libeigen3-dev libdnnl-dev python3-venv)
# What fuzzing needs, what the preset aarch64 needs beyond test_packages, and the rest of .ci/run.
fuzz_packages=(clang-14 libclang-rt-14-dev)
arm_packages=(g++-aarch64-linux-gnu)
ci_packages=("${fuzz_packages[@]}" "${arm_packages[@]}" clang-format-14 clang-tidy-14 libbenchmark-dev ccache)

say() { printf '\n== %s\n' "$*"; }
die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

is_installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# need_packages NAME...: installs those that are missing, with apt-get; asks the network nothing when none is.
need_packages() {
  local missing=() package as_root=()
  if ! command -v apt-get >/dev/null; then
    echo "No apt-get here; going on with what is installed. On Debian 12 these packages are used: $*"
    return 0
  fi
  for package in "$@"; do
    is_installed "$package" || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || die "as root, run: apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  say "Installing with apt-get: ${missing[*]}"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    -o Dpkg::Use-Pty=0 "${missing[@]}" >/dev/null
}

# Compiler output is cached where ccache is installed.
if [ -z "${CMAKE_CXX_COMPILER_LAUNCHER:-}" ] && command -v ccache >/dev/null; then
  export CMAKE_CXX_COMPILER_LAUNCHER=ccache
fi

# build PRESET [cmake option...] [-- target...]: configures build/PRESET and builds it.
build() {
  local preset=$1 options=() targets=()
  shift
  while [ $# -gt 0 ] && [ "$1" != -- ]; do
    options+=("$1")
    shift
  done
  [ $# -gt 0 ] && shift && targets=(--target "$@")
  say "Building build/$preset"
  cmake --preset "$preset" "${options[@]}" --log-level=WARNING
  cmake --build "build/$preset" "${targets[@]}"
}

# run_fuzzers SECONDS: every libFuzzer target of build/fuzz for so long, one per processor at a time, from its corpus in
# tests/fuzz/corpus; new inputs stay below build/.
run_fuzzers() {
  local targets
  mapfile -t targets < <(find build/fuzz/tests/fuzz -maxdepth 1 -name 'fuzz_*' -type f -executable | sort)
  [ ${#targets[@]} -gt 0 ] || die "no fuzzing target was built"
  say "Fuzzing ${targets[*]##*/fuzz_} for $1 s each"
  export -f run_fuzzer
  printf '%s\n' "${targets[@]}" | xargs -P "$(nproc)" -I '{}' bash -c 'run_fuzzer "$@"' run_fuzzer '{}' "$1"
}

run_fuzzer() {
  local target=$1 seconds=$2 name=${1##*/fuzz_} log
  log=build/fuzz/$name.log
  mkdir -p "build/fuzz/corpus/$name"
  "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="build/fuzz/$name-" "build/fuzz/corpus/$name" "tests/fuzz/corpus/$name" \
    >"$log" 2>&1 || { tail -n 60 "$log"; return 1; }
  echo "$name: $(awk '/number_of_executed_units/ { print $2 }' "$log") inputs"
}

# show_skips LOG: what tests say in ctest's log that they left out, and why. Without it a test that passed but could
# look at half of its inputs only would look complete.
show_skips() {
  local skips
  skips=$(awk '/^[0-9]+\/[0-9]+ Testing: / { test = $3 }
    match($0, /^( *|.* MESSAGE: )skipped: /) { print "  " test ": " substr($0, RSTART + RLENGTH) }' "$1")
  [ -z "$skips" ] || printf '\nNot tested here:\n%s\n' "$skips"
}
