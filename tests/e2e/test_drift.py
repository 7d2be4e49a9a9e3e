"""Drift: what is in force is looked at by a timer, what is gone is told once
and put right where the site says so, whatever is killed meanwhile. Prints
TAP."""

import os
import signal
import sqlite3

import e2e

IP = "198.51.100.7"
SCRIPTS = {
    # What is in force stands in a file; every start is a line of a log.
    "block.sh": 'cd "$RIPOSTE_STATE"\necho "block $1" >>log\n'
                '[ ! -e broken ] || exit 4\n'
                '[ -e idle ] || echo "$1" >>blocked\n'
                '[ ! -e hold ] || { : >held; exec sleep 9999; }\n',
    "unblock.sh": 'cd "$RIPOSTE_STATE"\necho "unblock $1" >>log\n'
                  'grep -Fvx -- "$1" blocked >new || :\nmv new blocked\n',
    "check.sh": 'cd "$RIPOSTE_STATE"\necho "check $1" >>log\n'
                '[ ! -e odd ] || exit 7\n'
                'grep -Fqx -- "$1" blocked\ncode=$?\n'
                'echo "checked $1" >>log\nexit $code\n',
}
LISTEN = """
local riposte = require "riposte"
local tell = riposte.action("Herald", "Tell")
return { name = "tell", on = { RiposteEvent = { exists = true } },
  run = function(event)
    tell { line = ("%s|%s|%s|%s"):format(event.RiposteEvent,
      tostring(event.Lease), tostring(event.Policy), event.Text) }
  end }
"""
BLOCK = """
local riposte = require "riposte"
local block = riposte.action("Wall", "Block")
return {
  name = "block", on = { AlarmRuleName = "bad" },
  run = function(alarm)
    block({ address = alarm.SIP, key = alarm.key and riposte.secret(alarm.key) },
          { expires = alarm.expires or "1h" })
  end,
}
"""


def site(verify, guards=None):
    where = e2e.site()
    typed = ("Address", {"Type": "ip"})
    e2e.plugin(where, "Herald", {"Tell": {
        "script": "tell.sh", "params": [("Line", {"Type": "text"})]}},
        {"tell.sh": 'printf "%s\\n" "$1" >>"$RIPOSTE_STATE/told"\n'})
    e2e.plugin(where, "Wall", {
        "Block": {"script": "block.sh", "target": "Address",
                  "params": [typed, ("Key", {"encrypted": True,
                                             "Via": "env:KEY"})],
                  "undo": "Unblock", "verify": "Check"},
        "Unblock": {"script": "unblock.sh", "params": [typed],
                    "target": "Address"},
        "Check": {"script": "check.sh", "kind": "context", "params": [typed],
                  "target": "Address"}}, SCRIPTS)
    e2e.policy(where, "tell", LISTEN)
    e2e.policy(where, "block", BLOCK)
    where.file("riposte.lua", "return { verify = { %s } }\n" % verify)
    if guards:
        where.file("guards.lua", "return { %s }\n" % guards)
    where.file("log")
    where.file("none.ndjson")
    return where


ALWAYS = 'action = "Wall / Block", every = "1s"'
RESTORE = ALWAYS + ", restore = true"


def alarm(where, *items):
    return e2e.alarms(where, "in.ndjson", [
        dict({"AlarmRuleName": "bad", "SIP": IP}, **i) for i in items or [{}]])


def run(where, *words):
    return e2e.run(where, "run", "--json", "--source", "generic", *words)


def blocked(where, *items):
    """A site with that in force, and looked at."""
    result = run(where, alarm(where, *items))
    e2e.equal(result.status, 0, "it is in force")
    return where


def serve(where):
    err = os.path.join(where.path, "err")
    with open(err, "a") as f:
        process = e2e.start(where, "serve", "--source", "generic", "--follow",
                            os.path.join(where.path, "log"), stderr=f)
    e2e.wait_until(lambda: e2e.alive(e2e.engine_pid(where) or 0))
    return process


def stop(process):
    process.send_signal(signal.SIGTERM)
    process.wait()


def query(where, sql):
    db = sqlite3.connect(os.path.join(where.path, "state/journal.db"))
    try:
        return db.execute(sql).fetchall()
    finally:
        db.close()


def state(where):
    return query(where, "SELECT state FROM leases ORDER BY lease")[0][0]


DRIFT, OVER = "any more: drift", "the drift is over"


def said(where, words, times, name):
    """On stderr; while serve runs nobody else reads the journal."""
    e2e.wait_until(lambda: where.read("err").count(words) >= times)
    e2e.equal(where.read("err").count(words), times, name)


def log(where):
    return where.lines("state/wall/log")


def count(where, word):
    return len([l for l in log(where) if l.split()[0] == word])


def looked_at(where, times=2):
    """It is looked at so often from now on."""
    before = count(where, "check")
    e2e.wait_until(lambda: count(where, "check") >= before + times)


def telling(where):
    """Each line that somebody was told, sorted: those who tell run side by
    side."""
    return sorted(where.lines("state/herald/told"))


def told(where):
    return [l.split("|")[0] for l in telling(where)]


def is_told(where, want, name):
    e2e.wait_until(lambda: told(where) == sorted(want), 120)
    e2e.equal(told(where), sorted(want), name)


def lose(where):
    """Somebody else undoes it."""
    where.file("state/wall/blocked")


def remove(where, name):
    os.remove(os.path.join(where.path, "state/wall", name))


def touch(where, name):
    where.file("state/wall/" + name)


def runs(where, cause="restore"):
    return query(where, "SELECT run, outcome FROM runs WHERE cause = '%s' "
                 "AND lease = 1 ORDER BY run" % cause)


def whole(where):
    result = e2e.run(where, "audit", "verify")
    e2e.equal(result.status, 0, "the audit is whole")


# ---- the timer --------------------------------------------------------------

def shown():
    """Drift is a state, told once, and over when it is."""
    where = blocked(site("{ %s }" % ALWAYS))
    process = serve(where)
    looked_at(where)
    e2e.equal((where.read("err").count("drift"), told(where)), (0, []),
              "what is in force stays so, however often it is looked at")
    lose(where)
    said(where, DRIFT, 1, "what is gone has drifted")
    looked_at(where)
    is_told(where, ["drift"], "that is told once, not at every look")
    touch(where, "odd")
    looked_at(where)
    stop(process)
    e2e.equal((state(where), count(where, "block")), ("drifted", 1),
              "a Verify that cannot tell ends none; nothing was started")
    listed = e2e.run(where, "ls", "leases").out
    e2e.ok("drifted" in listed and "drifted since 20" in listed,
           "ls leases says since when", listed)
    one = e2e.run(where, "ls", "leases", "--state", "drifted",
                  "--json").of("lease")[0]
    e2e.ok(one["drifted"] and one["restore"] is None, "so does its JSON", one)
    text = e2e.run(where, "show", "l1").out
    e2e.ok("drifted:  20" in text and "verified: cannot tell" in text,
           "and show", text)
    text = e2e.run(where, "ls", "runs").out
    e2e.ok("verify of l1: Wall / Check" in text, "ls runs knows why", text)

    remove(where, "odd")
    where.file("state/wall/blocked", IP + "\n")
    process = serve(where)
    said(where, OVER, 1, "what is there again is in force")
    touch(where, "odd")
    lose(where)
    looked_at(where)
    e2e.equal(told(where), ["drift"], "a Verify that cannot tell is no drift")
    remove(where, "odd")
    is_told(where, ["drift", "drift"], "another drift is told anew")
    stop(process)
    e2e.equal((where.read("err").count(DRIFT), where.read("err").count(OVER)),
              (2, 1), "each is said, and that it was over")
    whole(where)


def when():
    """Only where the site says so, and not before it is due."""
    for verify, more in (("", ""), ('{ plugin = "Wall", restore = true }', ""),
                         ('{ every = "1h" }', "")):
        where = blocked(site(verify))
        for _ in range(2):
            process = serve(where)
            e2e.alarms(where, "log", [{"AlarmRuleName": "bad", "n": 1,
                                       "SIP": "198.51.100.8"}])
            e2e.wait_until(lambda: "checked 198.51.100.8" in log(where))
            stop(process)
        e2e.equal([l for l in log(where) if l == "check " + IP],
                  ["check " + IP], "verify = { %s }: it is not looked at at "
                  "a restart" % verify)
    where = blocked(site("{ %s }" % ALWAYS))
    run(where, os.path.join(where.path, "none.ndjson"))
    e2e.equal(count(where, "check"), 1, "run has no timer")
    where.file("riposte.lua", "return {}\n")
    process = serve(where)
    where.file("riposte.lua", "return { verify = { %s } }\n" % ALWAYS)
    os.kill(e2e.engine_pid(where), signal.SIGHUP)
    looked_at(where)
    e2e.ok(count(where, "check") >= 3, "a reload sets the timer")
    stop(process)
    where.file("riposte.lua", 'return { verify = { { action = "Wall / Unblock"'
               ', every = "1s" } } }\n')
    result = e2e.run(where, "check")
    e2e.ok(result.status == 2 and "has no Undo" in result.err,
           "an action that is never in force is an error", result.err)


def few_at_once():
    """Many that are overdue are looked at a few at a time."""
    where = site("{ %s }" % ALWAYS)
    blocked(where, *({"SIP": "198.51.100.%d" % n} for n in range(16)))
    e2e.equal(query(where, "SELECT count(*) FROM leases WHERE checked > 0"),
              [(16,)], "sixteen leases")
    where.file("state/wall/log")
    process = serve(where)
    e2e.wait_until(lambda: len(set(log(where))) == 32)
    stop(process)
    open_now, most = 0, 0
    for line in log(where):
        open_now += 1 if line.startswith("check ") else -1
        most = max(most, open_now)
    e2e.ok(len(set(log(where))) == 32 and 1 <= most <= 4,
           "all are looked at, at most four at once", most)


# ---- put right --------------------------------------------------------------

def restored():
    where = blocked(site("{ %s }" % RESTORE), {"expires": "2h"})
    until = query(where, "SELECT run, step, until FROM owners")
    process = serve(where)
    lose(where)
    said(where, OVER, 1, "what is gone is put right")
    lose(where)
    said(where, OVER, 2, "and again when it is gone again")
    stop(process)
    e2e.equal((count(where, "block"), told(where)), (3, ["drift", "drift"]),
              "each drift is told, and put right once")
    e2e.equal(query(where, "SELECT run, step, until FROM owners"), until,
              "the lease has the owner that it had")
    e2e.equal([o for _, o in runs(where)], ["done", "done"],
              "each is a run that is done")
    text = e2e.run(where, "explain", query(
        where, "SELECT id FROM alarms WHERE source = 'generic'")[0][0]).out
    e2e.equal(text.count("restore 20"), 2, "explain has both")
    number = runs(where)[0][0]
    text = e2e.run(where, "show", "r%d" % number).out
    e2e.ok("restore of l1: Wall / Block" in text, "show says what it is", text)
    one = [r for r in e2e.run(where, "ls", "runs", "--json").of("run")
           if r["run"] == "r%d" % number][0]
    e2e.equal((one["cause"], one["lease"], one["policy"]),
              ("restore", "l1", None), "so does ls runs --json")
    e2e.run(where, "lease", "end", "l1")
    run(where, os.path.join(where.path, "none.ndjson"))
    e2e.equal((state(where), where.read("state/wall/blocked")), ("ended", ""),
              "in the end it is undone")
    whole(where)


def by_hand():
    """Also without a timer, where somebody has it looked at."""
    where = blocked(site('{ plugin = "Wall", restore = true }'))
    lose(where)
    e2e.run(where, "lease", "verify", "l1")
    result = run(where, os.path.join(where.path, "none.ndjson"))
    e2e.equal([(e["cause"], e["lease"], e["outcome"])
               for e in result.of("run") if e.get("cause")],
              [("restore", "l1", "done")], "run --json says what it did")
    e2e.equal((state(where), count(where, "block")), ("in force", 2),
              "it is put right")


def not_twice():
    """What does not help is not tried again."""
    for name, outcome, words in (("broken", "failed", "exit"),
                                 ("idle", "done", "does not find it")):
        where = blocked(site("{ %s }" % RESTORE))
        touch(where, name)
        process = serve(where)
        lose(where)
        is_told(where, ["drift", "restore failed"],
                name + ": a person is told that it did not help")
        looked_at(where)
        stop(process)
        process = serve(where)
        looked_at(where)
        stop(process)
        e2e.equal((count(where, "block"), state(where), told(where)),
                  (2, "drifted", ["drift", "restore failed"]),
                  name + ": it is not tried again, nor after a restart")
        e2e.equal([o for _, o in runs(where)], [outcome], name + ": its run")
        text = e2e.run(where, "show", "l1").out
        e2e.ok("restore:  r" in text and ", failed" in text,
               name + ": show says so", text)
        if name == "broken":
            remove(where, name)
        else:
            where.file("state/wall/blocked", IP + "\n")
            remove(where, name)
        e2e.run(where, "lease", "end", "l1")
        run(where, os.path.join(where.path, "none.ndjson"))
        e2e.equal(state(where), "ended", name + ": it is undone all the same")
        whole(where)


def protected():
    """The guards of then decide: never-act, budgets."""
    for guards, rule in (
            ('never = { { values = { "%s" } } }' % IP, "protected"),
            ('budgets = { { policy = "block", count = 1, within = "1d", '
             'overflow = "refuse" } }', "used up")):
        where = blocked(site("{ %s }" % RESTORE))
        where.file("guards.lua", "return { %s }\n" % guards)
        process = serve(where)
        lose(where)
        e2e.wait_until(lambda: "restore failed" in told(where))
        stop(process)
        events = [e for e in told(where) if e != "budget overflow"]
        e2e.equal((count(where, "block"), events),
                  (1, ["drift", "restore failed"]),
                  rule + ": it is not put right, and that is told")
        line = [l for l in where.lines("state/herald/told")
                if l.startswith("restore failed")][0]
        e2e.ok(rule in line, "with the reason", line)
        e2e.run(where, "lease", "end", "l1")
        run(where, os.path.join(where.path, "none.ndjson"))
        e2e.equal((state(where), count(where, "unblock")), ("ended", 1),
                  rule + ": it is undone on time")


APPROVE = 'approve = { { action = "Wall / Block", within = "1h" } }'


def approved():
    where = blocked(site("{ %s }" % RESTORE))
    where.file("guards.lua", "return { %s, people = { all = { %d } } }\n"
               % (APPROVE, os.getuid()))
    process = serve(where)
    lose(where)
    is_told(where, ["drift", "approval opened"], "a person is asked first")
    stop(process)
    e2e.ok("|l1|block|" in telling(where)[0],
           "who hears of which lease and for whom", telling(where))
    e2e.equal((count(where, "block"), runs(where)[0][1]), (1, None),
              "until then nothing is started")
    result = e2e.run(where, "approve", "a1")
    e2e.equal(result.status, 0, "a person agrees")
    run(where, os.path.join(where.path, "none.ndjson"))
    e2e.equal((count(where, "block"), state(where)), (2, "in force"),
              "then it is put right, by whoever goes on")
    e2e.equal(runs(where)[0][1], "done", "in the same run")
    whole(where)


def undo_first():
    """A restore that waits for a person keeps no undo waiting."""
    where = blocked(site("{ %s }" % RESTORE))
    where.file("guards.lua", "return { %s }\n" % APPROVE)
    process = serve(where)
    lose(where)
    is_told(where, ["drift", "approval opened"], "a restore waits")
    stop(process)
    e2e.run(where, "lease", "end", "l1")
    process = serve(where)
    e2e.wait_until(lambda: count(where, "unblock"))
    stop(process)
    run(where, os.path.join(where.path, "none.ndjson"))
    e2e.equal((state(where), runs(where)[0][1], count(where, "block"),
               count(where, "unblock")), ("ended", "aborted", 1, 1),
              "what is due is undone meanwhile, and the restore is given up")
    e2e.equal(told(where), ["approval expired", "approval opened", "drift"],
              "who was asked hears of it")
    result = e2e.run(where, "approve", "a1")
    e2e.ok(result.status != 0, "nobody can agree to it any more", result.err)
    whole(where)


def not_kept():
    """A value that the journal does not have cannot be given again."""
    where = site("{ %s }" % RESTORE)
    result = e2e.run(where, "act", "Wall", "Block", "-p", "address=" + IP,
                     "-p", "key=hidden")
    e2e.equal(result.status, 0, "an encrypted value as a text")
    process = serve(where)
    lose(where)
    is_told(where, ["drift", "restore failed"], "is not asked for again")
    stop(process)
    e2e.ok("riposte.secret" in telling(where)[1] and
           count(where, "block") == 1, "the reason is told")
    e2e.ok("hidden" not in str(query(where, "SELECT params FROM leases")),
           "and nobody has it")


# ---- killed -----------------------------------------------------------------

def killed():
    """Engine, executor and all die while the action is put right."""
    for how, status, want, events, blocks in (
            ("", "Executed", "in force", ["drift"], 2),
            ("idle", "Not started", "drifted", ["drift", "restore failed"], 2),
            ("odd", "Unknown", "drifted", ["drift", "unknown"], 2)):
        where = blocked(site("{ %s }" % RESTORE))
        if how == "idle":
            touch(where, "idle")
        touch(where, "hold")
        process = serve(where)
        lose(where)
        held = os.path.join(where.path, "state/wall/held")
        e2e.wait_until(lambda: os.path.exists(held) and told(where))
        e2e.kill_all(process)
        e2e.wait_until(lambda: not e2e.engine_pid(where) or
                       not e2e.alive(e2e.engine_pid(where)))
        remove(where, "hold")
        if how == "odd":
            touch(where, "odd")
        process = serve(where)
        is_told(where, events, "%s: it is told what came of it" % how)
        if not how:
            said(where, OVER, 1, "killed while it is put right: it is done")
        elif how == "odd":
            looked_at(where)
        stop(process)
        e2e.equal(state(where), want, "%s: it is %s" % (how, want))
        number = runs(where)[0][0]
        e2e.equal(query(where, "SELECT status FROM steps WHERE run = %d"
                        % number), [(status,)], "its step is " + status)
        e2e.equal((count(where, "block"), len(runs(where))), (blocks, 1),
                  "it is started once, by one run")
        if how == "odd":
            remove(where, "odd")
            result = e2e.run(where, "resolve", "r%d.1" % number, "done")
            e2e.equal(result.status, 0, "a person says what came of it")
            run(where, os.path.join(where.path, "none.ndjson"))
            e2e.equal(state(where), "in force", "and Verify that it is there")
        whole(where)


for test in (shown, when, few_at_once, restored, by_hand, not_twice, protected,
             approved, undo_first, not_kept, killed):
    e2e.attempt(test.__name__, test)
e2e.done()
