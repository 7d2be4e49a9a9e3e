"""A site whose engine, executor and slots are killed while alarms come, and
what holds of it afterwards. test_torture.py says who is killed when.

What is judged is the outside: what was written to the followed file, against
what a recording plugin did. The journal is asked only for what it calls
Unknown, and whether it is whole.
"""

import json
import mmap
import os
import re
import signal
import sqlite3
import struct
import time

import e2e

EXECUTOR_RESTARTS = 5  # a minute: what it bears before it gives up
PATIENCE = 1000        # times that alarms are sent for one death
AGAIN = 2              # seconds: then more are sent, as those did not do

POINTS = re.findall(r"^ +POINT\((\w+)\)", open(os.path.join(
    e2e.ROOT, "engine/base/crash.h")).read(), re.M)


class Board:
    """The file that RIPOSTE_CRASH names: see engine/base/crash.h."""

    def __init__(self, path):
        self.path = path
        with open(path, "wb") as f:
            f.write(bytes(4 * 4 * len(POINTS)))
        with open(path, "r+b") as f:
            self.bytes = mmap.mmap(f.fileno(), 0)

    def _at(self, row, point):
        return 4 * (row * len(POINTS) + POINTS.index(point))

    def _get(self, row, point):
        return struct.unpack_from("i", self.bytes, self._at(row, point))[0]

    def arm(self, point, nth):
        struct.pack_into("i", self.bytes, self._at(0, point), nth)

    def passed(self, point):
        return self._get(1, point)

    def killed(self, point):
        return self._get(2, point)

    def victim(self, point):
        return self._get(3, point)


# One line is one write, so that what was killed has written it or has not.
DO = """
echo "$1 $2 $RIPOSTE_STEP" >>"$RIPOSTE_STATE/log"
sleep 0.02
echo "$1-ended $2 $RIPOSTE_STEP" >>"$RIPOSTE_STATE/log"
"""
IS_BANNED = """
last=$(grep -E "^(un)?ban $1 " "$RIPOSTE_STATE/log" | tail -n 1)
case $last in "ban "*) exit 0 ;; *) exit 1 ;; esac
"""
POLICY = """
local riposte = require "riposte"
local function action(name) return riposte.action("Recorder", name) end
local look, block, ban = action "Look", action "Block", action "Ban"
local ask, spend = action "Ask", action "Spend"
return {
  name = "torture", on = { AlarmRuleName = "bad" },
  run = function(alarm)
    local key = { key = alarm.key }
    if alarm.kind == "block" then
      local _ = look:try(key)
      block(key)
      _ = look:try(key)
    elseif alarm.kind == "ban" then
      ban(key, { expires = "200ms" })
    elseif alarm.kind == "ask" then
      ask(key)
    else
      spend(key)
    end
  end,
}
"""
# Two alarms spend on each target, and one of them may.
GUARDS = """
return {
  budgets = {
    { action = "Recorder / Spend", per = "target", count = 1, within = "1d",
      overflow = "refuse" },
    { plugin = "Recorder", count = 100000, within = "1d" },
  },
  approve = { { action = "Recorder / Ask", within = "1h" } },
}
"""


def below(pid):
    found = [pid]
    for child in e2e.children(pid):
        found += below(child)
    return found


def is_slot(pid):
    try:
        with open("/proc/%d/cmdline" % pid, "rb") as f:
            return b"--slot" in f.read()
    except (FileNotFoundError, ProcessLookupError):
        return False


def send_signal(pid, number):
    try:
        os.kill(pid, number)
        return True
    except ProcessLookupError:
        return False


class Life:
    """One executor's. lethal: it, or a slot of it, was killed."""

    def __init__(self):
        self.begun, self.ended = int(time.time() * 1000), None
        self.lethal = False
        self.engines = 0  # killed by us


class Stand:
    """A site, a serve on it, and alarms that come."""

    def __init__(self, dice):
        self.dice = dice
        self.site = e2e.site()
        do = {"script": "do.sh", "target": "Key",
              "params": [("Key", {"Type": "text"})]}
        e2e.plugin(self.site, "Recorder", {
            "Look": dict(do, kind="context", args=["look"], target="Key"),
            "Block": dict(do, args=["block"]),
            "Ban": dict(do, args=["ban"], undo="Unban", verify="Is banned"),
            "Unban": dict(do, args=["unban"]),
            "Is banned": dict(do, kind="context", script="is.sh"),
            "Ask": dict(do, args=["ask"]),
            "Spend": dict(do, args=["spend"]),
        }, {"do.sh": DO, "is.sh": IS_BANNED})
        self.site.file("state/recorder/log")
        self.site.file("guards.lua", GUARDS)
        e2e.policy(self.site, "torture", POLICY)
        self.input = self.site.file("in.ndjson")
        self.board = Board(os.path.join(self.site.path, "board"))
        self.errors = open(os.path.join(self.site.path, "stderr"), "ab")
        self.sent = []  # (kind, key), in order
        self.process = None
        self.lives = []
        self.asked = 0   # what people have to agree to yet
        self.helped = 0  # undos that a person asked for once more

    # ---- lives ---------------------------------------------------------------

    @property
    def life(self):
        return self.lives[-1]

    def start(self):
        """Also where the executor has given up by itself."""
        if self.process and self.process.poll() is None:
            return
        self.over(self.process is not None)
        if self.asked:
            self.approve()
        self.lives.append(Life())
        self.process = e2e.start(
            self.site, "serve", "--source", "generic", "--follow", self.input,
            stdout=self.errors, stderr=self.errors,
            env=dict(os.environ, RIPOSTE_CRASH=self.board.path))

    def over(self, lethal):
        """The executor is gone."""
        if self.lives and not self.life.ended:
            self.process.wait()
            self.life.lethal |= lethal
            self.life.ended = int(time.time() * 1000)
        e2e.reap()

    def stop(self):
        """As a service manager does, once the engine is there to hear it."""
        e2e.wait_until(self.is_up, pause=0.002)
        send_signal(self.process.pid, signal.SIGTERM)
        self.process.wait(e2e.TIMEOUT)
        self.over(self.process.returncode != 0)

    def is_up(self):
        """An engine whose number is in the lock takes signals."""
        engine = e2e.engine_pid(self.site)
        return self.process.poll() is not None or engine and e2e.alive(engine)

    def command(self, *words):
        """What other people do meanwhile; nothing dies there."""
        return e2e.run(self.site, *words)

    def approve(self):
        for approval in self.command("ls", "approvals", "--json").events:
            if approval.get("state") == "open":
                self.asked -= 1
                self.command("approve", approval["approval"])

    # ---- alarms --------------------------------------------------------------

    def send(self, kinds):
        with open(self.input, "ab") as f:
            for kind in kinds:
                n = len(self.sent)
                alike = sum(k == kind for k, _ in self.sent)
                key = "%s%d" % (kind, alike // 2 if kind == "spend" else alike)
                self.sent.append((kind, key))
                self.asked += kind == "ask"
                f.write(json.dumps({"AlarmRuleName": "bad", "kind": kind,
                                    "key": key, "n": n}).encode() + b"\n")

    # ---- deaths --------------------------------------------------------------

    def kill(self, victim):
        """False where there is nobody to kill."""
        if victim == "engine":
            engine = e2e.engine_pid(self.site)
            hit = bool(engine) and e2e.alive(engine) and send_signal(
                engine, signal.SIGKILL)
            self.life.engines += hit
            return hit
        self.life.lethal = True
        if victim == "slot":
            slots = [p for p in e2e.children(self.process.pid) if is_slot(p)]
            return bool(slots) and send_signal(self.dice.choice(slots),
                                               signal.SIGKILL)
        if victim == "executor":
            send_signal(self.process.pid, signal.SIGKILL)
        else:
            self.kill_all()
        self.over(True)
        return True

    def kill_all(self):
        """Down to what plugins have started, as a service manager does. They
        are stopped first: none can make another one meanwhile."""
        seen = set()
        while True:
            new = set(below(self.process.pid)) - seen
            if not new:
                break
            for pid in new:
                send_signal(pid, signal.SIGSTOP)
            seen |= new
        for pid in seen:
            send_signal(pid, signal.SIGKILL)
        e2e.wait_until(lambda: not any(map(e2e.alive, seen)), pause=0.002)

    def hit(self, point, kinds):
        """Goes on until somebody has died at that point."""
        killed = self.board.killed(point) + 1
        engine = point.startswith("ENGINE")
        nth = self.dice.randint(1, 3)
        for again in range(PATIENCE):
            self.start()
            if engine and self.life.engines == EXECUTOR_RESTARTS:
                self.stop()
                self.start()
            self.life.lethal |= not engine
            if point == "ENGINE_APPROVAL_USED":
                self.have_approved()
                nth = 1
            self.board.arm(point, nth)
            self.start()
            self.send(self.dice.choices(kinds, k=nth))
            if point == "EXECUTOR_ENGINE_GONE":
                self.kill("engine")
            if e2e.wait_until(lambda: self.board.killed(point) == killed,
                              AGAIN, 0.002):
                break
            # One that dies while it is being ended is not started again.
            self.board.arm(point, 0)
            nth = 1
            if again % 3 == 2:
                self.stop()
        if self.board.killed(point) != killed:
            return False
        e2e.wait_until(lambda: not e2e.alive(self.board.victim(point)),
                       pause=0.002)
        self.life.engines += engine
        if point.startswith("EXECUTOR"):
            self.over(True)
        return True

    def have_approved(self):
        """Somebody agrees to what is asked now: the next start goes on."""
        opened = self.board.passed("ENGINE_APPROVAL_OPENED")
        self.send(["ask"])
        e2e.wait_until(lambda: self.process.poll() is not None or
                       self.board.passed("ENGINE_APPROVAL_OPENED") > opened,
                       pause=0.002)
        self.stop()
        self.approve()

    # ---- the end -------------------------------------------------------------

    def finish(self):
        """Lets everything come to its end: people decide what is theirs."""
        if self.process and self.process.poll() is None:
            self.stop()
        self.over(True)
        for _ in range(100):
            self.approve()
            result = self.command("run", "--json", "--wait", "5s", "--source",
                                  "generic", self.input)
            assert result.summary["alarms"] >= 0
            leases = self.command("ls", "leases", "--json").events
            for lease in leases:
                if lease["state"] in ("undo failed", "needs a person"):
                    self.command("lease", "end", lease["lease"])
                    self.helped += 1
            if not leases and not any(
                    a.get("state") == "open" for a in
                    self.command("ls", "approvals", "--json").events):
                break

    def ask(self, sql):
        journal = sqlite3.connect(
            os.path.join(self.site.path, "state/journal.db"))
        found = journal.execute(sql).fetchall()
        journal.close()
        return found

    def close(self):
        """Nothing of it is left running, whatever went wrong."""
        if self.process and self.process.poll() is None:
            self.kill_all()
            self.process.wait()
        self.errors.close()
