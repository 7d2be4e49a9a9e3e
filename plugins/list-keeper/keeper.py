#!/usr/bin/env python3
"""Keeps lists: text files with one value a line.

usage: keeper.py add|remove|has|add-sender|remove-sender|has-sender
       --list LIST --item VALUE

A list is LIST.txt in $RIPOSTE_STATE, replaced as a whole, so that a reader
never sees half of it. A sender is an e-mail address; case does not matter in
it. The file that the variable KEEPER_NEVER names, if any, holds one address
or domain a line that no list of senders gets, nor what is below the domain.
has: exit 0 where the value is on the list, 1 where it is not, 2 otherwise.
"""

import fcntl
import ipaddress
import json
import os
import re
import sys
import unicodedata

# A list that grows without end is a mistake, and each change writes it whole.
ITEMS_MAX = 100_000
LIST_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


def fail(text):
    print(text, file=sys.stderr)
    sys.exit(2)


def read(path):
    """The values as they stand."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().splitlines()
    except FileNotFoundError:
        return []


def write(path, values):
    """Replaces the list, durably."""
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.writelines(value + "\n" for value in values)
        file.flush()
        os.fsync(file.fileno())
    os.replace(path + ".new", path)
    folder = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY)
    os.fsync(folder)
    os.close(folder)


def is_bad_range(value):
    """Does it look like a range of addresses, and is none? A site does not
    load a list that holds one."""
    before, slash, _ = value.partition("/")
    if not slash or not re.fullmatch(r"[0-9.]+|[0-9a-fA-F]*:[0-9a-fA-F:.]*",
                                     before):
        return False
    try:
        ipaddress.ip_network(value, strict=False)
    except ValueError:
        return True
    return not re.fullmatch(r"[0-9]+", value.partition("/")[2])


def one_line(text):
    """The value as it stands in a file: one line, and no comment where the
    file is read as a list of a site's."""
    value = text.strip()
    # Cc, Zl, Zp: what ends a line for somebody; Cs: no UTF-8.
    if not value or any(unicodedata.category(c) in ("Cc", "Zl", "Zp", "Cs")
                        for c in value):
        fail("a value is one line of text that is not blank")
    if value.startswith("#") or re.search(r"\s#", value):
        fail(f"'#' would begin a comment: {value}")
    if is_bad_range(value):
        fail(f"no range of addresses: {value}")
    return value


def never():
    """Addresses and domains that are no senders to block, however they are
    written: @corp.example, *.corp.example, corp.example."""
    path = os.environ.get("KEEPER_NEVER")
    if not path:
        return set()
    with open(path, encoding="utf-8") as file:
        entries = (re.sub(r"(^|\s)#.*", "", line).strip().lower()
                   for line in file)
        return {re.sub(r"^(\*?\.|@)", "", entry).rstrip(".")
                for entry in entries if entry}


def protects(entries, sender):
    """The entry that covers the sender: its address, its domain, or one above
    it. None where there is none."""
    labels = sender.rpartition("@")[2].split(".")
    names = [sender] + [".".join(labels[i:]) for i in range(len(labels))]
    return next((name for name in names if name in entries), None)


def sender_of(text):
    sender = one_line(text).lower().rstrip(".")
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", sender):
        fail(f"no e-mail address: {sender}")
    return sender


def add(path, value):
    values = read(path)
    if value in values:
        return False, len(values)
    if len(values) >= ITEMS_MAX:
        fail(f"the list is full: it has {len(values)} values")
    write(path, values + [value])
    return True, len(values) + 1


def remove(path, value):
    values = read(path)
    if value not in values:
        return False, len(values)
    write(path, [each for each in values if each != value])
    return True, len(values) - 1


def main():
    words = sys.argv[1:]
    if len(words) != 5 or words[1] != "--list" or words[3] != "--item":
        fail(__doc__)
    verb, _, what = words[0].partition("-")
    name, item = words[2], words[4]
    if verb not in ("add", "remove", "has") or what not in ("", "sender"):
        fail(f"unknown verb: {words[0]}")
    if not LIST_NAME.fullmatch(name):
        fail(f"a list's name is made of a-z, 0-9, '-' and '_': {name}")

    value = sender_of(item) if what else one_line(item)
    path = os.path.join(os.environ["RIPOSTE_STATE"], name + ".txt")
    if verb == "has":
        on = value in read(path)
        print(json.dumps({"list": name, "value": value, "listed": on}))
        sys.exit(0 if on else 1)
    if verb == "add" and what:
        entry = protects(never(), value)
        if entry:
            fail(f"{value} is never put on a list: {entry} is protected")
    with open(os.path.join(os.environ["RIPOSTE_STATE"], "lock"), "w",
              encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        changed, count = (add if verb == "add" else remove)(path, value)
    print(json.dumps({"list": name, "value": value, "changed": changed,
                      "values": count}))


try:
    main()
except (OSError, UnicodeError) as problem:  # status 1 would say: not listed
    fail(problem)
