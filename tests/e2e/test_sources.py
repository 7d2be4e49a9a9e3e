"""Every source that is built in: its samples, auto's choice, hostile lines,
and the manual's tables.

Prints TAP. BUILD names the folder of the programs.
"""

import json
import os
import re
import subprocess

import e2e
from e2e import equal, ok

DATA = os.path.join(e2e.ROOT, "tests", "data", "sources")
PAGE = os.path.join(e2e.ROOT, "docs", "sources.md")
MAKEFILE = os.path.join(e2e.ROOT, "Makefile")
SAMPLES = ["cef.log", "ecs.ndjson", "leef.log", "logrhythm.ndjson",
           "ocsf.ndjson", "wazuh.ndjson"]
REAL = [("sshd", "data/openssh-2k.log"),
        ("suricata", "data/suricata-wrccdc-2018.ndjson")]


def decode(where, source, path, *more):
    """riposte source test, with --json."""
    return e2e.run(where, "source", "test", source, path, "--json", *more)


def tables():
    """{source: {field: [path]}} of the manual's tables."""
    found, name = {}, None
    with open(PAGE, encoding="utf-8") as file:
        text = file.read()
    made = text[text.index("sources.lua: begin"):]
    for line in made.split("\n"):
        head = re.match(r"### (\w+)$", line)
        row = re.match(r"\| `(\w+)` \| ((`|always).*) \|$", line)
        if head:
            name = head.group(1)
            found[name] = {}
        elif row:
            paths = re.sub("always `.*?`|(?<=`) cut by `.*?`|(?<=`): .*", "",
                           row.group(2))
            found[name][row.group(1)] = re.findall("`(.*?)`", paths)
    return found


def expected(name):
    with open(os.path.join(DATA, name + ".expected.json"),
              encoding="utf-8") as file:
        return json.load(file)


def check_sample(where, file, mapped):
    """All of a sample's alarms, as somebody wrote them down."""
    name = file.split(".")[0]
    wanted = expected(name)
    result = decode(where, "auto", os.path.join(DATA, file))
    alarms = result.of("alarm")
    equal(result.err, "riposte: %s is read as %s\n"
          % (os.path.join(DATA, file), name), name + ": auto knows it")
    equal(result.summary["refused"], 0, name + ": 0 refused")
    equal(result.summary["skipped"], wanted["skipped"],
          name + ": skipped what is no alarm")
    equal(len(alarms), len(wanted["alarms"]), name + ": as many alarms")
    for number, (got, want) in enumerate(zip(alarms, wanted["alarms"]), 1):
        got = {key: got[key] for key in want}
        equal(got, want, "%s: alarm %d is as it was written down"
              % (name, number))
    seen = set().union(*(alarm["fields"] for alarm in alarms))
    equal(seen, set(mapped), name + ": the sample has every field that is mapped")
    named = decode(where, name, os.path.join(DATA, file))
    equal(named.out, result.out, name + ": by its name the same")


def check_real(where, name, path):
    shared = e2e.shared(path)
    if not shared:
        e2e.skip(name + ": real records", "no " + path)
        return
    result = decode(where, "auto", shared, "--limit", "0")
    ok(result.err.endswith("is read as %s\n" % name),
       name + ": auto knows real records", result.err)
    equal(result.summary["refused"], 0, name + ": 0 of the real ones refused")


# ---- every path by itself -------------------------------------------------

NUMBERS = ("SPort DPort ProtocolNumber BytesIn BytesOut ItemsIn ItemsOut "
           "Duration Amount Quantity Rate Size").split()
# What a record has to hold beside, so that it is one of the source.
BASES = {"ecs": {"event": {"kind": "alert"}}, "ocsf": {"class_uid": 2004},
         "logrhythm": {}, "wazuh": {}, "suricata": {"event_type": "alert"}}
HEADS = {"cef": "CEF:0|V|P|1|100|N|5|", "leef": "LEEF:1.0|V|P|1|100|"}


def put(record, path, value):
    """Makes the path lead to the value: a.b[1].c."""
    steps = re.findall(r"[^.\[\]]+", path)
    for step, following in zip(steps, steps[1:] + [None]):
        inner = value if following is None else [] if following == "1" else {}
        if step == "1":
            record.append(inner)
        else:
            inner = record.setdefault(step, inner)
        record = inner


def line_with(source, path, value):
    """A record in which nothing but that path leads to the field, or None
    where its format has that path always."""
    if source in HEADS:
        table, key = path.split(".", 1)
        return ("%s%s=%s" % (HEADS[source], key, value) if table == "ext"
                else None)
    record = json.loads(json.dumps(BASES[source]))
    put(record, path, value)
    return json.dumps(record)


def check_paths(where, source, mapped):
    """Each path of the table, alone, gives its field."""
    wanted, lines = [], []
    for field, paths in mapped.items():
        for path in paths:
            value = "7" if field in NUMBERS else "2026-11-20T08:15:42Z"
            line = line_with(source, path, value)
            if line:
                lines.append(line + "\n")
                wanted.append((field, path, value))
    alarms = decode(where, source, where.file("in", "".join(lines))
                    ).of("alarm")
    got = [(field, alarm["from"].get(field),
            str(alarm["fields"].get(field)))
           for (field, _, _), alarm in zip(wanted, alarms)]
    equal([pair for pair in zip(got, wanted) if pair[0] != pair[1]], [],
          "%s: each of %d paths gives its field" % (source, len(wanted)))
    equal(len(alarms), len(wanted), source + ": and all of them an alarm")


# What is no alarm of the source, and what has to be said about it.
HOSTILE = [
    ("cef", b"CEF:0|V|P|1|100|N", "a | is missing"),
    ("cef", b"CEF:0|V|P|1|100|N|5|src", "key=value"),
    ("cef", b"CEF:0|V|P|1|100|N|5|src=1 src=2", "there twice"),
    ("cef", b"CEF:0|V|P|1|100|N|5|f=C:\\Windows", "no escape"),
    ("cef", b"CEF:0|V\\=|P|1|100|N|5|", "no escape"),
    ("cef", b"CEF:0|V|P|1|100|N|5|msg=a\0b", "NUL"),
    ("cef", b"CEF:0|V|P|1|100|N|5|msg=\xc0\xaf", "no UTF-8"),
    ("cef", b"CEF:0|V|P|1|100|N|5|rt=yesterday", "the time"),
    ("cef", b"CEF:0|V|P|1|100|N|5|spt=many", "SPort"),
    ("cef", b"CEF:0|V|P|1|100|N|5|cnt=0", "count"),
    ("cef", b"CEF:0|V|P|1|100|N|5|" + b" ".join(
        b"k%d=1" % i for i in range(4097)), "4096 values"),
    ("cef", b"CEF:0|V|P|1|100|N|5|msg=" + b"x" * (1 << 20), "longer"),
    ("cef", b"h sshd[1]: CEF:0|V|P|1|100|N|5|", "no CEF:"),
    ("leef", b"LEEF:1.0|V|P|1|100", "a | is missing"),
    ("leef", b"LEEF:9.0|V|P|1|100|", "version"),
    ("leef", b"LEEF:2.0|V|P|1|100|=|a=1", "delimiter"),
    ("leef", b"LEEF:1.0|V|P|1|100|src=1\tsrc=2", "there twice"),
    ("leef", b"LEEF:1.0|V|P|1|100|words", "key=value"),
    ("leef", b"LEEF:1.0|V|P|1|100|a=\xff", "no UTF-8"),
    ("leef", b"LEEF:1.0|V|P|1|100|a=\0", "NUL"),
    ("leef", b"LEEF:1.0|V|P|1|100|devTime=soon", "the time"),
    ("wazuh", b'{"rule":{"description":["x",{}]},"id":"1\\u0000"}', "NUL"),
    ("wazuh", b'{"rule":{"description":{}},"id":"1"}', "AlarmRuleName"),
    ("wazuh", b'{"timestamp":"soon"}', "the time"),
    ("wazuh", b'{"id":"1","id":"2"}', "twice"),
    ("ecs", b'{"event.kind":"alert","source":{"port":"all"}}', "SPort"),
    ("ecs", b'{"event.kind":"alert","event":{"id":{}}}', "a list or a table"),
    ("ecs", b"[1]", "object"),
    ("ocsf", b'{"class_uid":2004,"time":"soon"}', "the time"),
    ("ocsf", b'{"class_uid":2004,"time":1e300}', "the time"),
    ("ocsf", b'{"class_uid":2004,"count":-1}', "count"),
    ("logrhythm", b'{"alarmDate":"soon"}', "the time"),
    ("logrhythm", b'{"alarmId":[1]}', "list"),
    ("logrhythm", b"\xff\xfe", "UTF-8"),
]


def check_hostile(where):
    for source, line, why in HOSTILE:
        where.file("in", line + b"\n")
        result = decode(where, source, os.path.join(where.path, "in"))
        reasons = [each["reason"] for each in result.of("refused")]
        ok(result.status == 1 and len(reasons) == 1 and why in reasons[0],
           "%s refuses %r" % (source, line[:50]), (result.out, result.err))


def check_shapes(where):
    """A shape of one source is never taken for another's."""
    for line, wanted in [
            ('{"SIP":"192.0.2.1"}', "generic"),
            ('{"@timestamp":"2026-11-20T08:00:00Z"}', "generic"),
            ('{"class_uid":4001,"metadata":{}}', "generic"),
            ('{"timestamp":"t","event_type":"alert","rule":{"id":"1"}}',
             "suricata"),
            ("CEF:0|broken", "cef"), ("<1>LEEF:", "leef"),
            ("Dec 10 06:55:46 h sshd[1]: Invalid user CEF:0|V|P|1|2|N|5| "
             "from 192.0.2.1 port 22", "sshd")]:
        path = where.file("in", line + "\n")
        result = decode(where, "auto", path)
        equal(result.err, "riposte: %s is read as %s\n" % (path, wanted),
              "auto takes %s for %s" % (line[:40], wanted))


SSHD = ("Dec 10 06:55:46 web-1 sshd[7]: Failed password for root from "
        "203.0.113.9 port 4711 ssh2\n")
CRON = "Dec 10 06:54:01 web-1 CRON[1]: session opened for user root\n"
MARKED = "CEF:0|V|P|1|1|sshd: failed password|9|src=192.0.2.53"
EVE = ('{"timestamp":"2026-11-20T08:00:00Z","event_type":"alert",'
       '"src_ip":"203.0.113.9"%s}\n')
OCSF = ('{"class_uid":%s,"category_uid":2,"metadata":{"version":"1.3.0"},'
        '"evidences":[{"src_endpoint":{"ip":"203.0.113.9"}}]}\n')
# Inputs in which a stranger wrote a line, and what they are all the same:
# (what it is, text, source). None of the stranger's lines is an alarm.
FORGED = [
    ("CEF without a tag", CRON + "Dec 10 06:54:02 web-1 " + MARKED + "\n" + SSHD,
     "sshd"),
    ("CEF behind a tag, first of all",
     "Dec 10 06:54:02 web-1 me: " + MARKED + "\n" + SSHD, "sshd"),
    ("CEF by logger -t CEF, first of all",
     "Dec 10 06:54:02 web-1 " + MARKED.replace(":", ": ", 1) + "\n" + SSHD,
     "sshd"),
    ("LEEF behind a tag, first of all", "Dec 10 06:54:02 web-1 me: "
     "LEEF:1.0|V|P|1|1|src=192.0.2.53\n" + SSHD, "sshd"),
    ("bare CEF", CRON + MARKED + "\n" + SSHD, "sshd"),
    ("JSON", CRON + '{"SIP":"192.0.2.53"}\n' + SSHD, "sshd"),
    ("JSON of a better known kind",
     CRON + EVE.replace("203.0.113.9", "192.0.2.53") % "" + SSHD, "sshd"),
    ("a line that is too long", "x" * (1 << 20) + "y\n" + MARKED + "\n" + SSHD,
     "sshd"),
    ("a line of sshd's in JSON's text", EVE % ',"note":"a sshd[1]: b"'
     + EVE % "", "suricata"),
    ("a line of sshd's in any JSON's text",
     '{"SIP":"203.0.113.9","note":" sshd[1]: "}\n', "generic"),
    ("a line of sshd's behind JSON that is none",
     '{"a":1,"a":2}\n' + SSHD.replace("203.0.113.9", "192.0.2.53") + EVE % "",
     "suricata"),
]
# Inputs whose first record is not the most telling: (text, source).
FIRST = [
    ("an OCSF stream that begins with another class",
     OCSF % 4001 + OCSF % 2004, "ocsf"),
    ("an object without members comes first", "{}\n" + OCSF % 2004, "ocsf"),
    ("an alert of Kibana's, all of lists",
     '{"@timestamp":["2026-11-20T08:00:00Z"],"event.kind":["signal"],'
     '"kibana.alert.uuid":["u"],"source.ip":["203.0.113.9","192.0.2.2"]}\n',
     "ecs"),
    ("a Wazuh alert that came through Elastic's tools",
     '{"@timestamp":"2026-11-20T08:00:00Z","ecs":{"version":"8.11.0"},'
     '"event":{"kind":"event"},"rule":{"id":"1","level":3},"agent":{"id":"1"},'
     '"manager":{"name":"m"},"data":{"srcip":"203.0.113.9"}}\n', "wazuh"),
    ("an array", "[" + EVE % "" + "]", "suricata"),
]
NOTHING = ["[[1]]\n", "[1,{}]\n", "{}\n", "[{}]\n", '{"a":1,"a":2}\n', "null\n",
           '"CEF:0|V|P|1|1|N|5|"\n', "x " + MARKED + "\n", CRON]


def check_forged(where):
    """What a stranger may write into an input does not say what it is."""
    for what, text, wanted in FORGED + FIRST:
        path = where.file("in", text)
        result = decode(where, "auto", path)
        came = {alarm["fields"].get("SIP") for alarm in result.of("alarm")}
        ok(result.err.endswith(" is read as %s\n" % wanted)
           and came == {"203.0.113.9"}, "auto is not led by " + what,
           (result.err, came))
    for text in NOTHING:
        result = decode(where, "auto", where.file("in", text))
        ok(result.status == 2 and "no source fits" in result.err
           and not result.of("alarm"), "auto takes nothing for %r" % text[:40],
           (result.status, result.err))


def check_command(where):
    """What the command says to people, and its statuses."""
    cef = os.path.join(DATA, "cef.log")
    result = e2e.run(where, "source", "test", "cef", cef, "--limit", "1")
    ok(result.status == 0 and "\n3 alarms, 0 refused, 0 skipped\n" in
       result.out, "the sums count what --limit leaves out", result.out)
    ok(re.search(r"^  SIP +198\.51\.100\.77  <- ext\.src$", result.out,
                 re.M), "a field has name, value and path", result.out)
    equal(result.out.count("cef.log:"), 1, "--limit shows so many")
    ok("\\x0Asecond" in result.out, "values are safe for a terminal")
    with open(cef, "rb") as file:
        piped = e2e.run(where, "source", "test", "auto", "-",
                        input=file.read())
    ok(piped.status == 0 and "stdin is read as cef" in piped.err,
       "stdin is a file too", piped.err)
    for words, status, said in [
            (["wazu", cef], 3, "wazuh"), (["cef", "/nowhere"], 2, "nowhere"),
            (["cef", cef, "--limit", "-1"], 2, "--limit takes a number"),
            (["auto", MAKEFILE], 2, "no source fits")]:
        result = e2e.run(where, "source", "test", *words)
        ok(result.status == status and said in result.err,
           "source test %s: status %d" % (" ".join(words), status),
           (result.status, result.err))
    ok(not os.path.exists(os.path.join(where.path, "state")),
       "nothing is kept")


def check_run(where):
    """`run` decodes as `source test` does, and says auto's choice on stderr
    only."""
    e2e.policy(where, "note", """
return { name = "note", on = { Login = "mallory" },
         run = function(alarm) assert(alarm.SIP and alarm.severity) end }
""")
    for file in SAMPLES:
        name = file.split(".")[0]
        path = os.path.join(DATA, file)
        result = e2e.run(where, "run", "--json", "--no-journal", path)
        runs = result.of("run")
        ok(result.status == 0 and [r["outcome"] for r in runs] == ["done"],
           name + ": a policy runs on its alarm", (result.out, result.err))
        equal(result.err, "riposte: %s is read as %s\n" % (path, name),
              name + ": the choice is said on stderr")


def check_manual(where, mapped):
    lua = subprocess.run(
        [os.path.join(e2e.BUILD, "riposte-lua"),
         os.path.join("docs", "make_sources.lua"), "--check"],
        cwd=e2e.ROOT, capture_output=True, text=True, check=False)
    ok(lua.returncode == 0, "docs/sources.md has the data files' tables",
       lua.stderr)
    names = e2e.run(where, "ls", "sources").out.split()
    equal(sorted(mapped), names, "the manual has every source")


def main():
    where = e2e.site()
    mapped = tables()
    for file in SAMPLES:
        check_sample(where, file, mapped[file.split(".")[0]])
    for name in list(BASES) + list(HEADS):
        check_paths(where, name, mapped[name])
    for name, path in REAL:
        check_real(where, name, path)
    check_shapes(where)
    check_forged(where)
    check_hostile(where)
    check_command(where)
    check_manual(where, mapped)
    check_run(e2e.site())
    e2e.done()


main()
