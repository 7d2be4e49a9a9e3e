"""Retention: what is over goes when it is old or the journal too large; what
went is still recognised; what is needed stays; kills in between lose nothing."""

import hashlib
import os
import random
import shutil
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


def part(text):
    data = text.encode()
    return len(data).to_bytes(8, "big") + data


def age(where, ms):
    """As if so much time had passed: docs/audit.md says how the records'
    hashes come about, which cover their times."""
    db = sqlite3.connect(os.path.join(where.path, "state/journal.db"))
    for sql in ("alarms SET received = received - ?1",
                "runs SET started = started - ?1, ended = ended - ?1",
                "leases SET started = started - ?1, ended = ended - ?1",
                "sets SET created = created - ?1"):
        db.execute("UPDATE " + sql, (ms,))
    head = db.execute("SELECT coalesce((SELECT hash FROM chain_start),"
                      " (SELECT id FROM journal))").fetchone()[0]
    for n, time, kind, body in db.execute(
            "SELECT n, time, kind, body FROM audit ORDER BY n").fetchall():
        head = hashlib.sha256(b"".join(map(part, (
            head, str(n), str(time - ms), kind, body)))).hexdigest()
        db.execute("UPDATE audit SET time = ?, hash = ? WHERE n = ?",
                   (time - ms, head, n))
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


def touch(where, name):
    """Another alarm, so that retention looks."""
    return e2e.run(where, "run", "--json", e2e.alarms(where, name, [
        {"AlarmRuleName": "dull", "n": name}]))


def front():
    where = site('return { keep = { days = 10 } }\n')
    e2e.run(where, "run", e2e.alarms(where, "bad.ndjson", [
        {"AlarmRuleName": "bad", "SIP": "198.51.100.%d" % n}
        for n in range(60)]))
    change(where, "UPDATE leases SET ended = started WHERE lease > 5")
    age(where, 11 * DAY)
    verified(where, "the aged journal is whole")
    old = e2e.run(where, "audit", "head").out.strip()
    touch(where, "x.ndjson")
    first, stays = query(where, "SELECT (SELECT min(n) FROM audit),"
                                " (SELECT count(*) FROM runs)")[0]
    e2e.ok(first > 256 and first % 256 == 1 and stays == 6,
           "the front of the audit went, runs with a lease in force stay",
           (first, stays))
    e2e.ok(query(where, "SELECT count(*) FROM leases") == [(6,)],
           "ended leases went")
    result = e2e.run(where, "audit", "verify")
    e2e.ok(result.status == 0 and " from %d on, head " % first in result.out,
           "verify begins behind what went", result.out + result.err)
    head = e2e.run(where, "audit", "head", "--json").events[0]
    e2e.equal(head["first"], first, "head says where the audit begins")
    export = e2e.run(where, "audit", "export")
    e2e.ok("records 1 to %d are not there" % (first - 1) in export.err,
           "export says so, too", export.err)
    where.file("export.ndjson", export.out)
    e2e.equal(e2e.run(where, "audit", "verify", "--head", "%d:%s" % (
        head["n"], head["hash"]), os.path.join(where.path, "export.ndjson")
                     ).status, 0, "an export from there on is whole")
    result = e2e.run(where, "audit", "verify", "--head",
                     "%d:%s" % (first - 2, old.split(":")[1]))
    e2e.ok(result.status == 1 and "lies before the first record" in result.out,
           "a head from before cannot be compared", result.out)
    e2e.equal(e2e.run(where, "audit", "verify", "--head", old).status,
              0 if int(old.split(":")[0]) >= first - 1 else 1,
              "one from behind can")
    show = e2e.run(where, "show", "r1")
    e2e.ok(show.status == 0 and "Wall" in show.out, "a run that stayed is shown",
           show.out + show.err)
    for name, what in (("r10", "run r10"), ("l10", "lease l10")):
        result = e2e.run(where, "show", name)
        e2e.ok(result.status == 3 and what + " was removed" in result.err,
               name + " was removed", result.err)
    saved = os.path.join(where.path, "state/journal.db")
    shutil.copy(saved, saved + ".saved")
    for sql, words in (
            ("DELETE FROM audit WHERE n = %d" % first, "missing"),
            ("UPDATE chain_start SET (n, hash) = (SELECT n, hash FROM audit"
             " WHERE n = %d + 9);DELETE FROM audit WHERE n <= %d + 9"
             % (first, first), "missing"),
            ("DELETE FROM chain_start", "records 1 to %d are missing"
             % (first - 1)),
            ("DELETE FROM owners WHERE lease = 2", "of which record"),
            ("DELETE FROM steps WHERE run = 2", "of which record")):
        shutil.copy(saved + ".saved", saved)
        change(where, *sql.split(";"))
        result = e2e.run(where, "audit", "verify")
        e2e.ok(result.status == 1 and words in result.out,
               "found: " + sql[:40], result.out + result.err)
    os.replace(saved + ".saved", saved)
    touch(where, "y.ndjson")
    verified(where, "and the journal goes on")


def large():
    where = site('return { keep = { size = "16MiB" } }\n')
    e2e.plugin(where, "Mail", {"Send": {
        "script": "send.sh", "kind": "context", "params": ["Text"]}},
        {"send.sh": 'echo "$1"\n'})
    e2e.policy(where, "slow", """
local riposte = require "riposte"
return { name = "slow", on = { AlarmRuleName = "dull" },
         run = function() riposte.wait "1d" end }
""")
    e2e.policy(where, "tell", """
local riposte = require "riposte"
local send = riposte.action("Mail", "Send")
return { name = "tell", on = { RiposteEvent = "journal too large" },
         run = function(event) send { text = event.Text } end }
""")
    result = e2e.run(where, "run", "--json", many(where, "in", 1500, 16000))
    e2e.equal((result.status, result.summary["waiting"]), (0, 1500),
              "over the size alarms are accepted all the same")
    e2e.equal(result.err.count("more than riposte.lua's keep.size"), 1,
              "that nothing more may go is said once")
    sent = query(where, "SELECT answer FROM steps JOIN runs USING (run)"
                        " WHERE policy = 'tell'")
    e2e.ok(len(sent) == 1 and "nothing more of it may go" in sent[0][0],
           "and is an event", (sent, result.err))
    e2e.equal(query(where, "SELECT count(*) FROM runs WHERE outcome IS NULL"),
              [(1500,)], "what is open stays")
    verified(where, "the audit is whole")


for test in (by_age, by_size, killed, front, large):
    e2e.attempt(test.__name__, test)
e2e.done()
