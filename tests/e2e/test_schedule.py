"""Policies that time starts: serve runs each due instant once, whatever is
killed; overlapping ones are passed over; others leave them alone."""

import json
import os
import signal
import sqlite3
import subprocess

import e2e

site = e2e.site()
e2e.plugin(site, "Recorder", {
    "Note": {"script": "note.sh", "params": ["Line"]},
    # Goes on until it is told to end.
    "Wait": {"script": "wait.sh", "params": ["Line"], "timeout": "5m"},
}, {
    "note.sh": 'echo "$1" >>"$RIPOSTE_STATE/log"\n',
    "wait.sh": 'echo "$1" >>"$RIPOSTE_STATE/log"\n'
               'until [ -e "$RIPOSTE_STATE/go" ]; do sleep 0.05; done\n',
})
LOG = "state/recorder/log"


def policy(name, when, action):
    e2e.policy(site, name, """
local riposte = require "riposte"
local act = riposte.action("Recorder", "%s")

return {
  name = "%s",
  %s,
  run  = function(alarm)
    act { line = alarm.AlarmId }
  end,
}
""" % (action, name, when))


def serve(*more):
    process = e2e.start(site, "serve", *more, stdout=subprocess.DEVNULL)
    e2e.until_said(process, " in force (")
    return process


def ran(name):
    return [line for line in site.lines(LOG) if line.startswith(name + "@")]


def ask(sql):
    """Of the journal, which nobody has open."""
    journal = sqlite3.connect(os.path.join(site.path, "state/journal.db"))
    rows = journal.execute(sql).fetchall()
    journal.commit()
    journal.close()
    return rows


# ---- nothing to wait for ----------------------------------------------------
idle = e2e.run(site, "serve")
e2e.equal(idle.status, 2, "serve without a file and a schedule: usage")
e2e.ok("--follow FILE" in idle.err, "and what to do is said", idle.err)

# ---- what is wrong is said at load ------------------------------------------
policy("wrong", 'every = "0 0 31 2 *"', "Note")
wrong = e2e.run(site, "check")
e2e.ok("wrong.lua:7: every: day of month" in wrong.err,
       "a date that never comes is refused, with its line", wrong.err)
os.unlink(os.path.join(site.path, "policies/wrong.lua"))

# ---- instants run, and one that is open is not overtaken ----------------------
policy("tick", 'every = "1s"', "Note")
policy("slow", 'every = "1s"', "Wait")
policy("nightly", 'every = "0 0 29 2 *"', "Note")
policy("rival", 'on = { AlarmRuleName = { prefix = "schedule" } }', "Note")
shown = e2e.run(site, "show", "tick")
e2e.ok("every: 1s, next at 20" in shown.out, "show tells when it is next",
       shown.out)
shown = e2e.run(site, "show", "nightly", "--json")
e2e.ok(json.loads(shown.out)["every"] == "0 0 29 2 *" and
       "-02-29T00:00:00.000Z" in json.loads(shown.out)["next"],
       "show --json too", shown.out)

log = site.file("log", "")
process = serve("--follow", log, "--source", "generic")
with open(log, "a") as f:
    f.write(json.dumps({"source": "schedule", "policy": "nightly",
                        "AlarmId": "nightly@2028-02-29T00:00:00.000Z",
                        "AlarmRuleName": "no schedule: nightly"}) + "\n")
e2e.ok(e2e.wait_until(lambda: len(ran("tick")) >= 3),
       "a policy with every = \"1s\" runs again and again")
e2e.equal(len(ran("slow")), 1, "one that is still open is not overtaken")
process.send_signal(signal.SIGKILL)  # the executor, and the engine with it
process.wait()
said = process.stderr.read().decode()
e2e.ok("policy slow: 20" in said and "passed over, since run r" in said,
       "what is passed over is said, with the run", said)
e2e.ok("(2 passed over since the start)" in said, "and counted", said)

# ---- killed, and started again -------------------------------------------------
site.file("state/recorder/go")
for number in range(3):
    before = len(ran("tick"))
    process = serve("--follow", log, "--source", "generic")
    e2e.wait_until(lambda: len(ran("tick")) > before)
    if number < 2:
        os.kill(process.pid, signal.SIGKILL)
    else:
        process.send_signal(signal.SIGTERM)
    process.wait(e2e.TIMEOUT)
    process.stderr.close()
e2e.ok(len(ran("tick")) >= 6, "kill -9 and start: it goes on")
e2e.equal(len(ran("tick")), len(set(ran("tick"))), "no instant ran twice")
e2e.equal(ask("SELECT count(*) FROM runs WHERE policy = 'rival'"), [(0,)],
          "its alarms match no other policy")
e2e.equal(ask("SELECT count(*) FROM runs WHERE policy = 'nightly'"), [(0,)],
          "an alarm from outside does not start it")
e2e.equal(ask("SELECT count(*) FROM alarms WHERE source = 'generic'"), [(1,)],
          "which was accepted, and matched nothing")
e2e.equal(ask("SELECT count(*), count(DISTINCT alarm) FROM runs"
              " WHERE policy = 'tick'")[0][1],
          ask("SELECT count(*) FROM runs WHERE policy = 'tick'")[0][0],
          "every run has an alarm of its own")

# ---- what was missed is made up for once ---------------------------------------
policy("tick", 'every = "1h"', "Note")
os.unlink(os.path.join(site.path, "policies/slow.lua"))
process = serve()
process.send_signal(signal.SIGTERM)
e2e.equal(process.wait(e2e.TIMEOUT), 0, "a site with a schedule needs no file")
e2e.equal(ask("SELECT every FROM schedules WHERE policy = 'tick'"), [("1h",)],
          "another `every` starts anew")
ask("UPDATE schedules SET due = due - 3 * 3600000 WHERE policy = 'tick'")
before = ran("tick")
process = serve()
e2e.wait_until(lambda: len(ran("tick")) > len(before))
process.send_signal(signal.SIGTERM)
said = process.communicate()[1].decode()
new = ran("tick")[len(before):]
e2e.equal(len(new), 1, "of three hours that were missed one run is made up for")
e2e.ok(new and new[0].endswith(":00:00.000Z"), "the latest", new)
e2e.ok("several instants were missed" in said, "and it is said", said)

# ---- run leaves schedules alone -------------------------------------------------
policy("tick", 'every = "1s"', "Note")
before = len(ran("tick"))
e2e.run(site, "run", "--source", "generic", log)
e2e.equal(len(ran("tick")), before, "riposte run starts no schedule")
e2e.done()
