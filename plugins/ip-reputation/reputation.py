#!/usr/bin/env python3
"""What do we know of an address? Answers from a local list.

usage: reputation.py ADDRESS

The list is reputation.txt beside this script, or the file that the variable
REPUTATION_LIST names: an address or range, a score from 0 to 100, and a
category on each line. The narrowest range that holds the address wins; an
address on no line has the score 0.
"""

import ipaddress
import json
import os
import sys


def entries(path):
    """Yields (network, score, category) for every line of the list."""
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            words = line.split("#", 1)[0].split()
            if not words:
                continue
            try:
                network = ipaddress.ip_network(words[0], strict=False)
                yield network, int(words[1]), " ".join(words[2:])
            except (ValueError, IndexError):
                sys.exit(f"{path}:{number}: not ADDRESS SCORE CATEGORY")


def look_up(address, path):
    """The narrowest entry that holds the address."""
    best = None
    for network, score, category in entries(path):
        if network.version == address.version and address in network:
            if best is None or network.prefixlen > best[0].prefixlen:
                best = network, score, category
    if best is None:
        return {"address": str(address), "score": 0, "category": "unknown"}
    network, score, category = best
    return {"address": str(address), "score": score, "category": category,
            "entry": str(network)}


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    try:
        address = ipaddress.ip_address(sys.argv[1])
    except ValueError as error:
        sys.exit(str(error))
    beside = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                          "reputation.txt")
    print(json.dumps(look_up(address,
                             os.environ.get("REPUTATION_LIST", beside))))


main()
