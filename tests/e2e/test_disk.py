"""The journal's disk fails at every write, sync and truncation, once and for
ever, while alarms with leases, approvals and budgets are handled. The journal
is never damaged, and nothing was said or done that it does not know.

FAULTS=all: each of them in every way. Else so many of them (60, or 20 under
sanitizers), at random in each part of what happens, in one way each. SEED: the
same choices once more.
"""

import concurrent.futures
import json
import os
import random
import re
import signal

import e2e
import torture
import torture_judge

e2e.RIPOSTE = os.path.join(e2e.BUILD, "torture/riposte")
WAYS = re.findall(r'{"(E[\w-]+)",', open(os.path.join(
    e2e.ROOT, "tests/torture/disk.c")).read())
SEED = int(os.environ.get("SEED") or random.randrange(1 << 32))
dice = random.Random(SEED)
ALARMS = ["block", "ban", "ask", "spend", "spend"]
with open(e2e.RIPOSTE, "rb") as f:
    SANITIZED = b"__asan_init" in f.read()
FAULTS = os.environ.get("FAULTS") or ("20" if SANITIZED else "60")
AT_ONCE = 3
SURPLUS = 10  # how many operations there are depends on what is committed together


class Disk(torture.Stand):
    """run on a file of alarms, with a disk that fails; then with a good one."""

    def attempt(self, nth, way):
        self.send(ALARMS)
        self.lives.append(torture.Life())
        self.life.lethal = True
        out = open(os.path.join(self.site.path, "out"), "wb")
        self.process = e2e.start(
            self.site, "run", "--json", "--wait", "400ms", "--source",
            "generic", self.input, stdout=out, stderr=self.errors,
            env=dict(os.environ, RIPOSTE_DISK="%d %s" % (nth, way)))
        out.close()
        # A disk that stays full is waited for.
        e2e.wait_until(lambda: self.process.poll() is not None or
                       way.startswith("ENOSPC-for") and
                       "disk is full" in self.said, pause=0.005)
        # The first one waits for what is to be committed, the second does not.
        for _ in range(2):
            torture.send_signal(self.process.pid, signal.SIGTERM)
            e2e.wait_until(lambda: self.process.poll() is not None, 1, 0.005)
        self.process.wait(e2e.TIMEOUT)
        self.over(True)

    @property
    def said(self):
        return self.site.read("stderr")

    def surplus(self):
        """What was said or done, and the journal does not know."""
        steps, asked = set(), set()
        for run, step, request in self.ask(
                "SELECT run, step, request FROM steps"):
            steps.add("r%d.%d" % (run, step))
            asked.add(("r%d" % run, json.loads(request).get("action")))
        runs = {("r%d" % run, outcome) for run, outcome in
                self.ask("SELECT run, outcome FROM runs")}
        found = ["did %s %s" % (verb, step) for verb, _, step in
                 (line.split() for line in
                  self.site.lines("state/recorder/log"))
                 if step.split("-")[0] not in steps]
        for line in self.site.lines("out"):
            event = json.loads(line)
            # How an action ended is said when it is known, which is before
            # it is committed: that it began was committed by then.
            if event["event"] == "step" and (
                    event["run"], event["action"]) not in asked or \
               event["event"] == "run" and (
                    event["run"], event["outcome"]) not in runs:
                found.append("said " + line)
            if event["event"] == "summary":
                kept, = self.ask("SELECT count(*) FROM alarms")[0]
                if event["alarms"] > kept:
                    found.append("said " + line)
        return found


def one(nth, way):
    stand = Disk(random.Random(SEED))
    wrong = []
    try:
        stand.attempt(nth, way)
        if os.path.exists(os.path.join(stand.site.path, "state/journal.db")):
            # It is closed by who recovers it, not by the shell.
            stand.command("audit", "verify")
            wrong += stand.surplus() if stand.ask(
                "SELECT 1 FROM sqlite_master WHERE name = 'steps'") else []
        stand.finish()
        wrong += torture_judge.Verdict(stand, way).wrong
    finally:
        stand.close()
    found = re.findall(r"disk: (\d+) operations, (\d+) failed", stand.said)
    return [int(n) for n in found[-1]] if found else None, wrong, stand.said


def choose(operations):
    """[(nth, way)]"""
    if FAULTS == "all":
        return [(nth, way) for nth in range(1, operations + 1) for way in WAYS]
    count = min(int(FAULTS), operations)
    return [(1 + (dice.randrange(operations) + i * operations) // count,
             dice.choice(WAYS)) for i in range(count)]


e2e.note("seed: SEED=%d" % SEED)
(operations, _), wrong, said = one(0, "none")
e2e.ok(not wrong and operations, "%d operations on a good disk" % operations,
       wrong)
jobs = choose(operations + SURPLUS)
with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
    results = [(job, pool.submit(one, *job)) for job in jobs]
failed = 0
for (nth, way), future in results:
    try:
        counts, wrong, said = future.result()
    except Exception as error:  # the others still count
        counts, wrong, said = None, [repr(error)], ""
    failed += bool(counts and counts[1])
    if wrong:
        e2e.ok(False, "%s at %d" % (way, nth), "\n".join(wrong) + "\n" + said)
e2e.ok(failed, "%d of %d disks failed; nothing damaged, "
       "nothing said or done that was not committed" % (failed, len(jobs)))
e2e.done()
