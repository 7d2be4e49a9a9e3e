#!/bin/sh
# Blocks addresses with nftables. usage: firewall.sh block|unblock|check ADDRESS
#
# The blocked addresses stand in $RIPOSTE_STATE/blocked.txt, and the ruleset
# made from them in $RIPOSTE_STATE/riposte.nft. It is applied only where the
# site asks for it with FIREWALL_APPLY=nft; so without root and without a
# firewall this plugin still does something real, and harmless.
# check: exit 0 where the address is blocked, 1 where it is not, 2 otherwise.
set -eu
export LC_ALL=C

verb=$1
address=$2
case $address in
'' | *[!0-9a-fA-F.:]*)
  echo "not an address: $address" >&2
  exit 2
  ;;
esac

mkdir -p "$RIPOSTE_STATE"
cd "$RIPOSTE_STATE"
# One at a time: two addresses may be blocked at once, the files are one.
exec 9>lock
flock 9
touch blocked.txt

# members PATTERN: the blocked addresses that match, as an nftables set body.
members() {
  grep "$1" blocked.txt | paste -sd, - | sed 's/,/, /g'
}

# set_of NAME TYPE MEMBERS
set_of() {
  printf '  set %s {\n    type %s\n' "$1" "$2"
  if [ -n "$3" ]; then
    printf '    elements = { %s }\n' "$3"
  fi
  printf '  }\n'
}

ruleset() {
  # Declaring the table first makes the deletion succeed the first time too;
  # nft -f is one transaction, so there is no moment without a table.
  printf 'table inet riposte\ndelete table inet riposte\n'
  printf 'table inet riposte {\n'
  set_of blocked4 ipv4_addr "$(members '\.')"
  set_of blocked6 ipv6_addr "$(members :)"
  cat <<RULES
  chain input {
    type filter hook input priority -10; policy accept;
    ip saddr @blocked4 drop
    ip6 saddr @blocked6 drop
  }
}
RULES
}

# keep NEW: makes NEW the list of blocked addresses, and the ruleset follow.
keep() {
  mv "$1" blocked.txt
  ruleset >riposte.nft.new
  mv riposte.nft.new riposte.nft
  if [ "${FIREWALL_APPLY:-}" = nft ]; then
    nft -f riposte.nft
  fi
}

case $verb in
block)
  { cat blocked.txt && printf '%s\n' "$address"; } | sort -u >blocked.new
  keep blocked.new
  echo "blocked $address ($(wc -l <blocked.txt | tr -d ' ') in force)"
  ;;
unblock)
  grep -Fvx -- "$address" blocked.txt >blocked.new || :
  keep blocked.new
  echo "unblocked $address"
  ;;
check)
  if grep -Fqx -- "$address" blocked.txt; then
    echo "$address is blocked"
  else
    echo "$address is not blocked"
    exit 1
  fi
  ;;
*)
  echo "unknown verb: $verb" >&2
  exit 2
  ;;
esac
