"""Dates reach a plugin as its manifest's TimeFormat says.

Every format that the real manifests have and many more, in zones north and
south, with half-hour offsets and across summer time's changes: what the
program shows in a dry run is what dotnet_dates.py predicts from zoneinfo.
"""

import datetime
import json
import os
import random
import re
import xml.etree.ElementTree as ET
from xml.sax.saxutils import quoteattr

import argv_rules
import dotnet_dates
import e2e

CORPUS = os.path.join(e2e.SHARED, "corpus", "actions-xml")
ZONES = ["Eastern Standard Time", "W. Europe Standard Time",
         "AUS Eastern Standard Time", "Newfoundland Standard Time",
         "India Standard Time"]
FORMATS = [
    "MM-dd-yyyy hh:mm:ss", "MMMM dd, yyyy", *dotnet_dates.STANDARD,
    "yyyy-MM-dd HH:mm:ss", "yyyy-MM-ddTHH:mm:ss.fffzzz", "d.M.yy H:m:s",
    "dddd, d MMM yyyy h:mm tt", "ddd dd/MM/yyyy hh:mm:ss.FFF t",
    "yyyyMMddHHmmss", "yyy yyyyy gg", "%d", "%M", "%y", "%h", "%H", "%K",
    "%z", "zz zzz zzzz", "HH:mm:ss.FFFFFFF", "ss'.'FF' s'", "fffffff FFFFFFF",
    "f F ff FF", "'at' h 'o''clock' \"on\" dddd", "\\d\\a\\y d", "h\\h m\\m",
    "yyyy'-W'MM'\\'s' \"a\\\"b\"", "%dd%MM", "ddddd MMMMM hhh HHH mmm sss ttt",
    "yyyy\u5e74M\u6708d\u65e5",
]
REFUSED = ["K", "q", "h", "yyyy 'x", 'yyyy "x', "yyyy\\", "yyyy%", "%%",
           "yyyy ffffffff", "yyyy FFFFFFFF", "'x\\'", "%'x'"]
INSTANTS = 400
ENOUGH = datetime.timedelta(milliseconds=1)


def parameter(name, order, zone, pattern):
    attrs = "".join(
        f" {key}={quoteattr(value)}" for key, value in (
            ("TimeZone", zone), ("FormattingString", pattern))
        if value is not None)
    return (f'<StringParameter Name="{name}" Switch="" Order="{order}">'
            f"<DefaultInput><AlarmDate><TimeFormat{attrs}/></AlarmDate>"
            "</DefaultInput></StringParameter>")


ID = ('<StringParameter Name="id" Switch="" Order="0"><DefaultInput>'
      "<AlarmId/></DefaultInput></StringParameter>")


def make_site(actions):
    """A site with the plugin Dates, {ACTION: [(zone, pattern)…]}: every
    action is given the alarm's id, then the dates."""
    site = e2e.site()
    rows = "".join(
        f'\n<Action Name="{action}" Command="python3">{ID}' + "".join(
            parameter(f"p{i}", i, zone, pattern)
            for i, (zone, pattern) in enumerate(wanted, 1)) + "</Action>"
        for action, wanted in actions.items())
    site.file("plugins/dates/actions.xml",
              "<Remediation-Plugin xmlns='RemediationVersion1.xsd' "
              f"Name='Dates'>{rows}</Remediation-Plugin>")
    return site


def transitions(zone, years):
    """The instants at which the zone's offset changes."""
    place = dotnet_dates.zone_of(zone)
    hour = datetime.timedelta(hours=1)
    for year in years:
        at = datetime.datetime(year, 1, 1, tzinfo=datetime.timezone.utc)
        while at.year == year:
            if (at.astimezone(place).utcoffset() !=
                    (at + hour).astimezone(place).utcoffset()):
                low, high = at, at + hour
                while high - low > ENOUGH:
                    middle = low + (high - low) // 2
                    same = (middle.astimezone(place).utcoffset() ==
                            at.astimezone(place).utcoffset())
                    low, high = (middle, high) if same else (low, middle)
                yield high.replace(microsecond=0)
            at += hour


def instants(chooser):
    """Around changes of the offset, at the edges of days and years, random."""
    utc = datetime.timezone.utc
    found = [datetime.datetime(1970, 1, 1, tzinfo=utc),
             datetime.datetime(2000, 2, 29, 12, tzinfo=utc),
             datetime.datetime(1999, 12, 31, 23, 59, 59, 999000, tzinfo=utc),
             datetime.datetime(2024, 1, 1, 0, 0, 0, 100000, tzinfo=utc)]
    for zone in ZONES:
        for at in transitions(zone, (1986, 2007, 2024)):
            found += [at - ENOUGH, at, at + datetime.timedelta(minutes=59)]
    last = int(datetime.datetime(2099, 1, 1, tzinfo=utc).timestamp()) * 1000
    while len(found) < INSTANTS:
        found.append(datetime.datetime.fromtimestamp(0, utc) +
                     datetime.timedelta(milliseconds=chooser.randrange(last)))
    return found


POLICY = """
local riposte = require "riposte"
local actions = {{ {actions} }}
return {{
  name = "dates", on = {{ AlarmId = {{ exists = true }} }},
  run = function() for _, action in ipairs(actions) do action {{}} end end,
}}
"""


def make_policy(site, names):
    e2e.policy(site, "dates", POLICY.format(actions=", ".join(
        f"riposte.action('Dates', {json.dumps(name)})" for name in names)))


def compare(words, at, wanted):
    for word, (zone, pattern) in zip(words, wanted, strict=True):
        text = dotnet_dates.text(at, zone, pattern)
        assert word == text, (f"{pattern!r} in {zone} at {at}:\n"
                              f"  got    {word}\n  wanted {text}")


# Zones whose rules changed in 2022 or later (2022f to 2025b), so that what a
# library brought from before is an hour off.
CHANGED = ["Central Standard Time (Mexico)", "Egypt Standard Time",
           "Jordan Standard Time", "Paraguay Standard Time",
           "Syria Standard Time", "Asia/Almaty"]


def check_changed():
    """The rules are the machine's, every hundredth hour of fourteen years."""
    wanted = [(zone, "yyyy-MM-dd HH:mm zzz") for zone in CHANGED]
    site = make_site({"A": wanted})
    make_policy(site, ["A"])
    start = datetime.datetime(2022, 9, 1, tzinfo=datetime.timezone.utc)
    times = [start + datetime.timedelta(hours=100 * i) for i in range(1227)]
    alarms = e2e.alarms(site, "alarms.ndjson", [
        {"AlarmId": str(i), "AlarmDate": at.isoformat()}
        for i, at in enumerate(times)])
    result = e2e.run(site, "run", "--dry-run", "--json", alarms)
    assert len(result.of("step")) == len(times), result.err
    for step in result.of("step"):
        _, number, *words = step["argv"]
        compare(words, times[int(number)], wanted)


def check_all():
    """Every format in every zone, at every instant, in one run."""
    seed = int(os.environ.get("SEED", random.randrange(1 << 32)))
    print(f"# SEED={seed}")
    wanted = {zone: [(zone, pattern) for pattern in [*FORMATS, None]]
              for zone in [*ZONES, None]}
    actions = {zone or "none": pairs for zone, pairs in wanted.items()}
    site = make_site(actions)
    make_policy(site, actions)
    times = instants(random.Random(seed))
    alarms = e2e.alarms(site, "alarms.ndjson", [
        {"AlarmId": str(i), "AlarmDate": at.isoformat()}
        for i, at in enumerate(times)])
    result = e2e.run(site, "run", "--dry-run", "--json", alarms)
    steps = result.of("step")
    assert len(steps) == len(times) * len(actions), result.err
    for step in steps:
        assert step["status"] == "Dry run", step
        _, number, *words = step["argv"]
        compare(words, times[int(number)], actions[step["action"]])
    return f"{len(FORMATS)} formats, {len(actions)} zones, {len(times)} times"


# ---- the formats of the real manifests -----------------------------------

def real_formats():
    """Every (zone, pattern) below the corpus."""
    found = set()
    for folder, _, names in os.walk(CORPUS):
        for name in names:
            if not name.lower().endswith(".xml"):
                continue
            try:
                root = ET.parse(os.path.join(folder, name)).getroot()
            except ET.ParseError:
                continue  # test_argv.py looks at that one
            for time in root.iter(argv_rules.NAMESPACE + "TimeFormat"):
                found.add((time.get("TimeZone"), time.get("FormattingString")))
    return sorted(found, key=str)


def check_real():
    """By hand, with an alarm in a file, and in every zone."""
    if not os.path.isdir(CORPUS):
        raise e2e.Skip(f"no {CORPUS}")
    found = real_formats()
    assert found
    wanted = found + [(zone, pattern) for zone in ZONES
                      for _, pattern in found]
    site = make_site({"A": wanted})
    for zone in ZONES:
        for at in transitions(zone, (2024,)):
            for moment in (at - ENOUGH, at):
                alarm = site.file("alarm.json", json.dumps(
                    {"AlarmId": "1", "AlarmDate": moment.isoformat()}))
                result = e2e.run(site, "act", "Dates", "A", "--dry-run",
                                 "--json", "--alarm", alarm)
                compare(result.of("step")[0]["argv"][2:], moment, wanted)
    return ", ".join(f"{pattern!r}" for _, pattern in found)


# ---- what is refused ------------------------------------------------------

def check_refused():
    """The action cannot run, said with file, line and column; the plugin and
    its other actions can."""
    actions = {f"bad {i}": [(None, pattern)]
               for i, pattern in enumerate(REFUSED)}
    actions["zone"] = [("Estern Standard Time", None)]
    actions["good"] = [(None, "yyyy")]
    site = make_site(actions)
    for pattern in REFUSED:
        try:
            dotnet_dates.text(datetime.datetime.now(datetime.timezone.utc),
                              None, pattern)
        except dotnet_dates.Refused:
            continue
        raise AssertionError(f"{pattern!r} is not refused by the rules")
    file = os.path.join(site.path, "plugins/dates/actions.xml")
    result = e2e.run(site, "plugin", "check", file)
    assert result.status == 0 and f"{file}: ok" in result.out, result.out
    for line, action in enumerate(actions, 2):
        said = re.findall(re.escape(file) + rf":{line}:\d+: warning: this "
                          "TimeFormat makes the action unavailable: (.*)",
                          result.err)
        assert len(said) == (action != "good"), (action, result.err)
        shown = e2e.run(site, "act", "Dates", action, "-p", "id=1", "--json")
        status = shown.of("step")[0]["status"]
        assert (status == "Refused") == (action != "good"), shown.out
        assert not said or said[0] in shown.of("step")[0]["error"], shown.out
    assert 'did you mean "Eastern Standard Time"?' in result.err


e2e.attempt("dates: what .NET refuses is said at load", check_refused)
for title, check in (("dates: zones that changed lately", check_changed),
                     ("dates: every format, zone and time", check_all),
                     ("dates: the formats of real manifests", check_real)):
    if dotnet_dates.has_data():
        e2e.attempt(title, check)
    else:
        e2e.skip(title, "Python's zoneinfo has no data: install tzdata")
e2e.done()
