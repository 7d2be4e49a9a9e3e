"""Two people decide one step at once, RACES times (default 100; make races:
1,000), together with all that is unlawful: the same person twice, whoever asked
for it, a stranger, a no beside a yes, a decision that comes again, or too late,
or under rules that are others by then. What started is read from the plugin's
own record: exactly once where the decisions were lawful and enough, never
elsewhere. Prints TAP."""

import collections
import os
import random
import sqlite3
import subprocess
import time

import e2e

RACES = int(os.environ.get("RACES", "100"))
FEW = max(RACES // 10, 10)  # of each that needs no race
seed = int(os.environ.get("SEED", random.randrange(1 << 32)))
random.seed(seed)
e2e.note("SEED=%d" % seed)

GUARDS = """return {
  people = { analysts = { "alice", "bob", "root" }, leads = { "carol" } },
  approve = {
    { action = "Recorder / One", within = "%s",
      levels = { { group = "analysts" }%s } },
    { action = "Recorder / Two", within = "%s",
      levels = { { group = "analysts", quorum = 2 } } },
  },
}
"""


def made(within="1d", more=""):
    where = e2e.site()
    subprocess.run(["cc", "-O1", "-o", where.path + "/record",
                    os.path.join(e2e.ROOT, "tests/e2e/record.c")], check=True)
    with open(where.path + "/record", "rb") as f:
        record = {"record": f.read()}
    e2e.plugin(where, "Recorder", {
        name: {"script": "record", "args": ["log"], "params": ["Line"]}
        for name in ("One", "Two")}, record)
    e2e.policy(where, "asks", """
local riposte = require "riposte"
local action = { one = riposte.action("Recorder", "One"),
                 two = riposte.action("Recorder", "Two") }
return { name = "asks", on = { AlarmRuleName = "ask" },
  run = function(alarm) action[alarm.which]:try { line = alarm.Line } end }
""")
    where.file("guards.lua", GUARDS % (within, more, within))
    where.file("empty.ndjson", "")
    return where


def ask(where, items):
    """A run for each (LINE, "one" or "two")."""
    e2e.run(where, "run", e2e.alarms(where, "in.ndjson", [
        {"AlarmRuleName": "ask", "Line": line, "which": which}
        for line, which in items]))


def go_on(where):
    return e2e.run(where, "run", "--json", where.path + "/empty.ndjson")


def starts(where):
    return collections.Counter(where.lines("state/recorder/log"))


def approvals(where):
    """{LINE: approval}, by the journal itself."""
    journal = sqlite3.connect(os.path.join(where.path, "state/journal.db"))
    rows = journal.execute("SELECT 'a' || approval, target, argv, state"
                           " FROM approvals ORDER BY approval").fetchall()
    journal.close()
    return {e2e.json.loads(argv)[-1]: (name, state)
            for name, _, argv, state in rows}


def at_once(where, approval, people):
    """(VERB, NAME or None: whoever runs the test) each; their exit statuses.
    Who found the journal in use for too long tries again."""
    words = [[verb, approval] + (["--as", name] if name else [])
             for verb, name in people]
    racing = [e2e.start(where, *w, stdout=subprocess.DEVNULL,
                        stderr=subprocess.DEVNULL) for w in words]
    status = [process.wait(e2e.TIMEOUT) for process in racing]
    while 69 in status:
        again = status.index(69)
        status[again] = e2e.run(where, *words[again]).status
    return status


# ---- at once -------------------------------------------------------------------
# Who decides, and which exit statuses are lawful; how often it then starts.
YES, NO = "approve", "deny"
KINDS = {
    "two people": ("one", [(YES, "alice"), (YES, "bob")],
                   lambda s: 1 if sorted(s) == [0, 2] else None),
    "two of two, one of them twice": (
        "two", [(YES, "alice"), (YES, "bob"), (YES, "alice")],
        lambda s: 1 if s[1] == 0 and sorted((s[0], s[2])) == [0, 2] else None),
    "a stranger beside": ("one", [(YES, "mallory"), (YES, "alice")],
                          lambda s: 1 if s == [2, 0] else None),
    "somebody of another level beside": (
        "one", [(YES, "carol"), (YES, "bob")],
        lambda s: 1 if s == [2, 0] else None),
    "a yes and a no": ("one", [(YES, "alice"), (NO, "bob")],
                       lambda s: {(0, 2): 1, (2, 0): 0}.get(tuple(s))),
    "one of two, and again": ("two", [(YES, "bob"), (YES, "bob")],
                              lambda s: 0 if sorted(s) == [0, 2] else None),
}
OWN = [(YES, None), (YES, "alice")]  # whoever asked by hand, beside another

site = made()
kinds = [random.choice(list(KINDS)) if n >= RACES // 2 else "two people"
         for n in range(RACES)]
ask(site, [("n%d" % n, KINDS[kind][0]) for n, kind in enumerate(kinds)])
for n in range(FEW):
    e2e.run(site, "act", "Recorder", "One", "-p", "line=own%d" % n)
asked = approvals(site)
e2e.equal((len(asked), sum(starts(site).values())), (RACES + FEW, 0),
          "%d steps wait for people" % (RACES + FEW))
began = time.monotonic()
wanted, unlawful, first = {}, [], collections.Counter()
for n, kind in enumerate(kinds):
    _, people, lawful = KINDS[kind]
    status = at_once(site, asked["n%d" % n][0], people)
    wanted["n%d" % n] = lawful(status)
    if lawful(status) is None:
        unlawful.append((kind, status))
    elif kind == "two people":
        first[people[status.index(0)][1]] += 1
for n in range(FEW):
    status = at_once(site, asked["own%d" % n][0], OWN)
    wanted["own%d" % n] = 1
    if status != [2, 0]:
        unlawful.append(("own request", status))
e2e.note("%d races in %.1f s; the first of two: %s" % (
    RACES + FEW, time.monotonic() - began, dict(first)))
e2e.equal(unlawful, [], "%d decided at once, %d of them by whoever asked: "
          "0 unlawful decisions" % (RACES + FEW, FEW))
go_on(site)
got = starts(site)
e2e.equal({line: got[line] for line in wanted}, wanted,
          "each starts exactly once, or never: %d starts"
          % sum(v or 0 for v in wanted.values()))
e2e.equal(set(got) - set(wanted), set(), "and nothing else does")

# ---- once more -----------------------------------------------------------------
again = random.sample([line for line in wanted if wanted[line]], FEW)
status = [at_once(site, asked[line][0], [(YES, "alice"), (YES, "bob")])
          for line in again]
go_on(site)
e2e.equal((status, starts(site)), ([[2, 2]] * FEW, got),
          "%d decisions that come again: refused, nothing starts" % (2 * FEW))

# ---- too late ------------------------------------------------------------------
def last_expiry(where):
    journal = sqlite3.connect(os.path.join(where.path, "state/journal.db"))
    when = journal.execute("SELECT max(expires) FROM approvals").fetchone()[0]
    journal.close()
    return when


site = made("1s")
ask(site, [("late%d" % n, "one") for n in range(FEW)])
asked = approvals(site)
late = last_expiry(site)
e2e.wait_until(lambda: time.time() * 1000 > late)
status = [at_once(site, name, [(YES, "alice"), (YES, "bob")])
          for name, _ in asked.values()]
go_on(site)
e2e.equal((len(asked), status, starts(site)),
          (FEW, [[2, 2]] * FEW, collections.Counter()),
          "%d decisions that come too late: refused, nothing starts"
          % (2 * FEW))

# ---- under other rules -----------------------------------------------------------
site = made()
ask(site, [("set%d" % n, "one") for n in range(FEW)])
asked = approvals(site)
status = [at_once(site, name, [(YES, "alice"), (YES, "bob")])
          for name, _ in asked.values()]
e2e.equal([sorted(s) for s in status], [[0, 2]] * FEW, "%d are agreed to" % FEW)
site.file("guards.lua", "\n" + GUARDS % ("1d", ", { group = 'leads' }", "1d"))
go_on(site)
now = approvals(site)
e2e.equal((starts(site), {state for _, state in now.values()},
           set(now) == set(asked)),
          (collections.Counter(), {"open"}, True),
          "rules that changed meanwhile ask again, and nothing starts")
status = [at_once(site, name, [(YES, "alice"), (YES, "bob")])
          for name, _ in asked.values()]
go_on(site)
e2e.equal((starts(site), {s for pair in status for s in pair}),
          (collections.Counter(), {2}), "what was agreed to is used up")
for name, _ in approvals(site).values():
    at_once(site, name, [(YES, "alice"), (YES, "bob")])
    at_once(site, name, [(YES, "carol"), (YES, "alice")])
go_on(site)
e2e.equal(set(starts(site).values()), {1}, "by the new ones each starts once")
e2e.equal(len(starts(site)), FEW, "all of them")
e2e.done()
