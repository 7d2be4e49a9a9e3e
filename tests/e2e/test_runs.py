"""ls runs, show RUN and cancel: what the journal has of runs, and the end of
one that waits for its time. Prints TAP."""

import json
import re
import signal
import subprocess

import e2e

site = e2e.site()
e2e.plugin(site, "Recorder", {
    "Note": {"script": "note.sh", "params": ["Line"]},
    "Fail": {"script": "fail.sh"},
}, {
    "note.sh": 'echo "$1" >>"$RIPOSTE_STATE/log"; echo "noted $1"\n',
    "fail.sh": "exit 3\n",
})
empty = site.file("empty.ndjson", "")


def keep(at, line):
    result = e2e.run(site, "act", "Recorder", "Note", "--at", at, "-p",
                     "line=" + line, "--json")
    return json.loads(result.out)


def listed():
    result = e2e.run(site, "ls", "runs", "--json")
    return {row["run"]: row for row in result.of("run")}


# ---- before anything has run --------------------------------------------------
result = e2e.run(site, "ls", "runs")
e2e.equal((result.status, result.out), (0, ""), "no journal: no runs")
e2e.ok(not site.read("state/lock"), "and none is made")
for words in (["show", "r1"], ["cancel", "r1"]):
    result = e2e.run(site, *words)
    e2e.equal((result.status, result.out), (3, ""), "%s r1: status 3" % words[0])
e2e.equal(e2e.Result(*(lambda p: (p.returncode, "", p.stderr.decode()))(
    subprocess.run([e2e.RIPOSTE, "ls", "runs", "--site", site.path + "/no"],
                   capture_output=True, check=False))).status, 2,
          "a site that is not there is wrong usage")

# ---- a run that waits ----------------------------------------------------------
later = keep("+2h", "later\x1b[2J")
result = e2e.run(site, "ls", "runs")
e2e.ok(re.match(r"r1 +waiting +due %s +by hand: Recorder / Note\n$"
                % re.escape(later["due"]), result.out),
       "ls runs says when it is due", result.out)
row = listed()["r1"]
e2e.equal((row["outcome"], row["due"], row["policy"], row["ended"],
           row["plugin"], row["params"]),
          ("waiting", later["due"], None, None, "Recorder",
           {"Line": "later\x1b[2J"}), "and so for programs")
result = e2e.run(site, "show", "r1")
e2e.ok(result.out.startswith("r1: waiting, due at " + later["due"]),
       "show says it first", result.out)
e2e.ok("  Line = $'later\\x1B[2J'\n" in result.out and
       "\x1b" not in result.out,
       "with its parameters, none of which plays with a terminal", result.out)
shown, = e2e.run(site, "show", "r1", "--json").of("run")
e2e.equal((shown["due"], shown["steps"]), (later["due"], []),
          "and so for programs")

# ---- its plugin stays ------------------------------------------------------------
result = e2e.run(site, "plugin", "remove", "Recorder")
e2e.ok(result.status == 2 and "riposte cancel r1" in result.err,
       "its plugin is not removed", result.err)
e2e.ok(site.read("plugins/recorder/actions.xml"), "and is still there")

# ---- called off -----------------------------------------------------------------
keep("+2h", "other")
result = e2e.run(site, "cancel", "r1")
e2e.equal((result.status, result.out),
          (0, "r1 is called off (by hand: Recorder / Note)\n"),
          "cancel calls it off")
row = listed()["r1"]
e2e.equal((row["outcome"], row["error"], row["due"]),
          ("aborted", "called off by hand", later["due"]), "ls says so")
result = e2e.run(site, "show", "r1")
e2e.ok("r1: aborted, was due at %s: called off by hand\n" % later["due"]
       in result.out, "and show", result.out)
result = e2e.run(site, "cancel", "r1")
e2e.ok(result.status == 2 and "ended already: aborted" in result.err,
       "once", result.err)
result = e2e.run(site, "cancel", "r2", "--json")
event, = result.events
e2e.equal((event["event"], event["run"], event["outcome"], event["error"],
           event["action"], bool(event["ended"])),
          ("cancel", "r2", "aborted", "called off by hand", "Note", True),
          "for programs")
for word, status, text in (("r3", 3, "has no run r3"), ("3", 2, "is no run"),
                           ("r0", 2, "is no run"), ("r-1", 2, "is no run"),
                           ("r999999999999999999", 3, "has no run r9999"),
                           ("r9999999999999999999", 2, "is no run"),
                           ("r1x", 2, "is no run")):
    result = e2e.run(site, "cancel", word)
    e2e.ok((result.status, result.out) == (status, "") and text in result.err,
           "cancel %s: status %d" % (word, status), result.err)

# ---- what runs at once ------------------------------------------------------------
e2e.run(site, "act", "Recorder", "Note", "-p", "line=now")
e2e.run(site, "act", "Recorder", "Fail")
rows = listed()
e2e.equal([rows[r]["outcome"] for r in ("r3", "r4")], ["done", "failed"],
          "outcomes of runs by hand")
e2e.equal((rows["r3"]["due"], rows["r3"]["action"]), (None, "Note"),
          "which were never due")
result = e2e.run(site, "show", "r3")
e2e.ok("step 1: sh note.sh now\n  Executed, exit 0" in result.out,
       "show has its step", result.out)
shown, = e2e.run(site, "show", "r4", "--json").of("run")
step, = shown["steps"]
e2e.equal((step["step"], step["argv"], step["status"], step["exit"]),
          (1, ["sh", "fail.sh"], "Failed to Execute", 3),
          "and so for programs")
result = e2e.run(site, "cancel", "r3")
e2e.ok(result.status == 2 and "ended already: done" in result.err,
       "what is done is not called off", result.err)

# ---- policies' runs ---------------------------------------------------------------
e2e.policy(site, "noter", """
local riposte = require "riposte"
local note = riposte.action("Recorder", "Note")
return { name = "noter", on = { kind = "note" },
  run = function(alarm) note { line = alarm.Login } end }
""")
alarm = e2e.alarms(site, "one.ndjson", [{"Login": "bob", "kind": "note"}])
e2e.run(site, "run", "--source", "generic", alarm)
row = listed().get("r5", {})
e2e.equal((row.get("policy"), row.get("outcome"), len(row.get("alarm") or "")),
          ("noter", "done", 64), "a policy's run has its policy and alarm")
e2e.ok("policy noter\n" in e2e.run(site, "show", "r5").out, "show too")

# ---- what is open without a time is not called off ---------------------------------
e2e.policy(site, "noter", """
local riposte = require "riposte"
local wait = riposte.action("Waiter", "Wait")
return { name = "noter", on = { kind = "note" },
  run = function() wait {} end }
""")
e2e.plugin(site, "Waiter", {"Wait": {"script": "wait.sh"}},
           {"wait.sh": 'touch "$RIPOSTE_STATE/began"; sleep 600\n'})
alarm = e2e.alarms(site, "two.ndjson", [{"Login": "eve", "kind": "note"}])
process = e2e.start(site, "run", "--source", "generic", alarm,
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
e2e.wait_until(lambda: (site.path and
                        subprocess.run(["test", "-e", site.path +
                                        "/state/waiter/began"],
                                       check=False).returncode == 0))
for words in (["ls", "runs"], ["show", "r6"], ["cancel", "r6"]):
    result = e2e.run(site, *words)
    e2e.ok(result.status == 69 and "in use by process" in result.err,
           "%s: 69 while another process has the journal" % words[0],
           result.err)
process.send_signal(signal.SIGKILL)
process.wait()
e2e.wait_until(lambda: e2e.run(site, "ls", "runs").status != 69)
e2e.equal(listed()["r6"]["outcome"], "open", "what was cut off is open")
result = e2e.run(site, "cancel", "r6")
e2e.ok(result.status == 2 and "does not wait for a time" in result.err,
       "and is not called off", result.err)
e2e.equal(site.lines("state/recorder/log"), ["now", "bob"],
          "what was called off did nothing")
e2e.done()
