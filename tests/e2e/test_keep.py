"""Retention: what is over goes when it is old or the journal too large; what
went is still recognised; what is needed stays; kills in between lose nothing."""

import os
import random
import sqlite3

import e2e

seed = int(os.environ.get("SEED", random.randrange(1 << 32)))
random.seed(seed)
e2e.note("SEED=%d" % seed)

MIB = 1 << 20
POLICY = """
local riposte = require "riposte"
local block = riposte.action("Wall", "Block")
return {
  name = "block", on = { AlarmRuleName = "bad" },
  run = function(alarm) block({ address = alarm.SIP }, { expires = "1d" }) end,
}
"""


def site(settings):
    where = e2e.site()
    e2e.plugin(where, "Wall", {
        "Block": {"script": "block.sh", "params": [("Address", {"Type": "ip"})],
                  "undo": "Unblock", "target": "Address"},
        "Unblock": {"script": "block.sh", "params": [("Address",
                                                      {"Type": "ip"})],
                    "target": "Address"},
    }, {"block.sh": 'echo "$1" >>"$RIPOSTE_STATE/log"\n'})
    e2e.policy(where, "block", POLICY)
    where.file("riposte.lua", settings)
    return where


def query(where, sql):
    db = sqlite3.connect(os.path.join(where.path, "state/journal.db"))
    try:
        return db.execute(sql).fetchall()
    finally:
        db.close()


def change(where, *statements):
    db = sqlite3.connect(os.path.join(where.path, "state/journal.db"))
    for sql in statements:
        db.execute(sql)
    db.commit()
    db.close()


def many(where, name, count, size=4000):
    return e2e.alarms(where, name, [
        {"AlarmRuleName": "dull", "SIP": "192.0.2.1", "n": name + str(n),
         "Message": "x" * size} for n in range(count)])


def verified(where, name):
    result = e2e.run(where, "audit", "verify")
    e2e.ok(result.status == 0, name, result.out + result.err)


DAY = 24 * 3600 * 1000


def by_age():
    where = site('return { keep = { days = 10 } }\n')
    bad = e2e.alarms(where, "bad.ndjson", [
        {"AlarmRuleName": "bad", "SIP": "198.51.100.7"},
        {"AlarmRuleName": "bad", "SIP": "198.51.100.8"}])
    dull = many(where, "dull", 600, 10)
    first = e2e.run(where, "run", "--json", bad).summary
    e2e.run(where, "run", dull)
    ids = [r[0] for r in query(where, "SELECT id FROM alarms ORDER BY seq")]
    # As if eleven days had passed; the second lease has ended meanwhile.
    change(where,
           "UPDATE alarms SET received = received - %d" % (11 * DAY),
           "UPDATE runs SET started = started - %d, ended = ended - %d"
           % (11 * DAY, 11 * DAY),
           "UPDATE leases SET ended = 1 WHERE lease = 2")
    e2e.run(where, "run", e2e.alarms(where, "z.ndjson", [
        {"AlarmRuleName": "dull", "n": "z"}]))
    e2e.equal(first["runs"], 2, "two runs blocked")
    e2e.equal(query(where, "SELECT run FROM runs"), [(1,), (2,)],
              "a run that holds a lease stays, and the highest number")
    left = {r[0] for r in query(where, "SELECT id FROM alarms")}
    e2e.ok(len(left) <= 4 and set(ids[:2]) <= left,
           "alarms went, but for those with a run", len(left))
    e2e.equal(query(where, "SELECT count(*) FROM past WHERE alarm NOT IN "
                           "(SELECT seq FROM alarms)"), [(0,)],
              "and they are found by no field any more")
    again = e2e.run(where, "run", "--json", dull).summary
    e2e.equal((again["alarms"], again["duplicates"]), (0, 600),
              "what went is still recognised")
    result = e2e.run(where, "rerun", ids[100][:20])
    e2e.ok(result.status == 3 and "was removed" in result.err,
           "rerun says that it was removed", result.err)
    verified(where, "the audit and the tables are whole")


def by_size():
    where = site('return { keep = { size = "16MiB" } }\n')
    for i in range(4):
        e2e.run(where, "run", many(where, "in%d" % i, 2500))
    size = os.path.getsize(os.path.join(where.path, "state/journal.db"))
    used = query(where, "SELECT page_count * 4096 FROM pragma_page_count"
                 )[0][0]
    e2e.ok(size == used and size < 32 * MIB,
           "40 MiB of alarms leave a file that stays small", size)
    oldest = query(where, "SELECT min(seq), max(seq), count(*) FROM alarms")[0]
    e2e.ok(oldest[0] > 1 and oldest[1] == 10000
           and oldest[2] == oldest[1] - oldest[0] + 1,
           "the oldest went, the newest is there", oldest)
    e2e.equal(query(where, "SELECT count(*) FROM forgotten"),
              [(10000 - oldest[2],)], "every one that went is known")
    again = e2e.run(where, "run", "--json",
                    os.path.join(where.path, "in0")).summary
    e2e.equal((again["alarms"], again["duplicates"]), (0, 2500),
              "and recognised")
    verified(where, "the audit is whole")


def killed():
    where = site('return { keep = { days = 10 } }\n')
    dull = many(where, "dull", 3000, 10)
    e2e.run(where, "run", dull)
    change(where, "UPDATE alarms SET received = received - %d" % (11 * DAY))
    rounds = 0
    while rounds < 12:
        process = e2e.start(where, "run", "-", stdin=e2e.subprocess.PIPE)
        wal = os.path.join(where.path, "state/journal.db-wal")
        floor = random.randrange(1, 400000)
        e2e.wait_until(lambda: process.poll() is not None or
                       (os.path.exists(wal)
                        and os.path.getsize(wal) > floor), timeout=20)
        e2e.kill_all(process)
        rounds += 1
        left, gone = query(where, "SELECT (SELECT count(*) FROM alarms), "
                                  "(SELECT count(*) FROM forgotten)")[0]
        if left + gone != 3000:
            break
    e2e.equal(left + gone, 3000, "killed in between: here or known, none lost")
    again = e2e.run(where, "run", "--json", dull).summary
    e2e.equal((again["alarms"], again["duplicates"]), (0, 3000),
              "and each is recognised")
    verified(where, "the audit is whole")


for test in (by_age, by_size, killed):
    e2e.attempt(test.__name__, test)
e2e.done()
