"""What an operator does with serve: status, pause and resume, reload, stop.
Prints TAP."""

import json
import os

import e2e

POLICY = """
local riposte = require "riposte"
local look  = riposte.action("Recorder", "Look")
local block = riposte.action("Recorder", "Block")
return { name = "blocks", on = { AlarmRuleName = "block" },
  run = function(alarm)
    look { line = alarm.Line }
    block({ line = alarm.Line }, { expires = "%s" })
  end }
"""


def made(expires="1h"):
    where = e2e.site()
    e2e.plugin(where, "Recorder", {
        "Block": {"script": "note.sh", "args": ["block"], "params": ["Line"],
                  "target": "Line", "undo": "Unblock"},
        "Unblock": {"script": "note.sh", "args": ["unblock"],
                    "params": ["Line"]},
        "Look": {"script": "note.sh", "args": ["look"], "params": ["Line"],
                 "kind": "context"},
    }, {"note.sh": 'mkdir -p "$RIPOSTE_STATE"; echo "$1 $2" >>"$RIPOSTE_STATE/log"\n'})
    e2e.policy(where, "blocks", POLICY % expires)
    where.file("in.ndjson", "")
    return where


def offer(where, *lines):
    with open(where.path + "/in.ndjson", "a") as f:
        for line in lines:
            f.write(json.dumps({"AlarmRuleName": "block", "Line": line}) + "\n")


def serve(where):
    return e2e.serve(where, "--source", "generic", "--follow",
                     where.path + "/in.ndjson")


def log(where):
    return where.lines("state/recorder/log")


def status(where):
    result = e2e.run(where, "status", "--json")
    return json.loads(result.out) if result.out else result.status


# ---- status ------------------------------------------------------------------
site = made("1s")
result = e2e.run(site, "status")
e2e.equal((result.status, "no serve works" in result.err), (3, True),
          "nothing runs, and status says so")
e2e.equal(e2e.run(site, "stop").status, 3, "there is nothing to stop")
e2e.equal(e2e.run(site, "reload").status, 3, "nor to reload")
daemon = serve(site)
offer(site, "a")
e2e.wait_until(lambda: "unblock a" in log(site))
e2e.wait_until(lambda: status(site)["runs"] == 2)
now = status(site)
e2e.equal((now["pid"] == e2e.engine_pid(site), now["alarms"], now["policies"],
           now["plugins"], now["problems"], now["paused"], now["stopping"]),
          (True, 1, 1, 1, [], None, False), "status has the figures")
result = e2e.run(site, "status")
e2e.ok(result.status == 0 and "1 alarms accepted" in result.out and
       now["set"][:8] in result.out, "and says them to people", result.out)

# ---- pause -------------------------------------------------------------------
e2e.equal(e2e.run(site, "resume").status, 2, "what is not paused cannot go on")
result = e2e.run(site, "pause", "--note", "new firewall")
e2e.equal(result.status, 0, "paused")
e2e.ok(status(site)["paused"], "status says so")
offer(site, "b")
e2e.wait_until(lambda: "look b" in log(site))
e2e.wait_until(lambda: status(site)["waiting"] == 1)
row = json.loads(e2e.run(site, "ls", "approvals", "--json").out)
e2e.ok("block b" not in log(site) and "new firewall" in row["rules"][0] and
       "pause by" in row["rules"][0],
       "policies run, context actions start, a remediation waits for a person",
       row)
result = e2e.run(site, "act", "Recorder", "Block", "-p", "line=x")
e2e.equal(result.status, 69, "act needs the journal for itself")
e2e.equal(e2e.run(site, "approve", row["approval"], "--as", "alice").status, 0,
          "a person agrees")
e2e.ok(e2e.wait_until(lambda: "block b" in log(site)), "it starts")
e2e.ok(e2e.wait_until(lambda: "unblock b" in log(site)),
       "and is undone on time, paused or not")
e2e.stop(daemon)
result = e2e.run(site, "act", "Recorder", "Block", "-p", "line=x")
e2e.ok(result.status == 0 and "block x" in log(site),
       "what people ask for starts")
daemon = serve(site)
offer(site, "c", "d")
e2e.wait_until(lambda: status(site)["waiting"] == 2)
e2e.ok("block c" not in log(site), "a restart does not end it")
e2e.equal(e2e.run(site, "resume").status, 0, "it ends")
offer(site, "e")
e2e.ok(e2e.wait_until(lambda: "block e" in log(site)), "then policies go on")
e2e.ok("block c" not in log(site), "what waited still waits")
e2e.equal(status(site)["paused"], None, "status says so")



# ---- reload ------------------------------------------------------------------
first = status(site)["set"]
site.file("policies/broken.lua", "return {\n  name = 1\n")
result = e2e.run(site, "reload")
e2e.ok(result.status == 2 and "broken.lua" in result.err and
       "stays in force" in result.out, "a broken site is refused, and why",
       result.out + result.err)
now = status(site)
e2e.ok(now["set"] == first and "broken.lua" in now["problems"][0],
       "status shows it until it is mended", now)
e2e.ok("broken.lua" in e2e.run(site, "status").out, "to people, too")
os.unlink(site.path + "/policies/broken.lua")
site.file("policies/more.lua", 'return { name = "more", '
          'on = { AlarmRuleName = "m" }, run = function() end }\n')
result = e2e.run(site, "reload", "--json")
e2e.equal((result.status, json.loads(result.out)["policies"]), (0, 2),
          "a mended one is in force")
e2e.equal(status(site)["problems"], [], "and nothing is wrong any more")

# ---- stop --------------------------------------------------------------------
result = e2e.run(site, "stop")
e2e.equal((result.status, daemon.wait(timeout=e2e.TIMEOUT)), (0, 0),
          "stop ends it")
daemon.communicate()
audit = e2e.run(site, "audit", "export").out
e2e.ok('"kind":"pause"' in audit and '"kind":"resume"' in audit,
       "the audit has who paused")
e2e.equal(e2e.run(site, "audit", "verify").status, 0, "and is whole")

# A pause without serve, and one that lasts while an action runs.
site = made()
e2e.equal(e2e.run(site, "pause").status, 3, "no journal, nothing to pause")
offer(site, "f")
e2e.run(site, "run", site.path + "/in.ndjson")
e2e.equal(e2e.run(site, "pause").status, 0, "paused while nothing serves")
offer(site, "g")
result = e2e.run(site, "run", "--json", site.path + "/in.ndjson")
e2e.equal((result.summary["waiting"], "block g" in log(site)), (1, False),
          "run keeps to it")
e2e.done()
