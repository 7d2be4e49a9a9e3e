"""A run lasts at most 30 days: then it is aborted, what it waits for is given
up, an action under way is left to end, and what it holds stays in force. Time
is moved by setting back when the run began. Prints TAP."""

import json
import os
import signal
import sqlite3
import time

import e2e

DAY = 24 * 3600 * 1000
HOLD = """
echo "$1" >>"$RIPOSTE_STATE/%s"
until [ -e "$RIPOSTE_STATE/go" ]; do sleep 0.05; done
"""


def made(policy):
    site = e2e.site()
    e2e.plugin(site, "Holder", {
        "Note": {"script": "note.sh", "params": ["Key"]},
        "Block": {"script": "note.sh", "params": ["Key"], "target": "Key",
                  "undo": "Unblock"},
        "Unblock": {"script": "unblock.sh", "params": ["Key"]},
        "Hold": {"script": "hold.sh", "params": ["Key"]},
        "Checked": {"script": "hold.sh", "params": ["Key"],
                    "verify": "Was it done"},
        "Was it done": {"script": "verify.sh", "params": ["Key"]},
    }, {"note.sh": 'echo "$1" >>"$RIPOSTE_STATE/log"\n',
        "unblock.sh": 'echo "$1" >>"$RIPOSTE_STATE/unblocked"\n',
        "hold.sh": HOLD % "hold", "verify.sh": HOLD % "verify"})
    e2e.policy(site, "long", """
local riposte = require "riposte"
local note    = riposte.action("Holder", "Note")
local block   = riposte.action("Holder", "Block")
local hold    = riposte.action("Holder", "Hold")
local checked = riposte.action("Holder", "Checked")
return { name = "long", on = { AlarmRuleName = "long" },
  run = function(alarm) %s note { key = "behind" } end }
""" % policy)
    e2e.alarms(site, "in.ndjson", [{"AlarmRuleName": "long"}])
    site.file("empty.ndjson", "")
    return site


def query(site, sql, *values):
    journal = sqlite3.connect(os.path.join(site.path, "state/journal.db"))
    found = journal.execute(sql, values).fetchall()
    journal.commit()
    journal.close()
    return found


def age(site, ms):
    """The runs began so long ago."""
    query(site, "UPDATE runs SET started = ?",
          int(time.time() * 1000) - ms)


def begin(site, name="in", *more):
    return e2e.run(site, "run", "--json", *more,
                   os.path.join(site.path, name + ".ndjson"))


def ends(result):
    return [(r["outcome"], (r["error"] or "")[:23]) for r in result.of("run")
            if r["run"] == "r1"]


def log(site, name="log"):
    return site.lines("state/holder/" + name)


OLD = [("aborted", "it has lasted 30 days, ")]
LONG_WAIT = 'block({ key = "wall" }, { expires = "60d" }) riposte.wait "31d"'

# ---- at the limit and beside it ------------------------------------------------

site = made(LONG_WAIT)
e2e.equal(begin(site).summary["waiting"], 1, "a run that waits for 31 days")
age(site, 30 * DAY - DAY // 24)
result = begin(site, "empty")
e2e.equal((result.summary["waiting"], ends(result)), (1, []),
          "waits on an hour before its 30 days are over")
age(site, 30 * DAY)
result = begin(site, "empty")
e2e.equal((result.status, result.summary["waiting"], ends(result)),
          (0, 0, OLD), "and is aborted when they are")
e2e.ok("riposte rerun" in result.of("run")[0]["error"], "with what to do")
e2e.equal((log(site), log(site, "unblocked")), (["wall"], []),
          "nothing more of it was started, and its block is in force")
e2e.equal(len(e2e.run(site, "ls", "leases", "--json").of("lease")), 1,
          "held for its own time")
audit = [json.loads(line) for line in
         e2e.run(site, "audit", "export").out.splitlines()]
e2e.ok(any("it has lasted 30 days" in json.dumps(record) for record in audit),
       "the audit has why it ended", audit)
e2e.equal(e2e.run(site, "audit", "verify").status, 0, "and is whole")
result = begin(site, "empty")
e2e.equal((result.status, result.out.count("r1")), (0, 0), "it stays ended")
alarm = query(site, "SELECT id FROM alarms")[0][0]
result = e2e.run(site, "rerun", alarm, "--json")
e2e.equal((result.status, query(site, "SELECT max(run) FROM runs WHERE policy"
                                      " IS NOT NULL AND outcome IS NULL")),
          (0, [(2,)]), "its alarm may be run anew")

# ---- while it is there -----------------------------------------------------------

site = made(LONG_WAIT)
begin(site)
age(site, 30 * DAY - 3000)
result = begin(site, "empty", "--wait", "200s")
e2e.equal((ends(result), log(site)), (OLD, ["wall"]),
          "it ends also while an engine waits for it")

# ---- approvals ------------------------------------------------------------------

site = made('if riposte.approve { "May it?", within = "3000d" } then '
            'note { key = "yes" } end')
e2e.equal(begin(site).summary["waiting"], 1, "a run that waits for a person")
age(site, 30 * DAY)
result = begin(site, "empty")
e2e.equal((ends(result), log(site)), (OLD, []), "ends, too")
row = e2e.run(site, "ls", "approvals", "--json").of("approval")[0]
e2e.equal((row["state"], row["status"]), ("expired", "Denied"),
          "and what it asked is a no")
result = e2e.run(site, "approve", "a1")
e2e.ok(result.status == 2 and "expired" in result.err,
       "that nobody can agree to any more", result.err)
e2e.equal(e2e.run(site, "audit", "verify").status, 0, "by the audit, too")

GUARDED = """return { approve = { { action = "Holder / %s", within = "31d" } } }
"""
site = made("riposte.all { note.call { key = 'a' }, note.call { key = 'b' } }")
site.file("guards.lua", GUARDED % "Note")
e2e.equal(begin(site).summary["waiting"], 1, "two actions wait for people")
age(site, 30 * DAY)
result = begin(site, "empty")
e2e.equal(([(r["state"], r["status"]) for r in
            e2e.run(site, "ls", "approvals", "--json").of("approval")],
           query(site, "SELECT status FROM steps"), ends(result), log(site)),
          ([("expired", "Denied")] * 2, [("Denied",)] * 2, OLD, []),
          "the same where guards.lua asks, for each action")

site = made("riposte.all { note.call { key = 'a' }, note.call { key = 'b' } }")
site.file("guards.lua", GUARDED % "Note")
e2e.equal(begin(site).summary["waiting"], 1, "two actions wait for people")
age(site, 30 * DAY - 3000)
result = begin(site, "empty", "--wait", "200s")
e2e.equal((query(site, "SELECT state FROM approvals"), ends(result),
           log(site)), ([("expired",)] * 2, OLD, []),
          "and while an engine waits for it")

# ---- an action under way ----------------------------------------------------------


def executor_of(site):
    with open("/proc/%d/stat" % e2e.engine_pid(site)) as f:
        return int(f.read().rsplit(")", 1)[1].split()[1])


site = made("hold { key = 'x' }")
process = e2e.start(site, "serve", "--source", "generic", "--follow",
                    site.path + "/in.ndjson")
assert e2e.wait_until(lambda: log(site, "hold"))
executor, engine = executor_of(site), e2e.engine_pid(site)
# The executor starts no other engine until the time has been moved.
os.kill(executor, signal.SIGSTOP)
os.kill(engine, signal.SIGKILL)
assert e2e.wait_until(lambda: not e2e.alive(engine))
age(site, 30 * DAY)
os.kill(executor, signal.SIGCONT)
assert e2e.wait_until(lambda: e2e.engine_pid(site) not in (None, engine))
site.file("state/holder/go")
while b"it has lasted 30 days" not in (line := process.stdout.readline()):
    assert line, process.stderr.read()
process.terminate()
process.communicate()
e2e.equal((query(site, "SELECT status FROM steps"),
           query(site, "SELECT outcome FROM runs"), log(site, "hold"),
           log(site)), ([("Executed",)], [("aborted",)], ["x"], []),
          "an action under way is left to end, its result is recorded, and "
          "then the run ends")


def left(policy):
    """The executor died, too, with the action under way; 30 days later."""
    site = made(policy)
    process = e2e.start(site, "run", "--source", "generic",
                        site.path + "/in.ndjson")
    assert e2e.wait_until(lambda: log(site, "hold"))
    os.kill(e2e.engine_pid(site), signal.SIGKILL)
    process.communicate()
    age(site, 30 * DAY)
    site.file("state/holder/go")
    return site, begin(site, "empty")


site, result = left("checked { key = 'x' }")
e2e.equal((query(site, "SELECT status FROM steps WHERE run = 1"),
           ends(result), log(site)), ([("Executed",)], OLD, []),
          "one that was cut off is verified first")

site, result = left("hold { key = 'x' }")
e2e.equal((result.status, query(site, "SELECT status FROM steps"),
           [o for o, _ in ends(result)]), (1, [("Unknown",)], ["parked"]),
          "where its outcome is Unknown the run is parked for a person")
e2e.equal(e2e.run(site, "resolve", "r1.1", "done").status, 0, "who says")
result = begin(site, "empty")
e2e.equal((ends(result), log(site)), (OLD, []), "and then it ends")

# ---- by hand, for a later time ------------------------------------------------------

site = made("")
e2e.run(site, "act", "Holder", "Note", "-p", "Key=late", "--at", "+2h")
query(site, "UPDATE waiting SET due = ?", int(time.time() * 1000) - 60000)
age(site, 100 * DAY)
result = begin(site, "empty")
e2e.equal((ends(result)[0][0], log(site)), ("done", ["late"]),
          "what was asked for a later time has its 30 days from there")
e2e.done()
