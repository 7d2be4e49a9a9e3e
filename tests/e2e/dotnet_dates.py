"""A time as .NET's format strings have it, stated anew.

Independent of engine/model: written from Microsoft's pages on custom and
standard date and time format strings (invariant culture, DateTimeOffset) and
docs/plugins.md "Dates", on Python's own datetime and zoneinfo.
"""

import datetime
import re
import zoneinfo

# What CLDR's table says for the Windows ids that the tests use.
WINDOWS = {
    "Central Standard Time (Mexico)": "America/Mexico_City",
    "Egypt Standard Time": "Africa/Cairo",
    "Jordan Standard Time": "Asia/Amman",
    "Paraguay Standard Time": "America/Asuncion",
    "Syria Standard Time": "Asia/Damascus",
    "Eastern Standard Time": "America/New_York",
    "AUS Eastern Standard Time": "Australia/Sydney",
    "India Standard Time": "Asia/Kolkata",
    "Lord Howe Standard Time": "Australia/Lord_Howe",
    "W. Europe Standard Time": "Europe/Berlin",
    "Newfoundland Standard Time": "America/St_Johns",
    "GMT Standard Time": "Europe/London",
    "UTC": "Etc/UTC",
}

STANDARD = {
    "d": "MM/dd/yyyy",
    "D": "dddd, dd MMMM yyyy",
    "f": "dddd, dd MMMM yyyy HH:mm",
    "F": "dddd, dd MMMM yyyy HH:mm:ss",
    "g": "MM/dd/yyyy HH:mm",
    "G": "MM/dd/yyyy HH:mm:ss",
    "m": "MMMM dd",
    "M": "MMMM dd",
    "o": "yyyy-MM-ddTHH:mm:ss.fffffffK",
    "O": "yyyy-MM-ddTHH:mm:ss.fffffffK",
    "r": "ddd, dd MMM yyyy HH:mm:ss \\G\\M\\T",
    "R": "ddd, dd MMM yyyy HH:mm:ss \\G\\M\\T",
    "s": "yyyy-MM-ddTHH:mm:ss",
    "t": "HH:mm",
    "T": "HH:mm:ss",
    "u": "yyyy-MM-dd HH:mm:ssZ",
    "U": "dddd, dd MMMM yyyy HH:mm:ss",
    "y": "yyyy MMMM",
    "Y": "yyyy MMMM",
}
IN_UTC = set("rRuU")

MONTHS = ("January February March April May June July August September "
          "October November December").split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()

TOKEN = re.compile(r"""
    %(?P<single>[^%])
  | \\(?P<escaped>.)
  | (?P<quote>['"])(?P<quoted>(?:\\.|(?!(?P=quote))[^\\])*)(?P=quote)
  | (?P<letters>d+|f+|F+|g+|h+|H+|K|m+|M+|s+|t+|y+|z+)
  | (?P<plain>[^%\\'"])
""", re.VERBOSE | re.DOTALL)


class Refused(Exception):
    """What .NET answers with a FormatException."""


def zone_of(name):
    """None is UTC."""
    name = (name or "").strip() or "UTC"
    return zoneinfo.ZoneInfo(WINDOWS.get(name, name))


def has_data():
    try:
        return all(zone_of(name) for name in WINDOWS)
    except zoneinfo.ZoneInfoNotFoundError:
        return False


def _two(number, count):
    return str(number) if count == 1 else f"{number:02d}"


def _offset(date, count):
    seconds = int(date.utcoffset().total_seconds())
    hours, minutes = divmod(abs(seconds) // 60, 60)
    sign = "-" if seconds < 0 else "+"
    text = sign + (str(hours) if count == 1 else f"{hours:02d}")
    return text + (f":{minutes:02d}" if count > 2 else "")


def _specifier(date, is_utc, letter, count):
    if letter == "d" and count > 2:
        name = DAYS[date.weekday()]
        return name[:3] if count == 3 else name
    if letter == "M" and count > 2:
        name = MONTHS[date.month - 1]
        return name[:3] if count == 3 else name
    if letter == "y":
        if count > 2:
            return str(date.year).rjust(count, "0")
        return _two(date.year % 100, count)
    if letter in "fF":
        if count > 7:
            raise Refused("more than seven digits")
        digits = f"{date.microsecond:06d}0"[:count]
        return digits if letter == "f" else digits.rstrip("0")
    if letter == "g":
        return "A.D."
    if letter == "t":
        return ("AM" if date.hour < 12 else "PM")[:count]
    if letter == "z":
        return _offset(date, count)
    if letter == "K":
        return "Z" if is_utc else _offset(date, 3)
    return _two({"d": date.day, "M": date.month, "H": date.hour,
                 "h": date.hour % 12 or 12, "m": date.minute,
                 "s": date.second}[letter], count)


def _add(result, date, is_utc, letters):
    text = _specifier(date, is_utc, letters[0], len(letters))
    if letters[0] == "F" and not text and result.endswith("."):
        return result[:-1]
    return result + text


def custom(date, is_utc, pattern):
    result, at = "", 0
    while at < len(pattern):
        match = TOKEN.match(pattern, at)
        if not match:
            raise Refused(f"at {at}")
        at = match.end()
        kind = match.lastgroup if match.lastgroup != "quote" else "quoted"
        found = match.group(kind)
        if kind == "quoted":
            result += re.sub(r"\\(.)", r"\1", found, flags=re.DOTALL)
        elif kind == "letters" or kind == "single" and found in "dfFghHKmMstyz":
            result = _add(result, date, is_utc, found)
        elif kind == "single" and found in "'\"\\":
            raise Refused("alone behind %")
        else:
            result += found
    return result


def text(date, zone=None, pattern=None):
    """An aware datetime in that zone and format; either may be blank."""
    place = zone_of(zone)
    date = date.astimezone(place)
    is_utc = place.key == "Etc/UTC"
    if not (pattern or "").strip():
        pattern = "yyyy-MM-ddTHH:mm:ss.fffK"
    if len(pattern) == 1:
        if pattern in IN_UTC:
            date, is_utc = date.astimezone(datetime.timezone.utc), True
        if pattern not in STANDARD:
            raise Refused("no standard format")
        pattern = STANDARD[pattern]
    return custom(date, is_utc, pattern)
