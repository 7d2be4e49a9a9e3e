"""riposte audit: a log that is whole is never an alarm, and whatever is done to
it in the journal or in an exported file is found, with its place. An export is
verified here once more as docs/audit.md tells others to do it."""

import hashlib
import json
import os
import random
import re
import shutil
import sqlite3

import e2e

ALARMS = 40
CHANGES = 30

seed = int(os.environ.get("SEED", random.randrange(1 << 32)))
random.seed(seed)
e2e.note("SEED=%d" % seed)

site = e2e.site()
e2e.plugin(site, "Tool", {
    "Look": {"script": "look.sh", "kind": "context", "params": ["Key"]},
}, {"look.sh": "printf '{\"key\": \"%s\"}' \"$1\"\n"})
e2e.policy(site, "look", """
local riposte = require "riposte"
local look = riposte.action("Tool", "Look")
return { name = "look", on = { kind = "bad" },
         run = function(alarm) look { key = alarm.n } end }
""")
e2e.alarms(site, "in.ndjson",
           [{"kind": "bad", "n": "é\"\\%d" % n} for n in range(ALARMS)])
JOURNAL = os.path.join(site.path, "state/journal.db")


def verify(*words, input=None):
    return e2e.run(site, "audit", "verify", *words, input=input)


def found(name, result, *words):
    """Exit status 1, and these words in what it says."""
    return e2e.ok(result.status == 1 and
                  all(word in result.out for word in words), name,
                  "status %d\n%s%s" % (result.status, result.out, result.err))


def tampered(name, change, *words, head=None):
    """What verify says of a copy of the journal that was changed, the journal
    itself is put back."""
    shutil.copy(JOURNAL, JOURNAL + ".saved")
    db = sqlite3.connect(JOURNAL)
    change(db)
    db.commit()
    db.close()
    result = verify(*(["--head", head] if head else []))
    os.replace(JOURNAL + ".saved", JOURNAL)
    return found(name, result, *words)


# ---- without a journal -------------------------------------------------------

result = verify()
e2e.ok(result.status == 3 and "no journal yet" in result.err,
       "a site without a journal says so", result.err)
result = verify("--head", "12")
e2e.ok(result.status == 2 and "N:HASH" in result.err,
       "--head wants what audit head prints", result.err)

# ---- a whole one -------------------------------------------------------------

e2e.equal(e2e.run(site, "run", "--source", "auto",
                  os.path.join(site.path, "in.ndjson")).status, 0,
          "the alarms are run")
first = e2e.run(site, "audit", "head").out.strip()
e2e.ok(re.fullmatch(r"[0-9]+:[0-9a-f]{64}", first), "audit head", first)
e2e.equal(e2e.run(site, "run", "--source", "auto",
                  os.path.join(site.path, "in.ndjson")).status, 0,
          "once more: all of them are known")
last = e2e.run(site, "audit", "head").out.strip()
e2e.ok(int(last.split(":")[0]) > int(first.split(":")[0]),
       "that they came again is recorded", (first, last))
count = int(last.split(":")[0])

# ---- what is refused ---------------------------------------------------------

junk = ["{no json", '{"x": ']
result = e2e.run(site, "run", "--source", "generic", "-",
                 input="".join(line + "\n" for line in junk))
records = [json.loads(line) for line in
           e2e.run(site, "audit", "export").out.splitlines()[1:]]
refused = [r["body"] for r in records if r["kind"] == "refused"]
kept = [json.loads(line)["record"].encode()
        for line in site.lines("state/quarantine.ndjson")]
e2e.equal(sum(r["count"] for r in refused), len(junk),
          "what is refused is recorded")
e2e.ok(len(refused) != 1 or refused[0]["sha256"] == hashlib.sha256(b"".join(
    len(line).to_bytes(8, "big") + line for line in kept)).hexdigest(),
    "with a hash over all of it", (refused, result.err))
last = e2e.run(site, "audit", "head").out.strip()
count = int(last.split(":")[0])

for head in (None, first, last):
    result = verify(*(["--head", head] if head else []))
    e2e.ok(result.status == 0 and result.out ==
           "whole: %d records, head %s\n" % (count, last),
           "whole, with head %s" % (head or "none")[:8],
           result.out + result.err)

export = e2e.run(site, "audit", "export").out
lines = export.splitlines(True)
e2e.equal(len(lines), count + 1, "an export has a line for each record, and one")
result = verify("-", "--head", last, "--json", input=export)
e2e.ok(result.status == 0 and result.events[0]["whole"] is True and
       result.events[0]["records"] == count, "an export is whole",
       result.out + result.err)
kinds = [json.loads(line)["kind"] for line in lines[1:]]
e2e.ok({"set", "alarms", "run", "step", "answer", "end"} <= set(kinds),
       "what was done is all there", sorted(set(kinds)))
e2e.equal(kinds.count("run"), ALARMS, "each run once")
e2e.equal(kinds.count("answer"), ALARMS, "each answer once")


# ---- by others: docs/audit.md ------------------------------------------------

def independent(text):
    """The number of records of a whole export."""
    def part(text):
        data = text.encode()
        return len(data).to_bytes(8, "big") + data

    first, *rest = text.split("\n")[:-1]
    start = json.loads(first)
    n, head = start["n"], start["hash"]
    for line in rest:
        front, body = line.split(',"body":', 1)
        record, body = json.loads(front + "}"), body[:-1]
        json.loads(body)
        day, clock = record["time"][:-1].split("T")
        import datetime
        moment = datetime.datetime.fromisoformat(day + "T" + clock + "+00:00")
        ms = round((moment - datetime.datetime(
            1970, 1, 1, tzinfo=datetime.timezone.utc)) /
            datetime.timedelta(milliseconds=1))
        n += 1
        assert record["n"] == n, line
        head = hashlib.sha256(
            part(head) + part(str(n)) + part(str(ms)) + part(record["kind"]) +
            part(body)).hexdigest()
        assert record["hash"] == head, line
    return n


e2e.attempt("the hashes are what the manual says",
            lambda: e2e.equal(independent(export), count, "all of them"))

# ---- --since -----------------------------------------------------------------

since = json.loads(lines[count // 2])["time"]
part = e2e.run(site, "audit", "export", "--since", since).out
e2e.ok(part and part.split("\n")[0] != lines[0].strip() and
       json.loads(part.split("\n")[1])["time"] >= since,
       "an export since a time begins there", part[:300])
e2e.equal(verify("-", input=part).status, 0, "and is whole")
e2e.equal(verify("-", "--head", last, input=part).status, 0,
          "and ends with the kept head")
result = verify("-", "--head", "1:" + json.loads(lines[1])["hash"], input=part)
found("a head before it is not to be found there", result, "lies before")
e2e.equal(len(e2e.run(site, "audit", "export", "--since", "1d").out), len(export),
          "since a day ago: all")
e2e.equal(e2e.run(site, "audit", "export", "--since",
                  "2100-01-01T00:00:00Z").out.count("\n"), 1, "since next century: none")
e2e.equal(e2e.run(site, "audit", "export", "--since", "soon").status, 2,
          "since when?")

# ---- an exported file --------------------------------------------------------

for _ in range(CHANGES):
    n = random.randrange(1, count + 1)
    line = bytearray(lines[n].encode())
    at = random.randrange(len(line) - 1)
    line[at] = random.choice([b for b in range(1, 256)
                              if b not in (10, line[at])])
    data = b"".join([l.encode() for l in lines[:n]] + [bytes(line)] +
                    [l.encode() for l in lines[n + 1:]])
    if not found("byte %d of record %d" % (at, n), verify("-", input=data),
                 "record %d was changed" % n, "(line %d)" % (n + 1)):
        break
n = random.randrange(1, count)
found("a line removed", verify("-", input="".join(lines[:n] + lines[n + 1:])),
      "record %d is missing" % n)
a, b = sorted(random.sample(range(1, count + 1), 2))
mixed = list(lines)
mixed[a], mixed[b] = mixed[b], mixed[a]
found("two lines swapped", verify("-", input="".join(mixed)),
      "records %d and %d were swapped" % (a, b))
found("the last line cut in two", verify("-", input=export[:-2]),
      "record %d was changed" % count)
found("the end cut", verify("-", "--head", last, input="".join(lines[:n])),
      "the end was cut", "%d to %d" % (n, count) if n < count else str(n))
result = verify("-", input="x" * (3 << 20))
e2e.ok(result.status == 2 and "no" in result.err, "what is no export is refused",
       result.err)
result = verify("/nonexistent")
e2e.ok(result.status == 2 and "No such file" in result.err,
       "a file that is not there", result.err)

# ---- the journal itself ------------------------------------------------------

n = random.randrange(2, count - 1)
for column in ("body", "kind", "hash"):
    tampered("a byte of %s" % column, lambda db: db.execute(
        "UPDATE audit SET %s = substr(%s, 1, 1) || 'x' || substr(%s, 3)"
        " WHERE n = ?" % (column, column, column), (n,)),
        "record %d was changed" % n)
tampered("a time", lambda db: db.execute(
    "UPDATE audit SET time = time + 1 WHERE n = ?", (n,)),
    "record %d was changed" % n)
tampered("a text behind a NUL", lambda db: db.execute(
    "UPDATE audit SET kind = kind || char(0) || 'x' WHERE n = ?", (n,)),
    "record %d was changed" % n)
tampered("a row removed", lambda db: db.execute(
    "DELETE FROM audit WHERE n = ?", (n,)), "record %d is missing" % n)


def remove_and_renumber(db):
    db.execute("DELETE FROM audit WHERE n = ?", (n,))
    db.execute("UPDATE audit SET n = -n WHERE n > ?", (n,))
    db.execute("UPDATE audit SET n = -n - 1 WHERE n < 0")


def swap(db):
    rows = {row[0]: row[1:] for row in db.execute(
        "SELECT n, time, kind, body, hash FROM audit WHERE n IN (?, ?)",
        (a, b))}
    for to, came in ((a, b), (b, a)):
        db.execute("UPDATE audit SET time = ?, kind = ?, body = ?, hash = ?"
                   " WHERE n = ?", rows[came] + (to,))


def rewrite(db):
    """The whole log from n on anew, with hashes that hold together."""
    head = db.execute("SELECT hash FROM audit WHERE n = ?", (n - 1,)).fetchone()
    head = head[0]
    for row in db.execute("SELECT n, time, kind, body FROM audit WHERE n >= ?"
                          " ORDER BY n", (n,)).fetchall():
        body = '{"nothing":1}' if row[0] == n else row[3]
        data = b"".join(len(p.encode()).to_bytes(8, "big") + p.encode()
                        for p in (head, str(row[0]), str(row[1]), row[2], body))
        head = hashlib.sha256(data).hexdigest()
        db.execute("UPDATE audit SET body = ?, hash = ? WHERE n = ?",
                   (body, head, row[0]))


tampered("a row removed, the rest numbered anew", remove_and_renumber,
         "record %d is missing" % n)
tampered("two rows swapped", swap, "records %d and %d were swapped" % (a, b))
tampered("the end cut", lambda db: db.execute(
    "DELETE FROM audit WHERE n > ?", (n,)), "the end was cut",
    "%d to %d" % (n + 1, count), head=last)
tampered("all of it written anew", rewrite,
         "record %d is not the head that was kept" % count, head=last)

# ---- the tables --------------------------------------------------------------

for name, sql, words in (
        ("a request", "UPDATE steps SET request = replace(request, '1', '2')"
         " WHERE run = 11", "step r11.1: its request is not what record"),
        ("an argv", "UPDATE steps SET argv = '[]' WHERE run = 12",
         "step r12.1: its argv"),
        ("an answer", "UPDATE steps SET answer = replace(answer, '\"exit\":0',"
         " '\"exit\":1') WHERE run = 13", "step r13.1: its answer"),
        ("a status", "UPDATE steps SET status = 'Timed out' WHERE run = 14",
         "step r14.1: its status"),
        ("a policy", "UPDATE runs SET policy = 'other' WHERE run = 15",
         "run r15: its policy"),
        ("an outcome", "UPDATE runs SET outcome = 'failed' WHERE run = 16",
         "run r16: its outcome"),
        ("an error", "UPDATE runs SET error = 'why' WHERE run = 17",
         "run r17: its error"),
        ("whose alarm it was", "UPDATE runs SET alarm = alarm - 1"
         " WHERE run = 18", "run r18: its alarm"),
        ("a step that is gone", "DELETE FROM steps WHERE run = 19",
         "step r19.1, of which record"),
        ("a run that is gone", "DELETE FROM steps WHERE run = 20;"
         "DELETE FROM runs WHERE run = 20", "run r20, of which record")):
    tampered(name, lambda db: db.executescript(sql), words)
for table, key, values, words in (
        ("runs", "run, set_hash, started", "999, (SELECT hash FROM sets), 1",
         "run r999 has no record"),
        ("steps", "run, step, kind, status, incarnation, started, request",
         "21, 9, 'note', 'Executed', 0, 1, '{}'", "step r21.9 has no record"),
        ("leases", "lease, plugin, action, same, params, set_hash, started,"
         " state, attempts, retry, quiet", "7, 'p', 'a', '', '{}', '', 1,"
         " 'in force', 0, 0, 0", "lease l7 has no record"),
        ("approvals", "approval, run, step, set_hash, rules, question, levels,"
         " opened, expires, state", "7, 1, 1, '', '[]', x'', '[]', 1, 2,"
         " 'approved'", "approval a7 has no record"),
        ("uses", "run, step, time, plugin, action, attempt",
         "998, 1, 1, 'p', 'a', 1", "use of step r998.1 has no record"),
        ("requesters", "run, person, name", "998, '0', 'root'",
         "requester of run r998 has no record")):
    sql = "INSERT INTO %s (%s) VALUES (%s)" % (table, key, values)
    tampered("a row added to " + table, lambda db: db.execute(sql), words)
e2e.equal(verify("--head", last).status, 0, "put back, it is whole")

# ---- what the manual says ------------------------------------------------------

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
WRITERS = r"(?:record_append|note_use|note_moved|journal_write_note|\bput)"
found = set()
for folder in ("journal", "flow"):
    for name in os.listdir(os.path.join(ROOT, "engine", folder)):
        with open(os.path.join(ROOT, "engine", folder, name)) as f:
            found.update(re.findall(WRITERS + r'\([^;"]*"([a-z ]+)"', f.read()))
with open(os.path.join(ROOT, "docs/audit.md")) as f:
    told = set(re.findall(r"^\| `([a-z ]+)` \|", f.read(), re.M))
e2e.equal(sorted(told), sorted(found), "the manual lists every kind of record")

e2e.done()
