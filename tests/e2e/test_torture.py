"""Engine, executor and slots die: at every point of engine/base/crash.h, and at
random, alone or all together; they are started again, and die again, while
alarms come. See torture.py and torture_judge.py for what is looked at.

KILLS (default 500; 70 under sanitizers): how many. At least ten of them at
each point where there are 500. SEED: the same choices once more. POINT: that
point alone.
"""

import concurrent.futures
import os
import random
import time

import e2e
import torture
import torture_judge

e2e.RIPOSTE = os.path.join(e2e.BUILD, "torture/riposte")
with open(e2e.RIPOSTE, "rb") as f:
    SANITIZED = b"__asan_init" in f.read()
KILLS = int(os.environ.get("KILLS") or (70 if SANITIZED else 500))
SEED = int(os.environ.get("SEED") or random.randrange(1 << 32))
ONLY = os.environ.get("POINT")
AT_ONCE = 3  # sites: most of a death's time is waiting
A_SITE = 25  # deaths; then it is judged

# What reaches a point; everything reaches the others.
KINDS = {"LEASE": ["ban"], "OWNER": ["ban"], "UNDO": ["ban"],
         "APPROVAL": ["ask"], "BUDGET": ["block", "spend"]}
MIXED = ["block", "block", "ban", "ban", "spend", "ask"]
RANDOM = "at random"


def kinds_of(point):
    return next((k for word, k in KINDS.items() if word in point), MIXED)


def die_at(stand, point, kills):
    for _ in range(kills):
        if not stand.hit(point, kinds_of(point)):
            raise AssertionError("nobody came by")
    return kills


def die_anyhow(stand, kills):
    done = 0
    while done < kills:
        stand.start()
        stand.send(stand.dice.choices(MIXED, k=stand.dice.randint(1, 2)))
        time.sleep(stand.dice.uniform(0, 0.15))
        done += stand.kill(stand.dice.choice(
            ["engine", "engine", "executor", "slot", "all"]))
    return done


def one_site(job):
    """Returns the verdict, with how many died."""
    name, kills, seed = job
    stand = torture.Stand(random.Random(seed))
    try:
        if name == RANDOM:
            kills = die_anyhow(stand, kills)
        else:
            kills = die_at(stand, name, kills)
        stand.finish()
        verdict = torture_judge.Verdict(stand, name)
    finally:
        stand.close()
    verdict.kills = kills
    return verdict


def plan():
    """[(name, kills, seed)]: half of them at the points, in turn."""
    points = [ONLY] if ONLY else torture.POINTS
    each = -(-KILLS // (2 * len(points))) if KILLS < 500 else max(
        10, KILLS // (2 * len(points)))
    wanted = [(point, each) for point in points]
    if not ONLY:
        wanted.append((RANDOM, max(1, KILLS - each * len(points))))
    jobs = []
    for name, kills in wanted:
        while kills > 0:
            jobs.append((name, min(A_SITE, kills), SEED + len(jobs)))
            kills -= A_SITE
    return jobs


e2e.note("seed: SEED=%d KILLS=%d" % (SEED, KILLS))
begun = time.monotonic()
found = {}
with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
    for job, verdict in [(job, pool.submit(one_site, job)) for job in plan()]:
        found.setdefault(job[0], []).append(verdict)
FORM = "%-28s %6s %7s %5s %6s %6s %9s %8s"
e2e.note(FORM % ("died", "times", "alarms", "lost", "twice", "undone",
                 "forgotten", "Unknown"))
verdicts = []
for name, futures in found.items():
    of_name = []
    for future in futures:
        try:
            of_name.append(future.result())
        except Exception as error:  # the others still count
            e2e.ok(False, "%s: %r" % (name, error))
    verdicts += of_name
    e2e.note(FORM % ((name, sum(v.kills for v in of_name)) +
                     torture_judge.row(of_name)))
e2e.note(FORM % (("all", sum(v.kills for v in verdicts)) +
                 torture_judge.row(verdicts)))
lives = [life for v in verdicts for life in v.stand.lives]
e2e.note("%d sites, %d executors, %d undos that a person asked for once more, "
         "%.0f s" % (len(verdicts), len(lives),
                     sum(v.stand.helped for v in verdicts),
                     time.monotonic() - begun))
for name in found:
    torture_judge.report(name, [v for v in verdicts if v.name == name])
if not ONLY:
    passed = {v.name for v in verdicts if v.kills}
    e2e.equal(sorted(set(torture.POINTS) - passed), [],
              "somebody died at each of %d points" % len(torture.POINTS))
e2e.done()
