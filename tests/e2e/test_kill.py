"""kill -9 of the engine in the middle of a run of 1,000 alarms, again and
again, then the same command until it ends: every alarm once, every
remediation at most once, and what is unknown is said."""

import json
import os
import re
import random
import signal
import sqlite3
import threading

import e2e

ALARMS = 1000
KILLS = 4

seed = int(os.environ.get("SEED", random.randrange(1 << 32)))
random.seed(seed)
e2e.note("SEED=%d" % seed)

site = e2e.site()
# Once so many are blocked as the test says, the next ones wait: so an engine
# does not end before it is killed, and is killed with actions under way.
e2e.plugin(site, "Recorder", {
    "Look": {"script": "look.sh", "kind": "context", "params": ["Key"]},
    "Block": {"script": "block.sh", "params": ["Key"]},
}, {
    "look.sh": "printf '{\"score\": 1}'\n",
    "block.sh": 'cd "$RIPOSTE_STATE"\n'
                'if [ -e limit ] && '
                '[ "$(wc -l <log)" -ge "$(cat limit)" ]; then\n'
                '  : >held; exec sleep 100000\nfi\n'
                'echo "$RIPOSTE_STEP $1" >>log\n',
})
e2e.policy(site, "block", """
local riposte = require "riposte"
local look  = riposte.action("Recorder", "Look")
local block = riposte.action("Recorder", "Block")

return {
  name = "block",
  on   = { AlarmRuleName = "bad" },
  run  = function(alarm)
    if look { key = alarm.n }.json.score == 1 then
      block { key = alarm.n }
    end
  end,
}
""")
e2e.alarms(site, "in.ndjson", [
    {"AlarmRuleName": "bad", "n": n} for n in range(ALARMS)])
command = ("run", "--json", os.path.join(site.path, "in.ndjson"))
LOG = "state/recorder/log"
HELD = os.path.join(site.path, "state/recorder/held")
site.file(LOG)

unknown = []  # "run.step" of every Unknown that was said
ended = {}    # run → outcome


def take(out):
    """The whole lines of one process: the last one may be cut off."""
    for line in out.split("\n")[:-1]:
        event = json.loads(line)
        if event.get("status") == "Unknown":
            unknown.append(event["run"])
        if event["event"] == "run":
            if event["run"] in ended:
                e2e.ok(False, "run %s ends once" % event["run"])
            ended[event["run"]] = event["outcome"]
        if event["event"] == "summary":
            return event
    return None


killed = 0
for number in range(KILLS):
    goal = len(site.lines(LOG)) + random.randrange(20, 100)
    site.file("state/recorder/limit", "%d\n" % goal)
    process = e2e.start(site, *command, stderr=None)
    reader = []
    # The pipe is read, so that the engine never waits for us.
    thread = threading.Thread(
        target=lambda: reader.append(process.stdout.read()))
    thread.start()
    e2e.wait_until(lambda: os.path.exists(HELD) or
                   process.poll() is not None)
    if process.poll() is None:
        os.kill(e2e.engine_pid(site), signal.SIGKILL)
        killed += 1
    status = process.wait(e2e.TIMEOUT)
    thread.join()
    e2e.equal(status, 70, "killed engine %d: exit status 70" % (number + 1))
    os.unlink(HELD)
    take(reader[0].decode())
os.unlink(os.path.join(site.path, "state/recorder/limit"))
e2e.equal(killed, KILLS, "every engine was killed in the middle")

last = e2e.run(site, *command)
summary = take(last.out)
if not e2e.ok(summary, "the last run ends by itself", last.err):
    e2e.done()

journal = sqlite3.connect(os.path.join(site.path, "state/journal.db"))
ask = lambda sql: journal.execute(sql).fetchall()
e2e.equal(ask("SELECT count(*), count(DISTINCT id) FROM alarms"),
          [(ALARMS, ALARMS)], "every alarm is there once")
e2e.equal(ask("SELECT count(*), count(DISTINCT alarm) FROM runs"),
          [(ALARMS, ALARMS)], "every alarm had one run")
e2e.equal(ask("SELECT count(*) FROM new_alarms"), [(0,)],
          "no alarm is left unmatched")
e2e.equal(ask("SELECT count(*) FROM runs WHERE outcome IS NULL"), [(0,)],
          "no run is left open")
e2e.equal(ask("PRAGMA integrity_check"), [("ok",)], "the journal is whole")

steps = [line.split()[0] for line in site.lines(LOG)]
keys = [line.split()[1] for line in site.lines(LOG)]
e2e.equal(len(steps), len(set(steps)), "no step acted twice")
e2e.equal(len(keys), len(set(keys)), "no remediation happened twice")

lost = dict(ask("SELECT 'r' || run, status FROM steps"
                " WHERE status = 'Unknown'"))
said = set(unknown)
e2e.equal(said, set(lost), "every Unknown was said")
e2e.equal(len(unknown), len(ask("SELECT 1 FROM steps"
                                " WHERE status = 'Unknown'")),
          "and said once")
parked = {run for run, in ask("SELECT 'r' || run FROM runs"
                              " WHERE outcome = 'parked'")}
e2e.equal(parked, set(lost), "a run is parked where a step is Unknown")
e2e.ok(KILLS <= len(lost) <= KILLS * 64, "some are Unknown, at most a lane each",
       len(lost))

blocked = set(keys)
numbers = {json.loads(raw)["n"]: run for raw, run in ask(
    "SELECT raw, 'r' || run FROM runs JOIN alarms ON seq = alarm")}
journal.close()
silent = [n for n, run in numbers.items()
          if str(n) not in blocked and run not in parked]
e2e.equal(silent, [], "whatever was not blocked is parked")
e2e.equal(last.status, 1, "parked runs make the exit status 1")

again = e2e.run(site, *command)
e2e.equal((again.summary["alarms"], again.summary["duplicates"],
           again.summary["runs"], again.summary["steps"]),
          (0, ALARMS, 0, 0), "once more: all are duplicates")
e2e.equal(len(site.lines(LOG)), len(keys), "and nothing acts again")
e2e.equal(again.status, 0, "and the exit status is 0")
told = re.findall(r"^riposte: (r\d+\.\d+) is Unknown since", again.err, re.M)
rest = re.search(r"and (\d+) more steps are Unknown", again.err)
e2e.equal(len(told) + int(rest[1] if rest else 0), len(lost),
          "what is still Unknown is told at every start")
result = e2e.run(site, "audit", "verify")
e2e.equal((result.status, result.out[:6]), (0, "whole:"),
          "the audit is whole, and the tables are what it says")
e2e.done()
