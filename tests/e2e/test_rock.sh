#!/bin/sh
# The rockspec: lint, and `luarocks make` offline, with nothing but lua as a
# rock dependency, installs host and Lua modules that work. Prints TAP.
cd "$(dirname "$0")/../.." || exit 2
count=0
failed=0

# check NAME COMMAND…
check() {
  name=$1
  shift
  count=$((count + 1))
  if "$@" >"$tree/log" 2>&1; then
    echo "ok $count - rock: $name"
  else
    echo "not ok $count - rock: $name"
    tail -n 5 "$tree/log" | sed 's/^/# /'
    failed=1
  fi
}

unset BUILD # the sanitized run sets it; a rock is built plainly
rocks=luarocks-5.4
if ! command -v $rocks >/dev/null; then
  echo "ok 1 - rock # SKIP luarocks-5.4 is absent"
  echo "1..1"
  exit 0
fi

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
check "lint" $rocks lint riposte-scm-1.rockspec
# An empty server list: whatever it wanted to fetch would fail.
check "make, offline" $rocks --tree "$tree" --only-server "$tree/none" \
  make riposte-scm-1.rockspec
for program in riposte riposte-exec riposte-lua; do
  check "$program is installed" test -x "$tree/bin/$program"
done
check "the modules are installed" test -f "$tree/share/lua/5.4/riposte/run.lua"
check "the installed riposte checks the site" "$tree/bin/riposte" check
mkdir "$tree/site"
cp -R plugins "$tree/site"
chmod -R go-w "$tree/site"
check "the installed riposte starts an action" "$tree/bin/riposte" act \
  --json "IP Reputation" "Look up address" -p address=198.51.100.7 \
  --site "$tree/site"
echo "1..$count"
exit $failed
