#!/usr/bin/env python3
"""Keeps the list of isolated hosts that the network access control reads.

usage: isolation.py isolate|release|check --host HOST [--reason TEXT]

The list is isolated.json in $RIPOSTE_STATE, an object of host names to
reasons, replaced as a whole so that a reader never sees half of it.
check: exit 0 where the host is isolated, 1 where it is not.
"""

import argparse
import fcntl
import json
import os
import sys


def read(path):
    """The list as it stands."""
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return {}


def write(path, hosts):
    """Replaces the list, durably."""
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump(hosts, file, indent=2, sort_keys=True)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(path + ".new", path)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("verb", choices=["isolate", "release", "check"])
    parser.add_argument("--host", required=True)
    parser.add_argument("--reason", default="")
    args = parser.parse_args()

    folder = os.environ["RIPOSTE_STATE"]
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "isolated.json")
    host = args.host.rstrip(".").lower()
    with open(os.path.join(folder, "lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        hosts = read(path)
        if args.verb == "check":
            print(f"{host} is {'' if host in hosts else 'not '}isolated")
            sys.exit(0 if host in hosts else 1)
        if args.verb == "isolate":
            hosts[host] = args.reason
        else:
            hosts.pop(host, None)
        write(path, hosts)
    print(json.dumps({"host": host, "isolated": host in hosts,
                      "hosts": len(hosts)}))


main()
