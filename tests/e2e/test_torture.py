"""Engine, executor, a slot, or all of them are killed at random, started
again, and killed again, while alarms come. Then only the outside is looked at:
what was written to the followed file against what a recording plugin did.

KILLS (default 250; CI runs this plain and with sanitizers): how many. SEED: the
same choices once more.
"""

import json
import os
import random
import signal
import sqlite3
import time

import e2e

KILLS = int(os.environ.get("KILLS") or 250)
seed = int(os.environ.get("SEED") or random.randrange(1 << 32))
dice = random.Random(seed)
e2e.note("seed: SEED=%d KILLS=%d" % (seed, KILLS))

# One line is one write, so that what was killed has written it or has not.
RECORD = """
mkdir -p "$RIPOSTE_STATE"
echo "$RIPOSTE_STEP $1" >>"$RIPOSTE_STATE/%s"
sleep 0.0%s
echo "$RIPOSTE_STEP $1" >>"$RIPOSTE_STATE/%s-ended"
"""
POLICY = """
local riposte = require "riposte"
local look = riposte.action("Recorder", "Look")
local block = riposte.action("Recorder", "Block")
return {
  name = "torture", on = { AlarmRuleName = "bad" },
  run = function(alarm)
    local _ = look:try { key = alarm.n }
    block { key = alarm.n }
    _ = look:try { key = alarm.n }
  end,
}
"""


class Stand:
    """A site, a serve on it, and alarms that come."""

    def __init__(self):
        self.site = e2e.site()
        e2e.plugin(self.site, "Recorder", {
            "Look": {"script": "look.sh", "kind": "context",
                     "params": ["Key"]},
            "Block": {"script": "block.sh", "params": ["Key"]},
        }, {"look.sh": RECORD % ("look", 1, "look"),
            "block.sh": RECORD % ("block", 7, "block")})
        e2e.policy(self.site, "torture", POLICY)
        self.input = self.site.file("in.ndjson")
        self.errors = open(os.path.join(self.site.path, "stderr"), "ab")
        self.sent = 0
        self.process = None
        self.starts = 0

    def start(self):
        """Also where the executor has given up by itself."""
        if self.process and self.process.poll() is None:
            return
        self.process = e2e.start(self.site, "serve", "--source", "generic",
                                 "--follow", self.input, stdout=self.errors,
                                 stderr=self.errors)
        self.starts += 1

    def send(self, count):
        with open(self.input, "ab") as f:
            for _ in range(count):
                self.sent += 1
                f.write(json.dumps({"AlarmRuleName": "bad",
                                    "n": self.sent}).encode() + b"\n")

    def slots(self):
        found = []
        try:
            pids = open("/proc/%d/task/%d/children" % (
                self.process.pid, self.process.pid)).read().split()
            for pid in pids:
                line = open("/proc/%s/cmdline" % pid, "rb").read()
                if b"--slot" in line:
                    found.append(int(pid))
        except (FileNotFoundError, ProcessLookupError):
            pass
        return found

    def kill(self, victim):
        """False where there is nobody to kill."""
        engine = e2e.engine_pid(self.site)
        pids = {"engine": [engine] if engine else [],
                "slot": dice.sample(self.slots(), 1) if self.slots() else [],
                "executor": [self.process.pid]}
        pids["all"] = pids["executor"] + self.slots() + pids["engine"]
        done = False
        for pid in pids[victim]:
            try:
                os.kill(pid, signal.SIGKILL)
                done = True
            except ProcessLookupError:
                pass
        if victim in ("executor", "all"):
            self.process.wait()
        return done

    def torture(self, victims, kills):
        counts = dict.fromkeys(victims, 0)
        while sum(counts.values()) < kills:
            self.start()
            self.send(dice.randrange(1, 6))
            time.sleep(dice.uniform(0.02, 0.5))
            victim = dice.choice(victims)
            counts[victim] += self.kill(victim)
        return counts

    def finish(self):
        """Lets everything come to its end."""
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(e2e.TIMEOUT)
        while True:
            result = e2e.run(self.site, "run", "--json", "--source", "generic",
                             self.input)
            if result.out.count('"event":"summary"'):
                return result

    def log(self, name):
        return [line.split() for line in
                self.site.lines("state/recorder/" + name)]

    def ask(self, sql):
        journal = sqlite3.connect(
            os.path.join(self.site.path, "state/journal.db"))
        found = journal.execute(sql).fetchall()
        journal.close()
        return found


def judge(stand, name):
    """What holds whoever was killed. Returns the keys that are Unknown."""
    blocked = [key for _, key in stand.log("block")]
    twice = sorted({key for key in blocked if blocked.count(key) > 1})
    e2e.equal(twice, [], "%s: no remediation began twice" % name)
    alarms = stand.ask("SELECT count(*), count(DISTINCT id) FROM alarms")
    e2e.equal(alarms, [(stand.sent, stand.sent)],
              "%s: %d alarms, none lost" % (name, stand.sent))
    runs = stand.ask("SELECT count(*), count(DISTINCT alarm) FROM runs"
                     " WHERE policy IS NOT NULL")
    e2e.equal(runs, [(stand.sent, stand.sent)],
              "%s: every alarm had one run" % name)
    unknown = {str(json.loads(request)["params"]["Key"]) for request, in
               stand.ask("SELECT request FROM steps WHERE status = 'Unknown'"
                         " AND request LIKE '%\"Block\"%'")}
    silent = {str(n + 1) for n in range(stand.sent)} - set(blocked) - unknown
    e2e.equal(sorted(silent), [],
              "%s: every remediation began or is Unknown" % name)
    e2e.equal(stand.ask("SELECT count(*) FROM runs WHERE outcome IS NULL"),
              [(0,)], "%s: no run is left open" % name)
    e2e.equal(stand.ask("PRAGMA integrity_check"), [("ok",)],
              "%s: the journal is whole" % name)
    return unknown


# ---- only the engine: it is started again, at most five times a minute ------
stand = Stand()
engines = min(5, max(1, KILLS // 4))
while engines:
    some = min(4, engines)
    counts = stand.torture(["engine"], some)
    engines -= some
    # All that was sent has ended before the executor goes.
    e2e.wait_until(lambda: len({k for _, k in stand.log("block-ended")})
                   == stand.sent)
    if engines:
        stand.process.terminate()
        stand.process.wait(e2e.TIMEOUT)
stand.finish()
e2e.equal(judge(stand, "engine"), set(),
          "engine: nothing is Unknown where only the engine died")

# ---- everybody ---------------------------------------------------------------
stand = Stand()
start = time.monotonic()
counts = stand.torture(["engine", "executor", "slot", "all"], KILLS)
stand.finish()
unknown = judge(stand, "everybody")
ended = {key for _, key in stand.log("block-ended")}
e2e.note("killed: %s; %d starts, %d alarms, %d Unknown (%d of them had come "
         "to their end), %.0f s" % (
             ", ".join("%s %d" % c for c in sorted(counts.items())),
             stand.starts, stand.sent, len(unknown), len(unknown & ended),
             time.monotonic() - start))
began = {key for _, key in stand.log("block")}
e2e.equal(sorted(began - ended - unknown), [],
          "everybody: what was cut off is Unknown")
audit = e2e.run(stand.site, "audit", "verify")
e2e.equal(audit.status, 0, "everybody: the audit is whole")
e2e.done()
