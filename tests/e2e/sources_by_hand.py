"""What a source makes of a record, worked out a second time.

Written from the formats' own descriptions (CEF, LEEF, RFC 3164 and 5424, RFC
3339) and from the tables of docs/sources.md, never from the engine: where the
two differ, one of them is wrong.
"""

import datetime
import json
import re

NUMBERS = set("SPort DPort ProtocolNumber BytesIn BytesOut ItemsIn ItemsOut "
              "Duration Amount Quantity Rate Size".split())
DATES = {"AlarmDate", "NormalMessageDate"}
HOSTS = {"SHostName", "DHostName", "KnownSHost", "KnownDHost"}
# What the formats write for "there is none", and whether a list may stand
# where one value is meant.
ABSENT = {"cef": [""], "leef": [""], "ecs": [""], "ocsf": [""],
          "wazuh": ["", "-", "any"],
          "logrhythm": ["", -1, "0001-01-01T00:00:00"]}
LISTS = {"ecs", "ocsf", "wazuh"}

TIME_3164 = r"[A-Z][a-z]{2} [ \d]\d(?: \d{4})? \d\d:\d\d:\d\d"
TIME_3339 = r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)"
HEADER = re.compile(
    r"(?:<\d{1,3}>)?(?:"
    r"(?P<t3>%s|%s) (?P<h3>\S+) (?:\S+: )?"
    r"|1 (?P<t5>\S+) (?P<h5>\S+) "
    r"(?:\S+ \S+ \S+ (?:-|(?:\[[^\s\]]+(?: [^\s=]+=\"(?:[^\"\\]|\\.)*\")*\])+) "
    r"\ufeff?)?)?(?=CEF:|LEEF:)" % (TIME_3164, TIME_3339))
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


# ---- records ----------------------------------------------------------------

def syslog(line):
    head = HEADER.match(line)
    found = {"time": head["t3"] or head["t5"], "host": head["h3"] or head["h5"]}
    return ({key: value for key, value in found.items()
             if value and value != "-"}, line[head.end():])


def cef(line):
    """One record of ArcSight's guide: seven parts, then key=value."""
    header, line = syslog(line)
    parts = re.match(r"CEF:" + r"((?:[^|\\]|\\.)*)\|" * 7, line)
    names = ("version vendor product product_version event_class name "
             "severity").split()
    plain = [re.sub(r"\\(.)", r"\1", part.strip()) for part in parts.groups()]
    rest = line[parts.end():].strip()
    found = {}
    keys = list(re.finditer(r"(?:^| +)([A-Za-z0-9_.\[\]-]+)=", rest))
    for key, after in zip(keys, keys[1:] + [None]):
        value = rest[key.end():after.start() if after else len(rest)].strip()
        found[key[1]] = re.sub(
            r"\\(.)", lambda it: {"n": "\n", "r": "\r"}.get(it[1], it[1]), value)
    return {"cef": dict(zip(names, plain)), "ext": found, "syslog": header}


def leef(line):
    """IBM's guide: five parts, in 2.0 a sixth, then key=value."""
    header, line = syslog(line)
    names = "version vendor product product_version event_id".split()
    parts = line[len("LEEF:"):].split("|", 5)
    rest, mark = parts.pop(), "\t"
    if parts[0].strip().startswith("2") and "|" in rest:
        sixth, behind = rest.split("|", 1)
        code = re.fullmatch(r"0?[xX]([0-9a-fA-F]{1,4})", sixth)
        if code or len(sixth) < 2:
            rest, mark = behind, chr(int(code[1], 16)) if code else sixth or mark
    pairs = [piece.split("=", 1) for piece in rest.split(mark) if piece.strip()]
    return {"leef": dict(zip(names, (part.strip() for part in parts))),
            "ext": {key.strip(): value.strip() for key, value in pairs},
            "syslog": header}


RECORDS = {"cef": cef, "leef": leef}


# ---- values -----------------------------------------------------------------

def walk(at, path):
    """What a path leads to; a key that is there literally wins."""
    if path == "":
        return at
    if isinstance(at, dict):
        if path in at:
            return at[path]
        key = re.match(r"[^.\[]*", path)[0]
        return (walk(at[key], path[len(key):].removeprefix("."))
                if key in at and key != path else None)
    item = re.match(r"\[(\d+)\]\.?", path)
    if isinstance(at, list) and item and int(item[1]) <= len(at):
        return walk(at[int(item[1]) - 1], path[item.end():])
    return None


def find(source, record, path):
    found = walk(record, path)
    while source in LISTS and isinstance(found, list):
        found = found[0] if found else None
    if any(found == word and isinstance(found, type(word))
           for word in ABSENT[source]):
        return None
    return found


def utc(moment):
    return (moment.astimezone(datetime.timezone.utc).replace(tzinfo=None)
            .isoformat(timespec="milliseconds") + "Z")


def at_offset(moment, sign, hours, minutes):
    span = datetime.timedelta(hours=int(hours), minutes=int(minutes))
    return moment - span if sign == "+" else moment + span


def date(value):
    """A date as the manual says fields hold it, or the value as it is."""
    text = str(value)
    zero = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    if re.fullmatch(r"\d+(\.\d+)?", text):
        number = float(text)
        return utc(zero + datetime.timedelta(
            seconds=number if number < 1e11 else number / 1000))
    if re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)", text):
        return text
    if re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+[+-]\d{4}", text):
        return utc(datetime.datetime.fromisoformat(text))
    iso = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?", text)
    if iso:
        millis = (iso[2] or ".")[1:].ljust(3, "0")[:3]
        return "%s.%sZ" % (iso[1], millis)
    named = re.fullmatch(
        r"([A-Z][a-z]{2}) +(\d+) (\d{4}) (\d\d):(\d\d):(\d\d)(\.\d{3})?"
        r"(?: (?:GMT|UTC)?(?:([+-])(\d\d):?(\d\d))?)?", text)
    day = re.fullmatch(r"(\d\d)/(\d\d)/(\d{4}) (\d\d):(\d\d):(\d\d) "
                       r"([+-])(\d\d)(\d\d)", text)
    if named:
        moment = datetime.datetime(
            int(named[3]), MONTHS.index(named[1]) + 1, int(named[2]),
            *(int(part) for part in named.group(4, 5, 6)),
            int((named[7] or ".0")[1:]) * 1000, datetime.timezone.utc)
        return utc(at_offset(moment, *named.group(8, 9, 10)) if named[8]
                   else moment)
    if day:
        moment = datetime.datetime(
            int(day[3]), int(day[2]), int(day[1]),
            *(int(part) for part in day.group(4, 5, 6)),
            tzinfo=datetime.timezone.utc)
        return utc(at_offset(moment, *day.group(7, 8, 9)))
    return text


def typed(name, value):
    """What the field holds, or None."""
    if name[0].islower():
        return value
    if name in NUMBERS:
        if not isinstance(value, str):
            return value
        text = value.strip()
        return (None if not text else int(text)
                if re.fullmatch(r"[+-]?\d+", text) else float(text))
    if name in DATES:
        return date(value)
    text = value if isinstance(value, str) else json.dumps(value)
    return re.sub(r" +\*$", "", text) if name in HOSTS else text


def fields(source, line, table):
    """table: {field: [(path, {value: what it stands for})]}."""
    record = RECORDS.get(source, json.loads)(line)
    made = {}
    for name, steps in table.items():
        for path, words in steps:
            value = find(source, record, path)
            if value is None:
                continue
            value = words.get(str(value), value)
            if typed(name, value) is not None:
                made[name] = typed(name, value)
            break
    return made
