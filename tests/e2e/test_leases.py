"""Leases: an undo happens as it is owed, whatever is killed meanwhile."""

import os
import re
import sqlite3

import e2e

SCRIPTS = {
    # What is in force stands in a file; every start is a line of a log.
    "block.sh": 'cd "$RIPOSTE_STATE"\necho "block $1 $2" >>log\n'
                'echo "$1" >>blocked\n[ -z "$2" ] || exit "$2"\n',
    "unblock.sh": 'cd "$RIPOSTE_STATE"\necho "unblock $1" >>log\n'
                  '[ ! -e broken ] || exit 3\n'
                  'grep -Fvx -- "$1" blocked >new || :\nmv new blocked\n',
    "check.sh": 'cd "$RIPOSTE_STATE"\necho "check $1" >>log\n'
                'grep -Fqx -- "$1" blocked\n',
}
TYPED = ("Address", {"Type": "ip"})


def site(verify=False, expires="2s", more=""):
    where = e2e.site()
    block = {"script": "block.sh", "params": [TYPED, "Level"],
             "undo": "Unblock", "target": "Address"}
    actions = {
        "Block": block,
        "Unblock": {"script": "unblock.sh", "params": [TYPED],
                    "target": "Address"},
    }
    if verify:
        block["verify"] = "Check"
        actions["Check"] = {"script": "check.sh", "kind": "context",
                            "params": [TYPED], "target": "Address"}
    e2e.plugin(where, "Wall", actions, SCRIPTS)
    e2e.policy(where, "block", """
local riposte = require "riposte"
local block = riposte.action("Wall", "Block")
return {
  name = "block", on = { AlarmRuleName = "bad" },
  run = function(alarm)
    local done = block({ address = alarm.SIP, level = alarm.level },
                       { expires = alarm.expires or "%s" })
    riposte.note(done.shared and "shared" or "started")
  end,
}
""" % expires)
    return where


def alarm(where, name, *items):
    return e2e.alarms(where, name, [
        dict({"AlarmRuleName": "bad", "SIP": "198.51.100.7"}, **i)
        for i in items])


LOG = "state/wall/log"


def log(where):
    return where.lines(LOG)


def query(where, sql):
    db = sqlite3.connect(os.path.join(where.path, "state/journal.db"))
    try:
        return db.execute(sql).fetchall()
    finally:
        db.close()


def state(where):
    return [row[0] for row in
            query(where, "SELECT state FROM leases ORDER BY lease")]


# ---- the way from intent to end --------------------------------------------

def undone_in_time():
    where = site()
    file = alarm(where, "a.ndjson", {"n": 1})
    result = e2e.run(where, "run", "--wait", "60s", "--json", file)
    e2e.equal(result.status, 0, "run --wait ends well")
    e2e.equal(log(where), ["block 198.51.100.7 ", "unblock 198.51.100.7"],
              "what was started is undone at its expiry, once")
    undo = [e for e in result.of("run") if e.get("cause") == "undo"]
    e2e.equal([(e["lease"], e["outcome"]) for e in undo], [("l1", "done")],
              "the undo is a run of its own")
    e2e.equal(state(where), ["ended"], "the lease has ended")
    e2e.equal(query(where, "SELECT cause, lease FROM runs ORDER BY run"),
              [(None, None), ("undo", 1)], "the journal says what it was for")
    e2e.equal(e2e.run(where, "audit", "verify").status, 0, "the audit holds")
    kinds = [r[0] for r in query(where, "SELECT kind FROM audit")]
    e2e.ok("lease" in kinds and "owner" in kinds, "the audit has both kinds")


def later():
    where = site(expires="1ms")
    e2e.run(where, "run", alarm(where, "a.ndjson", {"n": 1}))
    e2e.run(where, "run", alarm(where, "b.ndjson"))
    e2e.equal(log(where), ["block 198.51.100.7 ", "unblock 198.51.100.7"],
              "what is due is undone under the next run")


def failed_action():
    where = site(expires="1ms")
    e2e.run(where, "run", "--wait", "30s",
            alarm(where, "a.ndjson", {"level": "4"}))
    e2e.equal(log(where), ["block 198.51.100.7 4", "unblock 198.51.100.7"],
              "the undo of what failed is owed too")


# ---- held by more than one --------------------------------------------------

def joined():
    where = site(expires="1h")
    result = e2e.run(where, "run", "--json", alarm(
        where, "a.ndjson", {"n": 1}, {"n": 2, "expires": "2h"}, {"n": 3}))
    shared = [e for e in result.of("step") if e["status"] == "Executed"]
    e2e.equal(len(shared), 3, "three runs hold it")
    e2e.equal(log(where), ["block 198.51.100.7 "], "it was started once")
    notes = query(where, "SELECT request FROM steps WHERE kind = 'note'")
    e2e.equal(sorted("shared" in n[0] for n in notes), [False, True, True],
              "two of them were told that they share it")
    result = e2e.run(where, "run", "--json", alarm(
        where, "b.ndjson", {"level": "0"}))
    e2e.equal([(e["status"], e["rule"]) for e in result.of("step")],
              [("Refused", "lease")], "other parameters are refused")
    owners = query(where, "SELECT count(*) FROM owners WHERE lease = 1")
    e2e.equal(owners, [(3,)], "it has three owners")


# ---- an undo that fails ------------------------------------------------------

def retried():
    where = site(expires="1ms")
    where.file("state/wall/broken")
    result = e2e.run(where, "run", alarm(where, "a.ndjson", {"n": 1}))
    e2e.equal(result.status, 1, "an undo that fails is a run that failed")
    e2e.equal(state(where), ["undo failed"], "and is tried again")
    db = sqlite3.connect(os.path.join(where.path, "state/journal.db"))
    db.execute("UPDATE leases SET attempts = 7, retry = 0")
    db.commit()
    db.close()
    result = e2e.run(where, "run", alarm(where, "b.ndjson"))
    e2e.equal(state(where), ["needs a person"], "until a person is needed")
    result = e2e.run(where, "run", alarm(where, "b.ndjson"))
    e2e.ok(re.search(r"l1 .* by a person", result.err),
           "who is told at every start", result.err)


# ---- killed -------------------------------------------------------------------

def killed():
    """The engine and all is killed while the action, or its undo, runs."""
    for point in ("block", "unblock"):
        where = site(verify=True, expires="1ms")
        script = SCRIPTS[point + ".sh"]
        where.file("plugins/wall/%s.sh" % point, script.replace(
            '" >>log\n', '" >>log\n[ -e go ] || { : >held; exec sleep 9999; }'
            '\n', 1), 0o755)
        file = alarm(where, "a.ndjson", {"n": 1})
        process = e2e.start(where, "run", "--wait", "60s", file)
        held = os.path.join(where.path, "state/wall/held")
        e2e.wait_until(lambda: os.path.exists(held))
        e2e.kill_all(process)
        process.communicate()
        e2e.wait_until(lambda: not e2e.engine_pid(where) or
                       not e2e.alive(e2e.engine_pid(where)))
        where.file("state/wall/go")
        e2e.run(where, "run", "--wait", "30s", file)
        lines = [l.split()[0] for l in log(where)]
        e2e.equal(state(where), ["ended"],
                  "killed during %s: it is undone in the end" % point)
        e2e.equal(lines.count("block"), 1, "%s: started once" % point)
        e2e.ok(lines.count("unblock") >= 1, "%s: undone" % point, lines)


# ---- verified ---------------------------------------------------------------

def verified():
    where = site(verify=True, expires="1ms")
    e2e.run(where, "run", "--wait", "60s",
            alarm(where, "a.ndjson", {"n": 1}))
    words = [l.split()[0] for l in log(where)]
    e2e.equal((words[0], words[1], words[-1]), ("block", "check", "unblock"),
              "verified after its start, then undone")


def verified_once():
    where = site(verify=True, expires="1h")
    file = alarm(where, "a.ndjson", {"n": 1})
    for _ in range(3):
        result = e2e.run(where, "run", "--json", file)
        e2e.equal(result.status, 0, "ends well")
    e2e.equal(log(where), ["block 198.51.100.7 ", "check 198.51.100.7"],
              "what is in force is verified after its start, once")
    e2e.equal(query(where, "SELECT verified, state FROM leases"),
              [("in force", "in force")], "the journal says what it said")


def protected():
    where = site(expires="1ms")
    e2e.run(where, "run", alarm(where, "a.ndjson", {"n": 1}))
    where.file("guards.lua",
               'return { never = { { values = { "198.51.100.7" } } } }\n')
    result = e2e.run(where, "run", "--json", alarm(where, "b.ndjson", {"n": 2}))
    e2e.equal([e["rule"] for e in result.of("step") if e["policy"]],
              ["never-act"], "a protected address is not blocked again")
    e2e.equal(log(where)[-1], "unblock 198.51.100.7",
              "an address that was protected later is unblocked on time")


def commands():
    where = site(expires="1h")
    e2e.equal(e2e.run(where, "ls", "leases").out, "", "no journal, no lease")
    e2e.run(where, "run", alarm(where, "a.ndjson", {"n": 1},
                                {"SIP": "198.51.100.8"}))
    listed = e2e.run(where, "ls", "leases", "--json").of("lease")
    e2e.equal([(l["lease"], l["state"], l["target"]) for l in listed],
              [("l1", "in force", "198.51.100.7"),
               ("l2", "in force", "198.51.100.8")], "ls leases lists them")
    result = e2e.run(where, "lease", "extend", "l1", "1h")
    later = e2e.run(where, "ls", "leases", "--json").of("lease")
    e2e.ok(result.status == 0 and later[0]["until"] > listed[0]["until"] and
           later[1]["until"] == listed[1]["until"],
           "extend moves its end, and no other's", result.err)
    e2e.ok("l1 " in e2e.run(where, "ls", "leases").out, "in words, too")
    result = e2e.run(where, "plugin", "remove", "Wall")
    e2e.ok(result.status == 2, "the plugin is not removed", result.err)
    os.remove(os.path.join(where.path, "policies/block.lua"))
    result = e2e.run(where, "plugin", "remove", "Wall")
    e2e.ok(result.status == 2 and "lease l" in result.err,
           "also where only a lease needs it", result.err)
    for words, status in ((("end", "l1"), 0), (("end", "l2", "--done"), 0),
                          (("end", "l2"), 3), (("verify", "l9"), 3),
                          (("end", "r1"), 2), (("extend", "l1", "x"), 2)):
        result = e2e.run(where, "lease", *words)
        e2e.equal(result.status, status, "lease " + " ".join(words))
    e2e.run(where, "run", alarm(where, "b.ndjson"))
    e2e.equal([l for l in log(where) if l.startswith("unblock")],
              ["unblock 198.51.100.7"],
              "what was ended is undone, what was done by hand is not")
    e2e.equal(e2e.run(where, "ls", "leases").out, "", "both have ended")
    e2e.equal(e2e.run(where, "audit", "verify").status, 0, "the audit holds")


def by_hand():
    where = site(expires="1h")
    act = ("act", "Wall", "Unblock", "-p", "address=198.51.100.7")
    e2e.run(where, "run", alarm(where, "a.ndjson", {"n": 1}))
    e2e.equal(e2e.run(where, *act).status, 0, "an Undo may be asked for")
    e2e.equal(state(where), ["ended"], "then the lease has ended")
    e2e.run(where, "run", alarm(where, "b.ndjson", {"n": 2}))
    e2e.equal([l.split()[0] for l in log(where)],
              ["block", "unblock", "block"], "the next one is started again")


def once_without_target():
    where = site(expires="1h")
    path = os.path.join(where.path, "plugins/wall/riposte.xml")
    with open(path) as f:
        text = f.read()
    where.file("plugins/wall/riposte.xml",
               re.sub(r' Target="Address"', "", text))
    e2e.run(where, "run", alarm(where, "a.ndjson",
                                *({"n": n} for n in range(8))))
    e2e.equal(len(log(where)), 1, "eight at once, without a target: one start")


def person():
    where = site(expires="1ms")
    where.file("state/wall/broken")
    e2e.run(where, "run", alarm(where, "a.ndjson", {"n": 1}))
    os.remove(os.path.join(where.path, "state/wall/broken"))
    e2e.run(where, "lease", "end", "l1")
    e2e.run(where, "run", alarm(where, "b.ndjson"))
    e2e.equal(state(where), ["ended"], "a person has it tried again at once")


for test in (commands, person, by_hand, once_without_target, undone_in_time, later, failed_action, joined, retried, killed,
             verified, verified_once, protected):
    e2e.attempt(test.__name__, test)
e2e.done()
