#!/bin/sh
# Checks recovery.pml with spin: every claim holds of the protocol as it is,
# and every mutant breaks the claim that is named with it. Prints TAP.
cd "$(dirname "$0")" || exit 2
model=$PWD/recovery.pml
if ! command -v spin >/dev/null; then
  echo "ok 1 - model # SKIP spin is not installed"
  echo "1..1"
  exit 0
fi
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 2
count=0 failed=0

# holds CLAIM [-DMUTANT]: 0 where no execution breaks it.
holds() {
  claim=$1
  shift
  spin "$@" -a "$model" >spin.log 2>&1 &&
    gcc -O2 -DSAFETY -DMEMLIM=2048 -o pan pan.c >>spin.log 2>&1 &&
    ./pan -m1000000 ${claim:+-N "$claim"} >pan.log 2>&1 || return 2
  grep -q 'search depth too small\|out of memory' pan.log && return 2
  grep -q 'errors: 0' pan.log
}

# point GOOD DESCRIPTION
point() {
  count=$((count + 1))
  if [ "$1" -eq 0 ]; then
    echo "ok $count - model: $2"
  else
    echo "not ok $count - model: $2"
    cat spin.log pan.log 2>/dev/null | tail -n 20 | sed 's/^/# /'
    failed=1
  fi
}

claims=$(sed -n 's/^ltl \([a-z_]*\).*/\1/p' "$model")
for claim in $claims; do
  holds "$claim"
  point $? "$claim ($(sed -n 's/ *\([0-9]*\) states, stored.*/\1/p' pan.log) states)"
done

# MUTANT CLAIM: it must be caught there.
while read -r mutant claim; do
  holds "$claim" "-D$mutant"
  [ $? -eq 1 ]
  point $? "$mutant breaks $claim"
done <<END
ACT_EARLY intent_before_act
RERUN remedy_once
ACK_EARLY acknowledged_is_durable
NO_DEDUPE alarm_once
NO_DRAIN remedy_once
NO_DRAIN refused_is_not_done
NO_DRAIN barred_does_not_begin
AWAIT_BLIND refused_is_not_done
AWAIT_BEGINS barred_does_not_begin
BARRED_SENT barred_does_not_begin
END

echo "1..$count"
exit $failed
