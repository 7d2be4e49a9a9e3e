"""riposte explain: of every policy of the set that was in force why it matched
or did not, and of each run what the gate said, budgets, approvals, leases.
Prints TAP."""

import os
import re
import signal
import subprocess

import e2e

GUARDS = """return {
  people = { analysts = { "alice" } },
  never = {
    { list = "protected", reason = "ours" },
  },
  budgets = {
    { action = "Wall / Block", count = 2, within = "1d", overflow = "refuse" },
  },
  approve = {
    { action = "Wall / Disable", levels = { { group = "analysts" } } },
  },
}
"""
POLICIES = {
    "acts": """local riposte = require "riposte"
local block = riposte.action("Wall", "Block")
local disable = riposte.action("Wall", "Disable")
local protected = riposte.list "protected"
return {
  name = "acts", on = { AlarmRuleName = "bad" },
  run = function(alarm)
    riposte.note("seen " .. alarm.SIP)
    if not protected:has(alarm.SIP) then riposte.note "not ours" end
    block:try({ address = alarm.SIP }, { expires = "1h" })
    if alarm.Login then disable { user = alarm.Login } end
  end }
""",
    "counts": """return {
  name = "counts",
  on = { AlarmRuleName = "bad", SIP = { cidr = "198.51.100.0/24" } },
  threshold = { count = 3, within = "1h", by = "SIP" },
  run = function() end }
""",
    "narrow": """return {
  name = "narrow",
  on = {
    AlarmRuleName = "bad",
    SIP = { cidr = "10.0.0.0/8" },
    Login = { exists = true },
  },
  run = function() end }
""",
    "tables": """return {
  name = "tables",
  on = {
    { AlarmRuleName = "worse" },
    { ["tags[]"] = { "x", "y" }, level = { min = 3, max = 5 } },
  },
  run = function() end }
""",
    "timed": """return { name = "timed", every = "1h", run = function() end }
""",
}


def made():
    where = e2e.site()
    typed = ("Address", {"Type": "ip"})
    e2e.plugin(where, "Wall", {
        "Block": {"script": "ok.sh", "params": [typed], "undo": "Unblock",
                  "target": "Address"},
        "Unblock": {"script": "ok.sh", "params": [typed], "target": "Address"},
        "Disable": {"script": "ok.sh", "params": ["User"]},
    }, {"ok.sh": "exit 0\n"})
    for name, text in POLICIES.items():
        e2e.policy(where, name, text)
    where.file("guards.lua", GUARDS)
    where.file("lists/protected.txt", "# ours\n192.0.2.0/24\n")
    where.file("empty.ndjson")
    return where


def begin(where, name, *items):
    file = e2e.alarms(where, name, [
        dict({"AlarmRuleName": "bad", "tags": ["a", "b"]}, **i) for i in items])
    return e2e.run(where, "run", "--json", file)


def alarm_of(where, run):
    return e2e.run(where, "show", run, "--json").of("run")[0]["alarm"]


def explained(where, alarm):
    result = e2e.run(where, "explain", alarm, "--json")
    e2e.equal((result.status, result.err), (0, ""), "explain %.8s" % alarm)
    event, = result.of("explain")
    return event, {p["policy"]: p for p in event["policies"]}


# ---- policies ----------------------------------------------------------------
site = made()
result = e2e.run(site, "explain", "ab")
e2e.equal(result.status, 3, "no journal: 3")
begin(site, "a.ndjson", {"SIP": "198.51.100.7", "level": 9})
first = alarm_of(site, "r1")
event, policies = explained(site, first)
e2e.equal((event["alarm"], event["source"], event["until"]),
          (first, "generic", None), "the alarm, and its set")
e2e.equal(sorted(policies), sorted(POLICIES), "every policy of the set")
e2e.equal((policies["acts"]["matched"], policies["acts"]["failed"]),
          (True, []), "one that matched")
e2e.equal([(f["field"], f["test"], f["values"], f["condition"], f["line"])
           for f in policies["narrow"]["failed"]],
          [("Login", "exists", [], {"exists": True}, 6),
           ("SIP", "cidr", ["198.51.100.7"], {"cidr": "10.0.0.0/8"}, 5)],
          "one that did not: each condition that failed, on which value")
e2e.equal([(f["table"], f["field"], f["test"], f["values"])
           for f in policies["tables"]["failed"]],
          [(1, "AlarmRuleName", "is", ["bad"]),
           (2, "level", "max", [9]), (2, "tags[]", "is", ["a", "b"])],
          "of a list of tables each")
e2e.ok("time starts it" in policies["timed"]["reason"],
       "one that time starts", policies["timed"])
e2e.equal({k: policies["counts"]["threshold"][k]
           for k in ("verdict", "n", "count", "within", "by", "silent_until")},
          {"verdict": "counted", "n": 1, "count": 3, "within": 3600,
           "by": ["SIP"], "silent_until": None}, "a threshold counts")
text = e2e.run(site, "explain", first[:10]).out
for line in ("policy narrow did not match  (policies/narrow.lua:3)\n"
             "  Login: absent; asked for is { exists = true }\n"
             '  SIP: "198.51.100.7" is not { cidr = "10.0.0.0/8" }\n',
             "  table 2 of 2, line 5:\n"
             "    level: 9 is not { max = 5, min = 3 }\n"
             '    tags[]: none of "a", "b" is { "x", "y" }\n',
             "policy counts matched  (policies/counts.lua:3)\n"
             "  threshold: counted, 1 of 3 within 1h by SIP\n"):
    e2e.ok(line in text, "in words: " + line.split("\n")[0], text)

# ---- the gate ----------------------------------------------------------------
run, = event["runs"]
steps = run["steps"]
e2e.equal([s["request"].get("text") for s in steps if
           s["request"]["kind"] == "note"],
          ["seen 198.51.100.7", "not ours"], "its notes")
block = steps[3]
e2e.equal((block["status"], block["argv"], block["budgets"]),
          ("Executed", ["sh", "ok.sh", "198.51.100.7"],
           [{"rule": "budget guards.lua:7: 2 of Wall / Block in 1d",
             "used": 1}]), "a step, and how far its budget was used")
e2e.equal((block["lease"]["lease"], block["lease"]["state"],
           block["lease"]["owners"][0]["step"]),
          ("l1", "in force", "r1.4"), "the lease that it holds")
e2e.ok("  budget:   budget guards.lua:7: 2 of Wall / Block in 1d; 1 with this "
       "one\n  lease:    l1, in force, until 2" in text, "in words", text)
begin(site, "b.ndjson", {"SIP": "192.0.2.9", "level": 1})
event, policies = explained(site, alarm_of(site, "r2"))
refused = event["runs"][0]["steps"][-1]
e2e.ok(refused["status"] == "Refused" and refused["rule"] == "never-act" and
       "never-act guards.lua:4" in refused["error"] and
       "lists/protected.txt:2" in refused["error"],
       "a refusal says by which rule, and where it stands", refused)
shown = e2e.run(site, "show", "r2", "--json").of("run")[0]["steps"][-1]
e2e.equal((refused["place"], shown["place"], "place" in block),
          ("guards.lua:4", "guards.lua:4", False),
          "the line also as a member, for show, too")
e2e.equal((refused["budgets"], refused["lease"]), ([], None),
          "what was refused used nothing")
begin(site, "c.ndjson", {"SIP": "198.51.100.8", "n": 1},
      {"SIP": "198.51.100.9", "n": 2})
text = e2e.run(site, "explain", alarm_of(site, "r4")).out
e2e.ok("  Refused, budget: budget guards.lua:7: 2 of Wall / Block in 1d"
       in text, "a budget that is used up", text)

# ---- an approval ---------------------------------------------------------------
begin(site, "d.ndjson", {"SIP": "192.0.2.10", "Login": "bob"})
asked = alarm_of(site, "r5")
text = e2e.run(site, "explain", asked).out
e2e.ok("r5: open\n" in text and "  approval: a1, Pending (open)" in text and
       "    by approve guards.lua:10" in text, "an approval that is open", text)
e2e.run(site, "approve", "a1", "--as", "alice", "--note", "he left")
e2e.run(site, "run", site.path + "/empty.ndjson")
event, policies = explained(site, asked)
approval, = event["runs"][0]["steps"][-1]["approvals"]
decision, = approval["decisions"]
e2e.equal((approval["approval"], approval["status"], decision["decision"],
           decision["person"], decision["note"]),
          ("a1", "Executed", "approve", "alice", "he left"),
          "who decided, and why")
text = e2e.run(site, "explain", asked).out
e2e.ok(re.search(r"  approval: a1, Executed \(used\).*\n    by approve .*\n"
                 r"    2\S+  approved by alice .*: he left\n", text),
       "in words", text)
e2e.ok("is on the list protected?\n  Executed, yes" in text or
       "is 192.0.2.10 on the list protected?\n  Executed, yes" in text,
       "what a list said", text)

# ---- undone --------------------------------------------------------------------
e2e.run(site, "lease", "end", "l1")
e2e.run(site, "run", site.path + "/empty.ndjson")
event, policies = explained(site, first)
lease = event["runs"][0]["steps"][3]["lease"]
e2e.equal((lease["state"], bool(lease["ended"]), [r["cause"] for r in lease["runs"]],
           [r["outcome"] for r in lease["runs"]]),
          ("ended", True, ["undo"], ["done"]), "a lease that was undone")
text = e2e.run(site, "explain", first).out
e2e.ok(re.search(r"  lease:    l1, ended, since 2\S+\n    undo 2\S+, r\d+: done",
                 text), "in words", text)

# ---- thresholds ----------------------------------------------------------------
other = e2e.site()
e2e.policy(other, "counts", POLICIES["counts"])
file = e2e.alarms(other, "t.ndjson", [
    {"AlarmRuleName": "bad", "SIP": "198.51.100.7", "n": n} for n in range(4)]
    + [{"AlarmRuleName": "worse", "SIP": "198.51.100.7"},
       {"AlarmRuleName": "bad"}])
e2e.run(other, "run", file)
rows = e2e.run(other, "ls", "alarms", "--json").of("alarm")
said = [explained(other, row["alarm"])[1]["counts"]["threshold"]
        for row in rows]
e2e.equal([(t["verdict"], t["n"], bool(t["silent_until"]))
           for t in said[:4]],
          [("counted", 1, False), ("counted", 2, False),
           ("complete", 3, True), ("silent", 0, True)],
          "what became of each alarm, as it was then")
e2e.equal(said[4:], [None, None], "none where the policy is not for it")
text = e2e.run(other, "explain", rows[3]["alarm"]).out
e2e.ok("  threshold: silent until 2" in text and "\nno run\n" in text,
       "in words", text)

# ---- the set that was in force ----------------------------------------------------
nobody = e2e.alarms(other, "u.ndjson", [{"AlarmRuleName": "else"}])
e2e.run(other, "run", nobody)
alarm = e2e.run(other, "ls", "alarms", "--json").of("alarm")[-1]["alarm"]
before, policies = explained(other, alarm)
e2e.policy(other, "counts", POLICIES["counts"].replace('"bad"', '"else"'))
e2e.policy(other, "more", """return {
  name = "more", on = { AlarmRuleName = "else" }, run = function() end }
""")
e2e.run(other, "run", e2e.alarms(other, "v.ndjson", [
    {"AlarmRuleName": "else", "n": 2}]))
after, again = explained(other, alarm)
e2e.equal((after["set"], sorted(again), again["counts"]["matched"]),
          (before["set"], ["counts"], False),
          "an alarm that no policy was for is told by the set of then")
e2e.equal((before["until"], bool(after["until"])), (None, True),
          "until when it was in force")
last = e2e.run(other, "ls", "alarms", "--json").of("alarm")[-1]["alarm"]
event, policies = explained(other, last)
e2e.ok(event["set"] != before["set"] and policies["more"]["matched"],
       "a later alarm by the later set", event)
e2e.run(other, "run", "--policy", "counts", e2e.alarms(other, "w.ndjson", [
    {"AlarmRuleName": "else", "n": 3}]))
last = e2e.run(other, "ls", "alarms", "--json").of("alarm")[-1]["alarm"]
event, policies = explained(other, last)
e2e.ok(not policies["more"]["matched"] and
       "--policy named others" == policies["more"]["reason"],
       "what --policy kept out", policies)

# ---- a broken site, a lost set -------------------------------------------------------
e2e.policy(other, "more", "this is no Lua\n")
e2e.equal(e2e.run(other, "explain", last).status, 0,
          "the site of now need not load")

# ---- names -----------------------------------------------------------------------------
result = e2e.run(other, "explain", "0" * 64)
e2e.ok(result.status == 3 and "has no alarm" in result.err, "3: no such alarm",
       result.err)
ids = sorted(r["alarm"] for r in
             e2e.run(other, "ls", "alarms", "--json").of("alarm"))
fronts = [i[0] for i in ids]
twice = next((f for f in fronts if fronts.count(f) > 1), None)
if twice:
    result = e2e.run(other, "explain", twice)
    e2e.ok(result.status == 3 and "several alarms" in result.err,
           "an ambiguous prefix is said", result.err)
result = e2e.run(other, "explain", ids[0] + "0")
e2e.equal(result.status, 3, "longer than an id")
e2e.equal(e2e.run(other, "explain").status, 2, "an alarm has to be named")

# ---- while another process has the journal ----------------------------------------------
e2e.plugin(other, "Waiter", {"Wait": {"script": "wait.sh"}},
           {"wait.sh": 'touch "$RIPOSTE_STATE/began"; sleep 600\n'})
e2e.policy(other, "more", """local riposte = require "riposte"
local wait = riposte.action("Waiter", "Wait")
return { name = "more", on = { AlarmRuleName = "wait" },
  run = function() wait {} end }
""")
process = e2e.start(other, "run", e2e.alarms(other, "x.ndjson", [
    {"AlarmRuleName": "wait"}]), stdout=subprocess.DEVNULL,
    stderr=subprocess.DEVNULL)
e2e.wait_until(lambda: os.path.exists(other.path + "/state/waiter/began"))
result = e2e.run(other, "explain", last)
e2e.ok(result.status == 69 and "in use by process" in result.err,
       "69 while another process has the journal", result.err)
process.send_signal(signal.SIGKILL)
process.wait()
e2e.done()
