"""ls of what the journal has, its filters, and show of every kind of thing.
Prints TAP."""

import json
import os
import re
import signal
import sqlite3
import subprocess

import e2e

KINDS = ("alarms", "runs", "steps", "leases", "approvals", "sets")
site = e2e.site()
typed = ("Address", {"Type": "ip"})
e2e.plugin(site, "Wall", {
    "Block": {"script": "ok.sh", "params": [typed], "undo": "Unblock",
              "target": "Address"},
    "Unblock": {"script": "ok.sh", "params": [typed], "target": "Address"},
    "Fail": {"script": "fail.sh"},
}, {"ok.sh": "exit 0\n", "fail.sh": "exit 3\n"})
e2e.policy(site, "blocks", """
local riposte = require "riposte"
local block = riposte.action("Wall", "Block")
return { name = "blocks", on = { kind = "block" },
  run = function(alarm)
    block({ address = alarm.SIP }, { expires = "1h" })
    riposte.now()
    riposte.note(alarm.text or "blocked")
  end }
""")
e2e.policy(site, "fails", """
local riposte = require "riposte"
local fail = riposte.action("Wall", "Fail")
return { name = "fails", on = { kind = "fail" },
  run = function() fail {} end }
""")
e2e.policy(site, "asks", """
local riposte = require "riposte"
return { name = "asks", on = { kind = "ask" },
  run = function() riposte.approve { "May it?", within = "1h" } end }
""")


def ls(*words, where=site):
    return e2e.run(where, "ls", *words)


def names(kind, *words):
    """What ls KIND --json lists, by its name."""
    key = kind[:-1]
    result = ls(kind, *words, "--json")
    e2e.ok(result.status == 0, "ls %s: 0" % " ".join((kind,) + words),
           result.err)
    return [e[key] for e in result.of(key)]


def show(*words):
    return e2e.run(site, "show", *words)


# ---- before anything has run -----------------------------------------------------
for kind in KINDS:
    result = ls(kind)
    e2e.equal((result.status, result.out, result.err), (0, "", ""),
              "no journal: no %s" % kind)
for name in ("r1", "r1.1", "l1", "a1", "0f"):
    result = show(name)
    e2e.equal((result.status, result.out), (3, ""), "show %s: 3" % name)

items = [{"kind": "block", "SIP": "198.51.100.%d" % n} for n in range(1, 4)]
e2e.run(site, "run", e2e.alarms(site, "a.ndjson", items + [
    {"kind": "fail"}, {"kind": "ask"}, {"kind": "else"}]))

# ---- each kind -------------------------------------------------------------------
e2e.equal(names("runs"), ["r1", "r2", "r3", "r4", "r5"],
          "runs, the newest last")
e2e.equal(names("steps"), ["r1.1", "r1.2", "r1.3", "r2.1", "r2.2", "r2.3",
                           "r3.1", "r3.2", "r3.3", "r4.1", "r5.1"], "steps")
e2e.equal(names("leases"), ["l1", "l2", "l3"], "leases")
e2e.equal(names("approvals"), ["a1"], "approvals")
alarms = ls("alarms", "--json").of("alarm")
e2e.equal([(a["state"], a["runs"], json.loads(a["raw"])["kind"])
           for a in alarms],
          [("ran", 1, "block")] * 3 + [("ran", 1, "fail"), ("ran", 1, "ask"),
                                       ("passed", 0, "else")], "alarms")
one, = ls("sets", "--json").of("set")
e2e.equal((one["runs"], one["files"] > 5, bool(one["since"]), one["until"]),
          (5, True, True, None), "sets, and how many runs")
for kind, line in (
        ("alarms", r"[0-9a-f]{12}  passed 2\S+Z  generic  \{"),
        ("runs", r"r4 +failed +2\S+Z  policy fails: "),
        ("steps", r"r1\.1 +Executed +2\S+Z  blocks  sh ok.sh 198.51.100.1\n"),
        ("steps", r"r1\.2 +Executed +2\S+Z  blocks  what time is it\?\n"),
        ("steps", r"r4\.1 +Failed to Execute +2\S+Z  fails  sh fail.sh\n"),
        ("leases", r"l1 +in force +until 2\S+Z  Wall / Block on 198.51.100.1"),
        ("approvals", r"a1 +Pending +2\S+Z r5\.1  asks  May it\?\n"),
        ("sets", r"[0-9a-f]{12}  5 runs, in force since 2\S+Z\n")):
    result = ls(kind)
    e2e.ok(re.search("^" + line, result.out, re.M), "ls %s in words" % kind,
           result.out)

# ---- filters -----------------------------------------------------------------------
e2e.equal(names("runs", "--policy", "blocks"), ["r1", "r2", "r3"],
          "runs by policy")
e2e.equal(names("runs", "--state", "failed"), ["r4"], "by state")
e2e.equal(names("runs", "--state", "OPEN"), ["r5"], "in any case")
e2e.equal(names("runs", "--state", "done", "--policy", "blocks", "--limit",
                "2"), ["r2", "r3"], "by all of them: the newest")
e2e.equal(names("steps", "--state", "failed-to-execute"), ["r4.1"],
          "steps by state")
e2e.equal(names("steps", "--state", "Pending"), ["r5.1"], "Pending")
e2e.equal(names("steps", "--state", "unknown"), [], "Unknown")
e2e.equal(names("steps", "--policy", "fails"), ["r4.1"], "by policy")
e2e.equal(len(names("alarms", "--policy", "blocks")), 3, "alarms by policy")
e2e.equal(names("alarms", "--state", "passed"), [alarms[5]["alarm"]],
          "by state")
e2e.equal(len(names("alarms", "--state", "ran")), 5, "that ran")
e2e.equal(names("alarms", "--state", "new"), [], "new ones")
e2e.equal(names("approvals", "--state", "open", "--policy", "asks"), ["a1"],
          "approvals by state and policy")
e2e.equal(names("approvals", "--state", "denied"), [], "none is")
e2e.equal(names("leases", "--state", "in-force"), ["l1", "l2", "l3"],
          "leases by state")
for kind in KINDS:
    everything = sorted(names(kind))
    e2e.equal(sorted(names(kind, "--since", "1h")), everything,
              "since an hour ago")
    e2e.equal(sorted(names(kind, "--since", "2001-01-01")), everything,
              "since a date")
    e2e.equal(names(kind, "--until", "2001-01-01"), [], "up to a date")
    e2e.equal(names(kind, "--since", "2001-01-01T10:00:00Z", "--until",
                    "2001-01-01T11:00:00Z"), [], "between two times")
journal = os.path.join(site.path, "state/journal.db")
db = sqlite3.connect(journal)
# 23:59:59.999 of a day, and the day behind it.
db.execute("UPDATE runs SET started = 1500076799999 WHERE run = 1")
db.execute("UPDATE runs SET started = 1500076800000 WHERE run = 2")
db.commit()
db.close()
e2e.equal(names("runs", "--until", "2017-07-14"), ["r1"],
          "a date counts to its end")
e2e.equal(names("runs", "--since", "2017-07-15", "--until", "2017-07-15"),
          ["r2"], "and from its beginning")
result = ls("runs", "--limit", "2")
e2e.ok(result.out.count("\n") == 2 and "only the newest 2" in result.err,
       "that there are more is said", result.out + result.err)
result = ls("runs", "--limit", "5")
e2e.equal((result.out.count("\n"), result.err), (5, ""), "that is all")

for words, says in (
        (("leases", "--policy", "x"),
         "has no --policy; it knows --since, --until, --state, --limit"),
        (("sets", "--state", "x"),
         "has no --state; it knows --since, --until, --limit"),
        (("plugins", "--since", "1h"), "ls plugins knows no filters"),
        (("runs", "--state", "broken"),
         "their states are open, waiting, done, failed, parked, aborted"),
        (("runs", "--since", "yesterday"), "--since takes"),
        (("runs", "--until", "2017-13-01"), "--until takes"),
        (("runs", "--limit", "0"), "--limit takes"),
        (("runs", "--limit", "1000001"), "--limit takes"),
        (("runs", "--limit", "1x"), "--limit takes"),
        (("runs", "--polcy", "x"), "did you mean --policy?"),
        (("step",), "did you mean steps?")):
    result = ls(*words)
    e2e.ok(result.status == 2 and says in result.err,
           "ls %s: 2, %s" % (" ".join(words), says), result.err)

# ---- show ----------------------------------------------------------------------------
result = show("r1")
e2e.ok("r1: done\npolicy blocks\n" in result.out and
       "step 1: sh ok.sh 198.51.100.1\n  Executed, exit 0\n"
       "  action:   Wall / Block\n  lease:    l1, in force, until 2" in
       result.out and "step 3: note: blocked\n" in result.out, "show a run",
       result.out)
result = show("r1.3")
e2e.ok("step 3: note: blocked\n" in result.out and
       "step 1" not in result.out, "a step", result.out)
event, = show("r1.1", "--json").of("run")
e2e.equal([(s["step"], s["status"], s["attempt"], s["lease"]["lease"])
           for s in event["steps"]], [(1, "Executed", 1, "l1")],
          "for programs")
result = show("r1.9")
e2e.ok(result.status == 3 and "no step r1.9" in result.err, "3: no step",
       result.err)
result = show("l2")
e2e.ok("l2: in force\nWall / Block on 198.51.100.2\n" in result.out and
       "held by:  r2.1, until 2" in result.out, "a lease", result.out)
event, = show("l2", "--json").of("lease")
e2e.equal((event["lease"], event["owners"][0]["step"], event["runs"]),
          ("l2", "r2.1", []), "for programs")
result = show("l9")
e2e.ok(result.status == 3 and "no lease l9" in result.err, "3: no lease",
       result.err)
result = show("a1")
e2e.ok("a1: Pending (open), asked by r5.1 of asks\n" in result.out,
       "an approval", result.out)
alarm = alarms[3]["alarm"]
result = show(alarm[:20])
e2e.ok("alarm %s\n" % alarm in result.out and "run:      r4, policy fails: "
       "failed" in result.out and '{"kind": "fail"}\n' in result.out,
       "an alarm by a prefix", result.out)
event, = show(alarm, "--json").of("alarm")
e2e.equal((event["alarm"], event["raw"], [r["run"] for r in event["started"]]),
          (alarm, '{"kind": "fail"}', ["r4"]), "for programs")
result = show(one["set"][:20])
e2e.ok("set %s\nin force since 2" % one["set"] in result.out and
       "5 runs\n" in result.out and "  policies/blocks.lua\n" in result.out,
       "a set, and its sources", result.out)
event, = show(one["set"], "--json").of("set")
e2e.ok({"path": "policies/asks.lua",
        "bytes": len(site.read("policies/asks.lua"))} in event["sources"],
       "for programs", event)
many = e2e.site()
e2e.run(many, "run", e2e.alarms(many, "m.ndjson",
                                [{"n": n} for n in range(17)]))
ids = [a["alarm"] for a in ls("alarms", "--json", where=many).of("alarm")]
twice = next(i[0] for i in ids if sum(o[0] == i[0] for o in ids) > 1)
result = e2e.run(many, "show", twice)
e2e.ok(result.status == 3 and "several" in result.err or
       "an alarm and a set" in result.err, "an ambiguous prefix is said",
       result.err)
result = show("f" * 63)
e2e.ok(result.status == 3 and "no plugin or policy" in result.err,
       "3: nothing is called so", result.err)
e2e.policy(site, "cafe", """
return { name = "cafe", on = { kind = "x" }, run = function() end }
""")
e2e.ok("policies/cafe.lua" in show("cafe").out,
       "a policy whose name looks like an id", show("cafe").err)

# ---- ended leases ----------------------------------------------------------------------
e2e.run(site, "lease", "end", "l2", "--done")
e2e.equal(names("leases"), ["l1", "l3"], "an ended lease is not listed")
e2e.equal(names("leases", "--state", "ended"), ["l2"], "but where asked for")
e2e.equal(names("leases", "--state", "all"), ["l1", "l2", "l3"], "or all are")
e2e.ok("l2: ended\n" in show("l2").out, "and shown", show("l2").out)

# ---- an Unknown step ---------------------------------------------------------------------
e2e.plugin(site, "Waiter", {"Wait": {"script": "wait.sh"}},
           {"wait.sh": 'touch "$RIPOSTE_STATE/began"; sleep 600\n'})
e2e.policy(site, "waits", """
local riposte = require "riposte"
local wait = riposte.action("Waiter", "Wait")
return { name = "waits", on = { kind = "wait" },
  run = function() wait {} end }
""")
file = e2e.alarms(site, "w.ndjson", [{"kind": "wait"}])
process = e2e.start(site, "run", file, stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL)
e2e.wait_until(lambda: os.path.exists(site.path + "/state/waiter/began"))
for words in [("ls", kind) for kind in KINDS] + [
        ("show", name) for name in ("r1", "r1.1", "l1", "a1", alarm)]:
    result = e2e.run(site, *words)
    e2e.ok(result.status == 69 and "in use by process" in result.err,
           "%s: 69 while another process has the journal" % " ".join(words),
           result.err)
e2e.kill_all(process)
e2e.wait_until(lambda: ls("runs").status != 69)
e2e.run(site, "run", site.file("empty.ndjson"))
unknown = names("steps", "--state", "unknown")
e2e.equal(len(unknown), 1, "what nobody knows is listed")
e2e.run(site, "resolve", unknown[0], "done", "--note", "I looked")
e2e.equal(names("steps", "--state", "unknown"), [], "until somebody settles it")
result = show(unknown[0])
e2e.ok(re.search(r"  settled:  2\S+ done by .*: I looked\n", result.out),
       "who did, and why", result.out)
e2e.done()
