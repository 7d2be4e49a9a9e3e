"""Where leases meet guards, recovery and people: a remediation that ran into
its time-out, and the undo of what was protected after it was blocked."""

import json
import os
import signal
import sqlite3

import e2e

ADDRESS = "198.51.100.7"
SCRIPTS = {
    # What is in force stands in a file; every start is a line of a log.
    "block.sh": 'cd "$RIPOSTE_STATE"\necho "block $1" >>log\n'
                'echo "$1" >>blocked\n'
                'until [ ! -e hang ]; do sleep 0.05; done\n',
    "unblock.sh": 'cd "$RIPOSTE_STATE"\necho "unblock $1" >>log\n'
                  '[ ! -e slow ] || { : >held; sleep 9999; }\n'
                  'grep -Fvx -- "$1" blocked >new || :\nmv new blocked\n',
    "check.sh": 'cd "$RIPOSTE_STATE"\necho "check $1" >>log\n%s\n',
}
TYPED = ("Address", {"Type": "ip"})
HOUR_OR_TWO = 90 * 60 * 1000


def make(verify=None, expires="1h", timeout="10m", guards=None):
    where = e2e.site()
    block = {"script": "block.sh", "params": [TYPED], "undo": "Unblock",
             "target": "Address", "timeout": timeout, "grace": "1s"}
    actions = {"Block": block,
               "Unblock": {"script": "unblock.sh", "params": [TYPED],
                           "target": "Address"}}
    scripts = dict(SCRIPTS)
    scripts["check.sh"] %= verify or "exit 9"
    if verify:
        block["verify"] = "Check"
        actions["Check"] = {"script": "check.sh", "kind": "context",
                            "params": [TYPED], "target": "Address"}
    e2e.plugin(where, "Wall", actions, scripts)
    e2e.policy(where, "block", """
local riposte = require "riposte"
local block = riposte.action("Wall", "Block")
return {
  name = "block", on = { AlarmRuleName = "bad" },
  run = function(alarm)
    local done, failure = block:try({ address = alarm.SIP },
                                    { expires = "%s" })
    riposte.note(done and "well" or failure.status)
  end,
}
""" % expires)
    where.file("state/wall/start")
    if guards:
        where.file("guards.lua", guards)
    return where


def alarms(where, name, *addresses):
    return e2e.alarms(where, name, [{"AlarmRuleName": "bad", "SIP": a}
                                    for a in addresses])


def log(where):
    return [line.split()[0] for line in where.lines("state/wall/log")]


def remove(where, name):
    os.remove(os.path.join(where.path, "state/wall", name))


def query(where, sql):
    db = sqlite3.connect(os.path.join(where.path, "state/journal.db"))
    try:
        with db:
            return db.execute(sql).fetchall()
    finally:
        db.close()


def holds(where):
    result = e2e.run(where, "audit", "verify")
    e2e.equal(result.status, 0, "the audit holds")


# ---- it ran into its time-out -----------------------------------------------

def timed_out(verify, status, noted, state):
    where = make(verify, timeout="1s")
    where.file("state/wall/hang")
    result = e2e.run(where, "run", "--json", alarms(where, "a", ADDRESS))
    steps = [e for e in result.of("step") if e["action"] == "Block"]
    e2e.equal([e["status"] for e in steps], [status],
              "verify %s: %s" % (verify, status))
    e2e.equal(log(where).count("block"), 1, "it was started once")
    notes = query(where, "SELECT request FROM steps WHERE kind = 'note'")
    e2e.equal([json.loads(n[0])["text"] for n in notes], noted,
              "the policy hears of it")
    e2e.equal(query(where, "SELECT state FROM leases"), [(state,)],
              "its lease is " + state)
    e2e.equal(query(where, "SELECT count(*) FROM uses"), [(1,)],
              "it counts: it was started")
    remove(where, "hang")
    e2e.equal(e2e.run(where, "lease", "end", "l1").status, 0, "then ended")
    e2e.run(where, "run", alarms(where, "b"))
    e2e.equal(log(where).count("unblock"), 1, "its undo is owed, once")
    holds(where)


def verified_over_a_crash():
    """All is killed while its Verify looks: the next one asks it again."""
    where = make('[ -e go ] || { : >looking; exec sleep 9999; }\nexit 0',
                 timeout="1s")
    where.file("state/wall/hang")
    process = e2e.start(where, "run", alarms(where, "a", ADDRESS))
    looking = os.path.join(where.path, "state/wall/looking")
    e2e.ok(e2e.wait_until(lambda: os.path.exists(looking)), "it looks")
    e2e.kill_all(process)
    process.communicate()
    where.file("state/wall/go")
    result = e2e.run(where, "run", "--json", alarms(where, "b"))
    e2e.equal([e["status"] for e in result.of("step")
               if e["action"] == "Block"], ["Executed"],
              "looked at once more: it is in force")
    e2e.equal(log(where).count("block"), 1, "it was started once")


# ---- protected after it was blocked -----------------------------------------

NEVER = 'never = { { values = { "198.51.100.0/24" } } },'
SPENT = """budgets = { { plugin = "Wall", count = 1, within = "1d",
                         overflow = "refuse" } },"""
ASKED = 'approve = { { plugin = "Wall" } },'


def protected(guards, words):
    where = make(expires="1ms" if words == "at once" else "1h")
    e2e.run(where, "run", alarms(where, "a", ADDRESS))
    if words != "at once":
        where.file("guards.lua", "return { %s }\n" % guards)
        query(where, "UPDATE owners SET until = 1")
    else:
        e2e.equal(log(where), ["block", "unblock"], "undone at its end")
        return
    result = e2e.run(where, "run", "--json", alarms(where, "b", "198.51.100.8"))
    e2e.equal(log(where), ["block", "unblock"],
              words + ": nothing is blocked, what was is unblocked")
    e2e.ok(all(e["status"] in ("Refused", "Executed")
               for e in result.of("step")), words, result.out)
    e2e.equal(query(where, "SELECT state FROM leases"), [("ended",)],
              words + ": the lease has ended")


def killed_while_protected():
    """The undo of a protected address, with all killed while it runs."""
    where = make("grep -Fqx -- %s blocked" % ADDRESS)
    e2e.run(where, "run", alarms(where, "a", ADDRESS))
    where.file("guards.lua", "return { %s %s }\n" % (NEVER, SPENT))
    where.file("state/wall/slow")
    query(where, "UPDATE owners SET until = 1")
    held = os.path.join(where.path, "state/wall/held")
    process = e2e.start(where, "run", alarms(where, "b"))
    e2e.ok(e2e.wait_until(lambda: os.path.exists(held)), "its undo runs")
    e2e.kill_all(process)
    process.communicate()
    remove(where, "slow")
    e2e.run(where, "run", "--wait", "60s", alarms(where, "b"))
    e2e.equal(query(where, "SELECT state FROM leases"), [("ended",)],
              "killed, protected, budget used up: it is undone in the end")
    e2e.equal((log(where).count("block"), where.read("state/wall/blocked")),
              (1, ""), "and nothing is blocked")
    found = e2e.run(where, "audit", "verify")
    e2e.ok("owner r1.1 of lease l1 is not what record" in found.out,
           "what this test did to the table is found", found.out)


def resolved(decision, undone):
    """Its block was cut off, a person decides, its address is protected."""
    where = make()
    where.file("state/wall/hang")
    process = e2e.start(where, "run", alarms(where, "a", ADDRESS))
    e2e.ok(e2e.wait_until(lambda: log(where)), "it runs")
    e2e.kill_all(process)
    process.communicate()
    remove(where, "hang")
    where.file("guards.lua", "return { %s %s }\n" % (NEVER, SPENT))
    e2e.run(where, "run", alarms(where, "b"))
    e2e.equal(query(where, "SELECT status FROM steps WHERE run = 1"),
              [("Unknown",)], "it is Unknown")
    e2e.equal(e2e.run(where, "resolve", "r1.1", decision).status, 0, decision)
    holds(where)
    query(where, "UPDATE owners SET until = 1")
    e2e.run(where, "run", alarms(where, "b"))
    e2e.equal(log(where), ["block"] + ["unblock"] * undone,
              "resolved %s: the undo is %s" %
              (decision, "carried out" if undone else "not owed"))
    e2e.equal(query(where, "SELECT state FROM leases"), [("ended",)],
              decision + ": the lease has ended")


for test, *words in (
        (timed_out, "exit 0", "Executed", ["well"], "in force"),
        (timed_out, "exit 1", "Timed out", ["Timed out"], "uncertain"),
        (timed_out, "exit 7", "Unknown", [], "uncertain"),
        (timed_out, "echo odd >&2; exit 1", "Unknown", [], "uncertain"),
        (timed_out, None, "Unknown", [], "uncertain"),
        (verified_over_a_crash,),
        (protected, NEVER, "at once"), (protected, NEVER, "never-act"),
        (protected, SPENT, "budget"), (killed_while_protected,),
        (resolved, "done", 1), (resolved, "not-done", 0),
        (resolved, "again", 1), (resolved, "abort", 1)):
    e2e.attempt(test.__name__, test, *words)
e2e.done()
