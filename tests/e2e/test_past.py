"""riposte.past: earlier alarms by the value of a field that the site indexes,
however the value is spelled; asked once, and the same after a restart."""

import json
import os
import signal
import sqlite3

import e2e

POLICY = """
local riposte = require "riposte"
local tell = riposte.action("Recorder", "Tell")
return {
  name = "look", on = { AlarmRuleName = "ask" },
  run = function(alarm)
    local past = riposte.past { by = %s, within = alarm.within or "24h" }
    local seen = { tostring(past.n), tostring(#past) }
    for i, entry in ipairs(past) do
      if i <= 3 then
        seen[#seen + 1] = (entry.Login or "-") .. "@" .. entry.time
          .. (entry.truncated and "!" or "")
      end
    end
    tell { text = table.concat(seen, " ") }
  end,
}
"""


def site(by='"SIP"', settings=None):
    where = e2e.site()
    e2e.plugin(where, "Recorder", {
        "Tell": {"script": "tell.sh", "params": [("Text", {"Type": "text"})]},
    }, {
        "tell.sh": 'cd "$RIPOSTE_STATE"\necho "$1" >>told\n'
                   '[ ! -e slow ] || { : >held; exec sleep 100000; }\n',
    })
    e2e.policy(where, "look", POLICY % by)
    if settings:
        where.file("riposte.lua", settings)
    return where


START = 1764000000  # seconds


def at(seconds, **fields):
    """An alarm of the generic JSON source, that many seconds after START."""
    return dict({"AlarmRuleName": "seen", "SIP": "198.51.100.7",
                 "timestamp": START + seconds}, **fields)


def ask(seconds, **fields):
    return at(seconds, **dict({"AlarmRuleName": "ask"}, **fields))


SOURCE = """return { name = "timed", format = "json", named = true,
  time_field = "timestamp", time_format = "epoch" }
"""


def told(where, *items):
    """What the policy saw, one line for each alarm that asks."""
    where.file("sources/timed.lua", SOURCE)
    before = len(where.lines("state/recorder/told"))
    told.count += 1
    file = e2e.alarms(where, "in%d.ndjson" % told.count, items)
    result = e2e.run(where, "run", "--source", "timed", "--json", file)
    if result.status:
        e2e.note(result.out + result.err)
    return where.lines("state/recorder/told")[before:]


told.count = 0


def newest_first():
    where = site()
    seen = told(where,
                at(0, Login="a"), at(20, Login="c"), at(10, Login="b"),
                at(15, Login="other", SIP="198.51.100.8"),
                ask(30, n=1))
    e2e.equal(seen, ["3 3 c@%d.0 b@%d.0 a@%d.0"
                     % (START + 20, START + 10, START)],
              "earlier ones by their time, not by when they came")
    seen = told(where, at(40, Login="later"), ask(30, n=2, Login="x"))
    e2e.equal(seen, ["4 4 -@%d.0 c@%d.0 b@%d.0"
                     % (START + 30, START + 20, START + 10)],
              "of one time what was accepted before; nothing that is later")


def window():
    where = site()
    seen = told(where, at(0, Login="edge"), at(-1, Login="beyond"),
                ask(60, within="60s"))
    e2e.equal(seen, ["1 1 edge@%d.0" % START],
              "within: the edge is in, a second beyond it is not")


def spellings():
    where = site()
    seen = told(where,
                at(0, SIP="::ffff:198.51.100.7", Login="mapped"),
                at(1, SIP="[::FFFF:C633:6407]", Login="hex"),
                at(2, SIP="0306.063.0144.07", Login="octal"),
                at(3, SIP="198.51.100.70", Login="other"),
                ask(10))
    e2e.equal(seen, ["3 3 octal@%d.0 hex@%d.0 mapped@%d.0"
                     % (START + 2, START + 1, START)],
              "an IPv4 address in any spelling is the same")
    where = site()
    seen = told(where, at(0, SIP="2001:DB8:0:0::1", Login="a"),
                at(1, SIP="2001:db8::2", Login="b"),
                ask(10, SIP="2001:db8::1"))
    e2e.equal(seen, ["1 1 a@%d.0" % START], "and so is an IPv6 one")
    where = site(by='"Login"')
    seen = told(where, at(0, Login="16"), at(1, Login="0x10"),
                at(2, Login="root"), at(3, Login="ROOT"), ask(10, Login="16"),
                ask(11, Login="root"))
    e2e.equal([s.split()[0] for s in seen], ["1", "1"],
              "other values by their bytes")


def hundred():
    where = site()
    many = [at(n, Login="u%d" % n) for n in range(100)]
    seen = told(where, *(many + [ask(1000, n=1)]))
    e2e.equal(seen[0].split()[:3], ["100", "100", "u99@%d.0" % (START + 99)],
              "a hundred are all there")
    seen = told(where, ask(1001, n=2))
    e2e.equal(seen[0].split()[:2], ["101", "100"],
              "of a hundred and one a hundred, and the number of all")
    big = [at(2000 + n, Login="b%d" % n, Message="x" * 60000,
              Object="y" * 60000) for n in range(40)]
    seen = told(where, *(big + [ask(3000, n=3)]))
    e2e.equal(seen[0].split()[:3],
              ["142", "100", "b39@%d.0!" % (START + 2039)],
              "large ones are cut, and hide none behind them")


def thousands():
    where = site()
    count = 20000
    seen = told(where, *([at(n % 900, n=n) for n in range(count)]
                         + [ask(1000, Login="x")]))
    e2e.equal(seen[0].split()[:2], [str(count), "100"],
              "the number of very many, in slices")


def nothing():
    where = site()
    seen = told(where, ask(0, SIP=None), ask(1, SIP="203.0.113.1"))
    e2e.equal([s.split()[:2] for s in seen], [["0", "0"]] * 2,
              "no value, or no earlier alarm: none")


# ---- what is indexed --------------------------------------------------------

def not_indexed():
    where = site(by='"DIP"')
    result = e2e.run(where, "check")
    e2e.ok(result.status == 2 and "policies/look.lua:7" in result.err + result.out
           and "not indexed by DIP; riposte.lua says index = SIP, Login"
           in result.err + result.out,
           "a field that is not indexed does not load, where it stands there",
           result.err + result.out)
    where = site(by='alarm.field')
    result = e2e.run(where, "run", "--json", e2e.alarms(
        where, "in.ndjson", [{"AlarmRuleName": "ask", "field": "DIP"}]))
    run = result.of("run")[0]
    e2e.ok(run["outcome"] == "failed" and "not indexed by DIP; riposte.lua "
           "says index = SIP, Login" in run["error"]
           and "look.lua:7" in run["error"],
           "else the run fails there, and says which ones are", run)


def index_of_the_site():
    where = site(by='"data.user"', settings=
                 'return { index = { "data.user" } }\n')
    seen = told(where, at(0, data={"user": "eve"}),
                at(1, data={"user": ["eve"]}), ask(2, data={"user": "eve"}))
    e2e.equal([s.split()[0] for s in seen], ["1"], "a path of the record")
    where = site()
    told(where, at(0, Login="a", DIP="192.0.2.1"))
    where.file("riposte.lua", 'return { index = { "DIP" } }\n')
    e2e.policy(where, "look", POLICY % '"DIP"')
    seen = told(where, at(1, Login="b", DIP="192.0.2.1"),
                ask(2, DIP="192.0.2.1"))
    e2e.equal(seen, ["1 1 b@%d.0" % (START + 1)],
              "a field that is new in the index finds alarms from then on")


# ---- over a restart ----------------------------------------------------------

def same_after_a_kill():
    where = site()
    where.file("sources/timed.lua", SOURCE)
    where.file("state/recorder/slow")
    os.chmod(os.path.join(where.path, "state"), 0o700)
    file = e2e.alarms(where, "in.ndjson", [at(0, Login="a"), ask(10)])
    process = e2e.start(where, "run", "--source", "timed", file)
    e2e.wait_until(lambda: "held" in os.listdir(
        os.path.join(where.path, "state/recorder")))
    e2e.kill_all(process)
    os.unlink(os.path.join(where.path, "state/recorder/slow"))
    # Earlier than the alarm that asked, and accepted after it.
    late = e2e.alarms(where, "late.ndjson", [at(5, Login="late")])
    e2e.run(where, "run", "--source", "timed", late)
    db = sqlite3.connect(os.path.join(where.path, "state/journal.db"))
    kinds = db.execute("SELECT step, kind, status FROM steps ORDER BY step"
                       ).fetchall()
    answer = json.loads(db.execute(
        "SELECT answer FROM steps WHERE step = 1").fetchone()[0])
    db.close()
    e2e.equal(kinds, [(1, "past", "Executed"), (2, "action", "Unknown")],
              "it is a step, and its answer is kept")
    e2e.ok(answer["total"] == 1 and "late" not in answer["stdout"],
           "asked once: the run goes on with what it saw then", answer)
    e2e.equal(e2e.run(where, "audit", "verify").status, 0, "the audit holds")


def dry():
    where = site()
    where.file("sources/timed.lua", SOURCE)
    file = e2e.alarms(where, "in.ndjson", [at(0, Login="a"), ask(10)])
    result = e2e.run(where, "run", "--dry-run", "--json", "--source", "timed",
                     file)
    step = result.of("step")[0]
    e2e.ok("1 1 a@" in " ".join(step["argv"]),
           "a dry run sees its own alarms", step)


for test in (newest_first, window, spellings, hundred, thousands, nothing,
             not_indexed, index_of_the_site, same_after_a_kill, dry):
    e2e.attempt(test.__name__, test)
e2e.done()
