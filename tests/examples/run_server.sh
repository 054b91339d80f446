#!/usr/bin/env bash
# Four threads answer forty requests as one thread does, and wrong ones among them with errors of their own.
# Usage: run_server.sh PROGRAM MODEL PICTURE
set -euo pipefail
program=$1 model=$2 picture=$3

requests() {
  for i in $(seq 1 37); do echo "r$i $picture $((i * 5)) 14 200 $((300 + i))"; done
  echo "r38 no-such-picture 0 0 10 10"
  echo "r39 $picture 0 0 wide 10"
  echo "r40 $picture 0 0 0 0"
}

one=$(requests | "$program" "$model" 1 | sort)
four=$(requests | "$program" "$model" 4 | sort)
[ "$one" = "$four" ] || { echo "one thread and four threads answer differently"; exit 1; }
[ "$(wc -l <<<"$four")" -eq 40 ]
[ "$(grep -cE '^r[0-9]+( [^ ]+,[^ ]+,[^ ]+){17}$' <<<"$four")" -eq 37 ]
grep -q '^r38 error: .*no-such-picture' <<<"$four"
grep -q '^r39 error: expected ID' <<<"$four"
grep -q '^r40 error: .*box' <<<"$four"
