"""What a text names, decided by Python's own means and by rules written down
here: nothing of riposte's is asked. For test_spoofed.py, which judges with it
what was really started.

names(text) gives every address range, host and account that some program would
take the text for, as generously as it can: it serves to find what should not
have been started.
"""

import ipaddress
import itertools
import re
import unicodedata
import urllib.parse

ALL = [(0, 2 ** 128 - 1)]
_MAPPED = 0xffff << 32


def _v4(number):
    return _MAPPED | number


def number(text):
    """Readings of one number: C's, and decimal with zeros before it."""
    found = set()
    if re.fullmatch(r"0[xX][0-9a-fA-F]*", text):
        found.add(int(text[2:] or "0", 16))
    if re.fullmatch(r"0[0-7]*", text):
        found.add(int(text, 8))
    if re.fullmatch(r"[0-9]+", text):
        found.add(int(text))
    return {n for n in found if n < 2 ** 32}


def aton(text):
    """IPv4 addresses that inet_aton, or somebody who does not know octal,
    reads in it."""
    parts = text.rstrip(".").split(".")
    if not 1 <= len(parts) <= 4:
        return set()
    found = set()
    for values in itertools.product(*(number(p) for p in parts)):
        rest = 8 * (5 - len(parts))
        if all(v < 256 for v in values[:-1]) and values[-1] < 2 ** rest:
            address = values[-1]
            for i, value in enumerate(values[:-1]):
                address |= value << (24 - 8 * i)
            found.add(address)
    return found


def carried(address):
    """IPv4 addresses that an IPv6 address carries."""
    found = set()
    if address.ipv4_mapped:
        found.add(int(address.ipv4_mapped))
    if address.sixtofour:
        found.add(int(address.sixtofour))
    number = int(address)
    if number >> 32 in (0, 0x64ff9b << 64, 0xffff0000) and number >> 24:
        found.add(number & 0xffffffff)
    if number >> 80 == 0x64ff9b0001:
        found.add(number & 0xffffffff)
    if number >> 32 & 0xfdffffff == 0x5efe:
        found.add(number & 0xffffffff)
    return found


def single(text):
    """Ranges of one address, without what stands around it."""
    found = [(_v4(n), _v4(n)) for n in aton(text)]
    try:
        address = ipaddress.IPv6Address(text.split("%")[0])
    except ValueError:
        return found
    return found + [(int(address), int(address))] + [
        (_v4(n), _v4(n)) for n in carried(address)]


def network(base, mask):
    """Ranges of BASE/MASK."""
    found = []
    for low, _ in single(base) + [
            (_v4(n), 0) for n in aton((base + ".0.0.0.0").rstrip(".")[:64])
            ] + [(_v4(n), 0) for n in aton(".".join(
                (base.split(".") + ["0"] * 4)[:4]))]:
        v4 = low >> 32 == 0xffff
        for bits in masks(mask, v4):
            if v4:
                size = 2 ** (32 - bits)
                start = (low & 0xffffffff) // size * size
                found.append((_v4(start), _v4(start + size - 1)))
            else:
                size = 2 ** (128 - bits)
                start = low // size * size
                found.append((start, start + size - 1))
    try:
        net = ipaddress.IPv6Network("%s/%s" % (base, mask), strict=False)
    except ValueError:
        return found
    mapped = ipaddress.IPv6Network("::ffff:0:0/96")
    if net.subnet_of(mapped) or mapped.subnet_of(net):
        found.append((int(net[0]), int(net[-1])))
    return found


def masks(text, v4):
    found = set()
    if re.fullmatch("[0-9]{1,3}", text) and int(text) <= (32 if v4 else 128):
        found.add(int(text))
    if v4 and text.count(".") == 3:
        for mask in aton(text):
            if mask and not mask >> 31:
                mask ^= 0xffffffff
            ones = bin(mask).count("1")
            if mask == (0xffffffff << (32 - ones)) & 0xffffffff:
                found.add(ones)
    return found


def octet(text):
    """Values of one part of nmap's patterns, or None: 7, 1-9, -9, *, 1,5-7."""
    found = set()
    for one in text.split(","):
        match = re.fullmatch(r"(\d*)(-(\d*))?", one)
        if one == "*":
            found.update(range(256))
        elif match and one:
            low = int(match[1] or 0)
            high = int(match[3] or 255) if match[2] else low
            found.update(range(low, min(high, 255) + 1))
        else:
            return None
    return sorted(found)


def octets(text):
    """nmap's patterns: 192.0.1-3.*, 192.0.2.1,7"""
    parts = text.split(".")
    if len(parts) != 4 or not re.search("[-*,]", text):
        return []
    values = [octet(part) for part in parts]
    if not all(values):
        return []
    runs = []
    for value in values[3]:
        if runs and runs[-1][1] == value - 1:
            runs[-1][1] = value
        else:
            runs.append([value, value])
    found = []
    for a, b, c in itertools.islice(itertools.product(*values[:3]), 70000):
        base = a << 24 | b << 16 | c << 8
        found += [(_v4(base | low), _v4(base | high)) for low, high in runs]
    return found


def ranges(text):
    """Ranges of a token that holds one address or several."""
    text = text.strip("[]") if text.startswith("[") else text
    text = text.replace("]/", "/").replace("]-[", "-")
    if text.lower().startswith("ipv6:"):
        text = text[5:]
    lower = text.lower().rstrip(".")
    if lower.endswith(".ipv6-literal.net"):
        text = lower[:-17].split("s")[0].replace("-", ":")
    found = single(text.split("%")[0]) + octets(text)
    if text.count("/") == 1:
        found += network(*text.split("/"))
    if text.count("-") == 1:
        low, high = text.split("-")
        if re.fullmatch("[0-9]{1,3}", high) and "." in low:
            high = low.rsplit(".", 1)[0] + "." + high
        found += [(min(a, b), max(a, b)) for a, _ in single(low)
                  for b, _ in single(high)]
    return found


def plain(text):
    """As a resolver sees it: NFKC, no case, nothing invisible."""
    text = unicodedata.normalize("NFKC", text).replace("\u3002", ".")
    text = "".join(c for c in text if unicodedata.category(c) != "Cf")
    return unicodedata.normalize("NFKC", text).casefold()


def readings(text):
    """The text as it stands, without what a URL parser takes out, decoded."""
    for step in (text, re.sub("[\t\r\n]", "", text)):
        for more in (step, urllib.parse.unquote(step)):
            yield plain(more)


def tokens(text):
    """Every piece of it that a program could take for an address."""
    yield text
    for signs in (r"\s,", r"\s,\"'`<>(){};=&?#!@\\+$^|/", r"\s,\"'`<>(){};=&?#!@\\+$^|",
                  r"\s,\"'`<>(){};=&?#!@\\+$^|/\[\]"):
        pieces = re.split("[%s]+" % signs, text)
        for piece in pieces:
            yield piece
            yield re.sub(r":\d+$", "", piece)
            if piece.count(":") < 3:
                yield from piece.split(":")
    words = text.split()
    for a, b in zip(words, words[1:]):
        if b.count(".") == 3:
            yield a + "/" + b


def addresses(text):
    """Every range that the text names."""
    found = set()
    for reading in readings(text):
        if reading.strip() in ("*", "any"):
            found.update(ALL)
        for token in set(tokens(reading)):
            if token:
                found.update(ranges(token))
    return found


def words(text):
    """Every word of it that could be a host or a user, lower case."""
    found = set()
    for reading in readings(text):
        for word in [reading.strip()] + re.split(r"[\s,]+", reading):
            found.add(word.strip("\"'`<>(){}[];:,").rstrip("."))
            host = re.sub(r"^([a-z+.-]*:)?[/\\]{2,}", "", word).split("/")[0]
            for part in re.split(r"[@%\\?#]", host):
                found.add(re.sub(r":\d*$", "", part).rstrip("."))
            for part in re.split(r"[@\\%]", word):
                found.add(part.strip("\"<>").split(":")[-1].rstrip("."))
    return found
