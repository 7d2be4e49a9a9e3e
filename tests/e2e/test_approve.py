"""Approvals: asked by a policy and by guards.lua, decided by people, once, in
time, by nobody who asked. Prints TAP. APPROVE_ROUNDS: how often two people
decide at once (default 20)."""

import json
import os
import pwd
import sqlite3
import subprocess

import e2e

ROUNDS = int(os.environ.get("APPROVE_ROUNDS", "20"))
GUARDS = """return {
  people = { analysts = { "alice", "bob" }, leads = { "carol" } },
  approve = { { action = "Recorder / Guarded", within = "30m",
                levels = { { group = "analysts", quorum = %d }%s } } },
}
"""


def recorder(where):
    e2e.plugin(where, "Recorder", {
        "Free": {"script": "note.sh", "params": ["Line"], "target": "Line"},
        "Guarded": {"script": "note.sh", "params": [
            "Line", ("Key", {"encrypted": True})]},
    }, {"note.sh": 'echo "$1" >>"$RIPOSTE_STATE/log"\n'})


def made(policy=None, quorum=1, more=""):
    where = e2e.site()
    recorder(where)
    if policy:
        e2e.policy(where, "asks", """
local riposte = require "riposte"
local free = riposte.action("Recorder", "Free")
local guarded = riposte.action("Recorder", "Guarded")
return { name = "asks", on = { AlarmRuleName = "ask" },
  run = function(alarm) %s end }
""" % policy)
    if quorum:
        where.file("guards.lua", GUARDS % (quorum, more))
    e2e.alarms(where, "alarms.ndjson", [{"AlarmRuleName": "ask", "Line": "x"}])
    where.file("empty.ndjson", "")
    return where


def begin(where):
    return e2e.run(where, "run", "--json", where.path + "/alarms.ndjson")


def go_on(where):
    return e2e.run(where, "run", "--json", where.path + "/empty.ndjson")


def approvals(where):
    return e2e.run(where, "ls", "approvals", "--json").of("approval")


def log(where):
    return where.lines("state/recorder/log")


def by(where, verb, name, approval="a1", *more):
    return e2e.run(where, verb, approval, "--as", name, *more)


# ---- a policy asks -------------------------------------------------------------
QUESTION = """
    local it = free.call { line = alarm.Line }
    if riposte.approve { "May it?", action = it, within = "30m" } then
      it()
    else
      free { line = "said no" }
    end"""
site = made(QUESTION, quorum=0)
result = begin(site)
e2e.equal((result.status, result.summary["waiting"], log(site)), (0, 1, []),
          "a run waits for a person, and nothing has started")
e2e.ok("riposte approve a1" in result.err, "it says how to answer", result.err)
row = approvals(site)[0]
e2e.equal((row["approval"], row["step"], row["policy"], row["status"],
           row["question"], row["target"], row["argv"][-1]),
          ("a1", "r1.1", "asks", "Pending", "May it?", "x", "x"),
          "ls approvals says what would be done")
e2e.equal(go_on(site).summary["waiting"], 1, "it waits on after a restart")
result = by(site, "approve", "alice", "a1", "--note", "seen")
e2e.equal((result.status, result.out.startswith("a1 approved by alice")),
          (0, True), "alice says yes")
result = go_on(site)
e2e.equal((result.status, log(site), [r["outcome"] for r in result.of("run")]),
          (0, ["x"], ["done"]), "and the run goes on, once")
e2e.equal(approvals(site)[0]["status"], "Executed", "the approval is used")
result = by(site, "approve", "bob")
e2e.ok(result.status == 2 and "used" in result.err, "it counts once",
       result.err)
go_on(site)
e2e.equal(log(site), ["x"], "and starts nothing more")
audit = e2e.run(site, "audit", "export").out
e2e.ok(all('"kind":"%s"' % kind in audit for kind in (
    "approval", "decision", "approval used")) and '"caller":"root"' in audit
    or os.getuid(), "the audit has who decided, and for whom", audit)
e2e.equal(e2e.run(site, "audit", "verify").status, 0, "and is whole")

site = made(QUESTION, quorum=0)
begin(site)
e2e.equal(by(site, "deny", "alice", "a1", "--note", "ours").status, 0, "a no")
go_on(site)
e2e.equal((log(site), approvals(site)[0]["status"]), (["said no"], "Denied"),
          "is false for the policy")

site = made(QUESTION.replace("30m", "1s"), quorum=0)
result = e2e.run(site, "run", "--wait", "200s", site.path + "/alarms.ndjson")
e2e.equal((log(site), approvals(site)[0]["state"]), (["said no"], "expired"),
          "no answer in time is a no")
result = by(site, "approve", "alice")
e2e.ok(result.status == 2, "an expired one cannot be answered", result.err)

site = made(QUESTION, quorum=0)
result = e2e.run(site, "run", "--dry-run", "--json",
                 site.path + "/alarms.ndjson")
e2e.equal([s["status"] for s in result.of("step")], ["Dry run"],
          "in a dry run people say yes")

site = made(QUESTION.replace("within", 'group = "nobodies", within'))
begin(site)
e2e.equal((log(site), approvals(site)), (["said no"], []),
          "a group that is not there cannot be asked")

# ---- guards ask ----------------------------------------------------------------
site = made("guarded { line = alarm.Line }", 2, ', { group = "leads" }')
result = begin(site)
e2e.equal((result.summary["waiting"], log(site)), (1, []),
          "guards.lua: the action's own step waits")
row = approvals(site)[0]
e2e.ok("guards.lua:3" in row["rules"][0], "the rule is named", row)
for verb, name, status, words in (
        ("approve", "carol", 2, "not among the analysts"),
        ("approve", "mallory", 2, "not among the analysts"),
        ("approve", "alice", 0, ""),
        ("approve", "alice", 2, "nobody counts twice"),
        ("approve", "bob", 0, ""),
        ("approve", "bob", 2, "nobody counts twice")):
    result = by(site, verb, name)
    e2e.ok(result.status == status and words in result.err,
           "%s %s: %d %s" % (name, verb, status, words), result.err)
go_on(site)
e2e.equal(log(site), [], "the last level is missing")
e2e.equal(by(site, "approve", "carol").status, 0, "carol agrees")
result = go_on(site)
e2e.equal((log(site), [s["status"] for s in result.of("step")]),
          (["x"], ["Executed"]), "and it runs")
go_on(site)
e2e.equal(log(site), ["x"], "once")

site = made("guarded { line = alarm.Line }")
begin(site)
by(site, "deny", "alice", "a1", "--note", "no!")
result = go_on(site)
step = result.of("step")[0]
e2e.equal((log(site), step["status"], step["error"]),
          ([], "Denied", "alice said no to a1: no!"), "Denied, and by whom")

# A run that ends meanwhile waits for nobody. 140 steps with 128 KiB of output
# each are more than a run may keep.
site = made("""
    local all = { guarded.call { line = "x" } }
    for i = 1, 140 do all[i + 1] = free.call { line = "n" .. i } end
    riposte.all(all)""")
site.file("plugins/recorder/note.sh", """
head -c 65536 /dev/zero | tr '\\0' x
head -c 65536 /dev/zero | tr '\\0' x >&2
""", 0o755)
result = e2e.run(site, "run", "--wait", "200s", "--json",
                 site.path + "/alarms.ndjson")
run = result.of("run")
e2e.ok(len(run) == 1 and run[0]["outcome"] == "parked" and
       "over 16 MiB" in run[0]["error"] and result.status == 1,
       "a run that ends meanwhile ends once", result.err + str(run))
result = by(site, "approve", "alice")
e2e.ok(result.status == 2 and "r1, which asked a1, has ended: parked" in
       result.err, "and what it asked cannot be decided", result.err)

# ---- show ---------------------------------------------------------------------
result = e2e.run(made(quorum=0), "show", "a1")
e2e.equal(result.status, 3, "show: none without a journal")
site = made("guarded { line = alarm.Line }", 2)
begin(site)
by(site, "approve", "alice", "a1", "--note", "seen\x1b[2J")
result = e2e.run(site, "show", "a1")
e2e.ok(all(words in result.out for words in (
    "a1: Pending (open), asked by r1.1 of asks\n", "guards.lua:3",
    "2 of analysts", "approved by alice (", "seen\\x1B[2J")),
       "show says who decided", result.out)
shown = e2e.run(site, "show", "a1", "--json").of("approval")[0]
e2e.equal([(d["level"], d["decision"], d["person"], d["note"])
           for d in shown["decisions"]],
          [(1, "approve", "alice", "seen\x1b[2J")], "and so for programs")
e2e.equal(e2e.run(site, "show", "a2").status, 3, "3 where there is none")

# Rules that change meanwhile ask again.
site = made("guarded { line = alarm.Line }")
begin(site)
by(site, "approve", "alice")
site.file("guards.lua", "\n\n" + GUARDS % (1, ', { group = "leads" }'))
result = go_on(site)
e2e.equal((log(site), [(a["approval"], a["state"]) for a in approvals(site)]),
          ([], [("a1", "approved"), ("a2", "open")]),
          "a rule that was changed meanwhile asks again")

# riposte.approve answers the rules of its request, for that request alone.
site = made("""
    local it = guarded.call { line = "a" }
    if riposte.approve { "?", action = it, within = "5m" } then
      guarded:try { line = "b" }
      it() it()
    end""")
begin(site)
by(site, "approve", "bob")
go_on(site)
e2e.equal((log(site), [(a["step"], a["state"]) for a in approvals(site)]),
          ([], [("r1.1", "approved"), ("r1.2", "open")]),
          "another request is not covered")
by(site, "deny", "bob", "a2")
go_on(site)
e2e.equal((log(site), [(a["step"], a["state"]) for a in approvals(site)]),
          (["a"], [("r1.1", "used"), ("r1.2", "denied"), ("r1.4", "open")]),
          "the approved one is, once")

# ---- by hand -------------------------------------------------------------------
site = made()
result = e2e.run(site, "act", "Recorder", "Guarded", "-p", "line=hand")
e2e.ok(result.status == 1 and "riposte approve a1" in result.err,
       "act: it says which approval it waits for", result.err)
result = e2e.run(site, "approve", "a1")
e2e.ok(result.status == 2 and "somebody else has to decide" in result.err,
       "whoever asked does not decide", result.err)
by(site, "approve", "alice")
go_on(site)
e2e.equal(log(site), ["hand"], "another person does")
result = e2e.run(site, "act", "Recorder", "Guarded", "-p", "line=hand",
                 "-p", "key=hunter2")
e2e.ok(result.status == 1 and "not kept until then" in result.err + result.out
       and len(approvals(site)) == 1, "an encrypted text is not kept",
       result.err + result.out)

# ---- whoever asked for it --------------------------------------------------------
own = pwd.getpwuid(os.getuid()).pw_name
site = made()
site.file("guards.lua", """return {
  people = { analysts = { "%s", "alice" } },
  approve = { { action = "Recorder / Guarded",
                levels = { { group = "analysts" } } } },
}
""" % own)
e2e.run(site, "act", "Recorder", "Guarded", "-p", "line=mine")
for words in ([], ["--as", own]) if os.getuid() == 0 else ([],):
    for verb in ("approve", "deny"):
        result = e2e.run(site, verb, "a1", *words)
        e2e.ok(result.status == 2 and "asked for it" in result.err and
               approvals(site)[0]["state"] == "open",
               "whoever asked for it cannot %s it, %s" % (
                   verb, "by name" if words else "by uid"), result.err)
if os.getuid() == 0:
    e2e.equal(by(site, "approve", "alice").status, 0, "somebody else can")
    go_on(site)
    e2e.equal(log(site), ["mine"], "and then it is done")
    asked = sqlite3.connect(site.path + "/state/journal.db").execute(
        "SELECT requester, person FROM decisions").fetchall()
    e2e.equal(asked, [("uid 0", "name alice")], "the journal has both by uid")

# ---- at once -------------------------------------------------------------------
def at_once(where, approval, people):
    """All decide at once; those who found the journal in use try again."""
    racing = [e2e.start(where, "approve", approval, *words)
              for words in people]
    for process in racing:
        process.communicate()
    status = [process.returncode for process in racing]
    while 69 in status:
        again = status.index(69)
        status[again] = e2e.run(where, "approve", approval,
                                *people[again]).status
    return status


def race(where, n):
    """One step, asked by a policy or by hand; how many decisions were lawful
    and counted, and how often it started."""
    line = "n%d" % n
    people = [["--as", "alice"], ["--as", "bob"]]
    if n % 2:
        e2e.run(where, "run", e2e.alarms(
            where, "one.ndjson", [{"AlarmRuleName": "ask", "Line": line}]))
        people.append(["--as", "alice"])
    else:
        e2e.run(where, "act", "Recorder", "Guarded", "-p", "line=" + line)
        people.append([])  # whoever asked for it
    status = at_once(where, "a%d" % n, people)
    go_on(where)
    replayed = by(where, "approve", "bob", "a%d" % n).status
    go_on(where)
    lawful = (sorted(status) == [0, 2, 2] and replayed == 2 and
              (n % 2 or status[2] == 2))
    return lawful, log(where).count(line)


site = made("guarded { line = alarm.Line }")
rounds = [race(site, n) for n in range(1, ROUNDS + 1)]
e2e.equal((sum(not lawful for lawful, _ in rounds),
           sum(starts == 1 for _, starts in rounds), len(log(site))),
          (0, ROUNDS, ROUNDS),
          "%d times two people decide at once, with one of them twice or "
          "whoever asked: 0 unlawful, one start each" % ROUNDS)

# ---- the lock ------------------------------------------------------------------
holder = subprocess.Popen(["flock", "-F", site.path + "/state/lock", "sleep", "600"])
e2e.wait_until(lambda: e2e.run(site, "ls", "approvals").status == 69)
result = e2e.run(site, "approve", "a1", "--as", "alice")
e2e.equal(result.status, 69, "a journal that is in use: 69")
holder.kill()
holder.wait()
e2e.done()
