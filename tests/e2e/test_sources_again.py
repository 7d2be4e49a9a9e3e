"""What sources make of records, held against sources_by_hand.py: every sample,
hard records, and random lines of CEF.

Prints TAP. BUILD names the folder of the programs; SEED repeats a run.
"""

import os
import random
import re

import e2e
import sources_by_hand
from e2e import equal

DATA = os.path.join(e2e.ROOT, "tests", "data", "sources")
PAGE = os.path.join(e2e.ROOT, "docs", "sources.md")
SAMPLES = {"cef": ".log", "ecs": ".ndjson", "leef": ".log",
           "logrhythm": ".ndjson", "ocsf": ".ndjson", "wazuh": ".ndjson"}
SEED = int(os.environ.get("SEED", random.randrange(1 << 32)))


def mappings():
    """{source: {field: [(path, {value: meaning})]}} of the manual's tables."""
    found, name = {}, None
    with open(PAGE, encoding="utf-8") as file:
        made = file.read().split("sources.lua: begin")[1]
    for line in made.split("\n"):
        head = re.match(r"### (\w+)$", line)
        row = re.match(r"\| `(\w+)` \| (`.*) \|$", line)
        if head:
            name = head.group(1)
            found[name] = {}
        elif row:
            steps = re.findall(r"`([^`]*)`((?:[:,] `[^`]*` as `[^`]*`)*)",
                               row.group(2))
            found[name][row.group(1)] = [
                (path, dict(re.findall(r"`([^`]*)` as `([^`]*)`", words)))
                for path, words in steps]
    return found


HARD = {
    "cef": [
        r"CEF:0|A\\B|C\|D|1|x|n=m \\|0|msg=a\\nb\\\\n\=c | d cs1=x y= z cs1Label=L",
        "CEF:0| V | P |1|2| spaced name |Very-High|  src=192.0.2.1   dst= spt=",
        "CEF:0|V|P|1|2|N|3|msg=no key = here src=192.0.2.1 request=u?a=1&b=2",
        "CEF:0|V|P|1|2|N|3|ad.one[0]=1 filePath=/a b/c  d shost=h * in=7 out=8.5",
        "Nov 20 08:16:00 h CEF: 0|V|P|1|2|N|3|rt=Oct 11 2017 06:34:06 GMT+08:00",
        "Nov 20 2026 08:16:00 h tag: CEF:0|V|P|1|2|N|3|end=1795162542",
        "<13>2026-11-20T08:16:00+01:00 h CEF:0|V|P|1|2|N|3|"
        "rt=Nov 20 2026 08:15:42 start=1795162542371 deviceDirection=1",
        '<13>1 - - - - - [a@1 b="\\"] x"][c] CEF:0|V|P|1|2|N|3|deviceDirection=7',
    ],
    "leef": [
        "LEEF:1.0|V|P|1|2|msg=a=b|c\tsrc= 192.0.2.1 \t\tsev=5",
        "LEEF:2.0|V|P|1|2|\t|src=192.0.2.1\tmsg=x|y",
        "LEEF:2.0|V|P|1|2||src=192.0.2.1\tmsg=x^y",
        "LEEF:2.0|V|P|1|2|x5E|src=192.0.2.1^msg=x\ty",
        "LEEF:2.0|V|P|1|2|0x2022|src=192.0.2.1\u2022srcPort=7",
        "LEEF:2.0|V|P|1|2|\u2022|src=192.0.2.1\u2022identGrpName=g\u2022role=r",
        "LEEF: 1.0|V|P|1|2|devTime=Jan 28 2015 02:00:36 GMT+01:00\t"
        "devTimeFormat=MMM dd yyyy HH:mm:ss z\tidentSrc=192.0.2.1",
        "May 15 16:00:47 h LEEF:1.0|V|P|1|2|devTime=1795162542371",
    ],
    "wazuh": [
        '{"data":{"srcip":"-","src_ip":["192.0.2.1","192.0.2.2"],"srcport":22},'
        '"agent":{"ip":"any","name":"n *"},"timestamp":"2026-11-20T08:15:42"}',
        '{"data":{"win":{"eventdata":{"ipAddress":"-","sourceIp":"192.0.2.1"}}},'
        '"data.srcip":"192.0.2.9","rule.level":"7","rule":{"level":3}}',
        '{"data":{"win.eventdata.ipAddress":"192.0.2.1","srcip":null},'
        '"rule":{"groups":[],"mitre":{"id":["T1","T2"]},"description":7}}',
    ],
    "ecs": [
        '{"event":{"kind":"alert","category":[["a"],"b"]},"host.ip":["192.0.2.1",'
        '"::1"],"source":{"ip":"192.0.2.9","address":"192.0.2.9","port":"22"}}',
        '{"event.kind":["signal"],"kibana.alert.original_time":'
        '"2026-11-20T08:15:42","kibana":{"alert":{"rule":{"threat":[{"technique":'
        '[{"id":"T1"}]}]}}},"event.duration":"1.5e3","email.to.address":[]}',
    ],
    "ocsf": [
        '{"class_uid":2004,"time":1795162542371,"evidences":[],"severity":"x",'
        '"device":{"ip":"192.0.2.1"},"metadata":{"original_time":"long ago"}}',
        '{"class_uid":2001,"time":1795162542,"evidences":[{"connection_info":'
        '{"direction_id":3,"protocol_num":"6"},"email":{"to":["a","b"]}}],'
        '"resources":[{"name":"bucket"}]}',
    ],
    "logrhythm": [
        '{"alarmDetails":{"alarmId":"7"},"alarmId":8,"alarmEventsDetails":[{'
        '"originPort":-1,"impactedPort":"80","duration":-1.0,"login":""},'
        '{"originPort":1}],"originPort":2,"login":"l","normalDate":0}',
        '{"alarmDate":1795162542371,"normalDateMax":"2026-11-20T08:15:42.3712345",'
        '"impactedHostName":"*","originHostName":"a * *","rate":"1e2"}',
    ],
}


def made_up(rng):
    """A CEF line of random keys and values, escaped as the guide says."""
    keys = rng.sample("src dst msg spt dpt in out act suser duser cs1 cs1Label "
                      "request filePath deviceDirection cat reason".split(), 8)
    pairs = []
    for key in keys:
        value = (str(rng.randrange(65536)) if key in ("spt", "dpt", "in", "out")
                 else "".join(rng.choice("a \\|\n^\u2022=\"'\t{")
                              for _ in range(rng.randrange(12))).strip(" "))
        for plain, escaped in (("\\", "\\\\"), ("=", "\\="), ("\n", "\\n")):
            value = value.replace(plain, escaped)
        pairs.append("%s=%s" % (key, value))
    return "CEF:0|V|P|1|2|N|3|" + " ".join(pairs)


def records(name, rng):
    """All records of a source: lines."""
    with open(os.path.join(DATA, name + SAMPLES[name]), encoding="utf-8") as file:
        lines = file.read().splitlines() + HARD[name]
    return lines + [made_up(rng) for _ in range(200 if name == "cef" else 0)]


def difference(alarm, line, source, table):
    """What differs: [(field, the program's, by hand)]."""
    want = sources_by_hand.fields(source, line, table)
    got = {key: value for key, value in alarm["fields"].items() if key in table}
    return [(key, got.get(key), want.get(key)) for key in sorted({*got, *want})
            if got.get(key) != want.get(key)]


def check(where, name, table, rng):
    lines = records(name, rng)
    path = where.file("in", "\n".join(lines) + "\n")
    result = e2e.run(where, "source", "test", name, path, "--json")
    equal(result.of("refused"), [], name + ": nothing hard is refused")
    differ = []
    for alarm in result.of("alarm"):
        line = lines[alarm["line"] - 1]
        found = difference(alarm, line, name, table)
        if found:
            differ.append((line, found))
    equal(differ[:3], [], "%s: alarms are as worked out by hand" % name)
    equal(len(result.of("alarm")) + result.summary["skipped"], len(lines),
          name + ": all of them were looked at")


def main():
    where = e2e.site()
    tables = mappings()
    e2e.note(f"SEED={SEED}")
    rng = random.Random(SEED)
    for name in SAMPLES:
        check(where, name, tables[name], rng)
    e2e.done()


main()
