"""Input that is no alarm: refused with file, line and reason, counted, kept
in the quarantine; the stream goes on."""

import json
import os

import e2e

MIB = 1 << 20


def deep(depth):
    """An object whose value nests so deep, the object counted."""
    return '{"a":' + "[" * (depth - 1) + "]" * (depth - 1) + "}"


def sized(size):
    """An alarm of exactly that many bytes."""
    frame = '{"AlarmRuleName":"big","Message":""}'
    return frame[:-2] + "x" * (size - len(frame)) + frame[-2:]


lines = [
    (b'{"AlarmRuleName":"one"}', None),
    (b'{"a":1,"a":2}', "a"),
    (b'{"a":"\xff"}', "UTF-8"),
    (deep(64).encode(), None),
    (deep(65).encode(), "64"),
    (sized(MIB).encode(), None),
    (sized(MIB + 1).encode(), "1"),
    (b'{"a":18446744073709551616}', ""),
    (b'{"a":1e400}', ""),
    (b'{"a":', ""),
    (b'["no object"]x', ""),
    (b'{"AlarmRuleName":"last"}', None),
]
site = e2e.site()
path = os.path.join(site.path, "in.ndjson")
with open(path, "wb") as file:
    file.write(b"\n".join(line for line, _ in lines) + b"\n")
good = sum(1 for _, reason in lines if reason is None)
bad = [(number, reason) for number, (_, reason) in enumerate(lines, 1)
       if reason is not None]

result = e2e.run(site, "run", "--source", "generic", "--json", path)
e2e.equal(result.status, 0, "refused alarms alone do not change the status")
e2e.equal((result.summary["alarms"], result.summary["refused"]),
          (good, len(bad)), "%d accepted, %d refused" % (good, len(bad)))
kept = [json.loads(line) for line in site.lines("state/quarantine.ndjson")]
e2e.equal([entry["line"] for entry in kept], [number for number, _ in bad],
          "the quarantine has each with its line")
for entry, (number, reason) in zip(kept, bad):
    e2e.ok(entry["reason"] and reason in entry["reason"],
           "line %d: %s" % (number, entry["reason"][:60]), entry["reason"])
e2e.ok(all("in.ndjson" in entry["where"] for entry in kept),
       "the quarantine names the file")
for number, _ in bad:
    e2e.ok("in.ndjson:%d" % number in result.err,
           "stderr names file and line %d" % number, result.err)

# The same id with other bytes is not taken for a duplicate.
site = e2e.site()
first = e2e.run(site, "run", "--source", "generic", "--json", "-",
                input='{"AlarmId":"7","AlarmRuleName":"a"}\n')
again = e2e.run(site, "run", "--source", "generic", "--json", "-",
                input='{"AlarmId":"7","AlarmRuleName":"a"}\n'
                      '{"AlarmId":"7","AlarmRuleName":"b"}\n')
e2e.equal((first.summary["alarms"], again.summary["alarms"],
           again.summary["duplicates"], again.summary["refused"]),
          (1, 0, 1, 1), "an id used again: same bytes a duplicate, "
          "other bytes refused")
e2e.ok("id reused" in site.read("state/quarantine.ndjson"),
       "the quarantine says: id reused")

# A JSON array is its items.
site = e2e.site()
result = e2e.run(site, "run", "--source", "generic", "--json", "-",
                 input='[\n {"AlarmRuleName":"a"},\n {"x":1,"x":2},\n'
                       ' {"AlarmRuleName":"]"}\n]\n')
e2e.equal((result.summary["alarms"], result.summary["refused"]), (2, 1),
          "an array: its items, a bad one apart")

# Nothing under state/ with --no-journal or --dry-run.
for option in ("--no-journal", "--dry-run"):
    site = e2e.site()
    result = e2e.run(site, "run", "--source", "generic", "--json", option,
                     "-", input='{"AlarmRuleName":"a"}\n{"a":1,"a":1}\n')
    e2e.equal((result.summary["alarms"], result.summary["refused"],
               os.path.exists(os.path.join(site.path, "state"))),
              (1, 1, False), option + " writes nothing under state/")

e2e.done()
