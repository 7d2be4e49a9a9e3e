"""riposte replay --verify: runs of the journal once more, by their record.
What was asked is asked again, whatever the site has become since; what was
changed in the journal is found, with both sides. Prints TAP."""

import json
import os
import shutil
import sqlite3

import e2e

site = e2e.site()
site.broken = True  # journals are changed by hand below
e2e.plugin(site, "Recorder", {
    "Look": {"script": "look.sh", "kind": "context", "params": ["What"]},
    "Block": {"script": "block.sh", "params": [
        ("Address", {"Type": "ip", "field": "SIP"}),
        ("Key", {"encrypted": True})]},
}, {"look.sh": 'echo "{\\"score\\": $1}"\n',
    "block.sh": 'echo "$1" >>"$RIPOSTE_STATE/log"\n'})
site.file("lists/known.txt", "198.51.100.3\n")
e2e.policy(site, "every", """
local riposte = require "riposte"
local look  = riposte.action("Recorder", "Look")
local block = riposte.action("Recorder", "Block")
local known = riposte.list "known"

return { name = "every", on = { AlarmRuleName = "bad" },
  run = function(alarm)
    local began = riposte.now()
    local both = riposte.all { look.call { what = alarm.n },
                               look.call { what = 100 - alarm.n } }
    riposte.note(("%d and %d"):format(both[1].json.score, both[2].json.score))
    riposte.wait "1ms"
    if known:has(alarm.SIP) then error("one of ours: " .. alarm.SIP) end
    if both[1].json.score > 50 then
      block({}, { reason = ("%.6f s, %s"):format(both[1].seconds, began) })
    else
      look:try { what = "no number" }
    end
  end }
""")
e2e.policy(site, "waits", """
local riposte = require "riposte"
return { name = "waits", on = { AlarmRuleName = "slow" },
  run = function() riposte.wait "1d" end }
""")


def alarm(n, rule="bad"):
    return {"AlarmRuleName": rule, "SIP": "198.51.100.%d" % n, "n": n}


RUNS = 60
first = e2e.run(site, "run", "--json", "--wait", "200s", e2e.alarms(
    site, "in.ndjson", [alarm(n) for n in range(1, RUNS + 1)]))
e2e.equal((first.summary["runs"], first.summary["failed"]), (RUNS, 1),
          "runs of every kind of step")
e2e.run(site, "run", e2e.alarms(site, "slow.ndjson", [alarm(1, "slow")]))
e2e.run(site, "act", "Recorder", "Block", "-p", "address=203.0.113.9",
        "-p", "key=hunter2")
DB = os.path.join(site.path, "state/journal.db")


def dump():
    journal = sqlite3.connect(DB)
    text = "\n".join(journal.iterdump())
    journal.close()
    return text


def verify(*words):
    return e2e.run(site, "replay", "--verify", *words)


before, log = dump(), site.read("state/recorder/log")
result = verify("--json")
sums = result.of("replay")[0]
e2e.equal((result.status, sums["runs"], sums["single"], sums["differed"],
           sums["lost"], sums["skipped"]),
          (0, RUNS, 1, 0, 0, {"open": 1, "unasked": 0}),
          "every run that has ended, and what was asked by hand")
e2e.equal(sums["requests"],
          before.count("INSERT INTO \"steps\"") - 1,
          "every request is compared, but of what has not ended")
e2e.equal((dump(), site.read("state/recorder/log")), (before, log),
          "nothing is written, nothing is started")

# ---- whatever the site has become ------------------------------------------
shutil.move(site.path + "/plugins/recorder", site.path + "/gone")
e2e.policy(site, "every", "this is no Lua")
e2e.equal(verify().status, 0, "also where the site has changed, and is broken")
shutil.move(site.path + "/gone", site.path + "/plugins/recorder")
e2e.policy(site, "every", """
return { name = "every", on = { AlarmRuleName = "bad" },
  run = function(alarm) require("riposte").note(alarm.SIP) end }
""")
e2e.run(site, "run", e2e.alarms(site, "more.ndjson", [alarm(99)]))
result = verify()
e2e.ok(result.status == 0 and "%d runs replayed" % (RUNS + 1) in result.out,
       "each in its own set", result.out + result.err)

# More sets than are kept at once, each of them twice.
other = e2e.site()
for version in list(range(6)) * 2:
    e2e.policy(other, "notes", """
local riposte = require "riposte"
return { name = "notes", on = { AlarmRuleName = "bad" },
  run = function(alarm) riposte.note(alarm.SIP .. " by version %d") end }
""" % version)
    e2e.run(other, "run", "-", input=json.dumps(alarm(version)) + "\n" +
            json.dumps(alarm(version + 100)) + "\n")
result = e2e.run(other, "replay", "--verify", "--json")
sums = result.of("replay")[0]
e2e.ok(result.status == 0 and sums["runs"] >= 12 and
       sums["requests"] == sums["runs"], "six sets in turn", result.out)

# ---- which runs ------------------------------------------------------------
for name, near in (("evry", 'did you mean "every"'), ("x", "")):
    result = e2e.run(site, "replay", "--verify", "--policy", name)
    e2e.ok(result.status == 3 and 'policy "%s"' % name in result.err and
           near in result.err and ("mean" in result.err) == bool(near),
           "no run of a policy %s" % name, result.err)
for words, runs in ((("r1", "r2"), 2), (("--policy", "every"), RUNS + 1),
                    (("--policy", "waits"), 0), (("--since", "1d"), RUNS + 1),
                    (("--since", "2999-01-01T00:00:00Z"), 0)):
    sums = verify("--json", *words).of("replay")[0]
    e2e.equal(sums["runs"], runs, "%s: %d runs" % (" ".join(words), runs))
e2e.equal(verify("r99999").status, 3, "3 where there is no such run")
e2e.equal(verify("17").status, 2, "2 for what is no run's name")
e2e.equal(e2e.run(site, "replay").status, 2, "it has to be said what for")

# ---- what was changed is found ---------------------------------------------
shutil.copy(DB, DB + ".whole")


def changed(name, sql, words, run="r60"):
    """Each on the whole journal."""
    shutil.copy(DB + ".whole", DB)
    journal = sqlite3.connect(DB)
    with journal:
        assert journal.execute(sql).rowcount
    journal.close()
    result = verify()
    e2e.ok(result.status == 1 and all(w in result.out for w in words)
           and "1 differ" in result.out, name, result.out + result.err)
    found = verify("--json").of("difference")
    e2e.equal([f["run"] for f in found], [run], name + ": that one alone")
    return found[0]


found = changed("a request that was changed", """
    UPDATE steps SET request = replace(request, '"60"', '"61"')
    WHERE run = 60 AND step = 2""",
    ("r60.2 of every, policies/every.lua:10: another request",
     '"What":"60"', '"What":"61"'))
e2e.equal((found["step"], found["place"], json.loads(found["now"])["params"],
           json.loads(found["recorded"])["params"]),
          (2, "policies/every.lua:10", {"What": "60"}, {"What": "61"}),
          "both sides, for programs")
changed("an answer that was changed", """
    UPDATE steps SET answer = replace(answer, '60', '61')
    WHERE run = 60 AND step = 2""", ("r60.4 of every", "61 and 40"))
changed("an answer that leads elsewhere", """
    UPDATE steps SET answer = replace(answer, '60', '16')
    WHERE run = 60 AND step = 2""", ("r60.4 of every", "16 and 40"))
changed("a request less in the record",
        "DELETE FROM steps WHERE run = 60 AND step = 7",
        ("r60.7 of every, policies/every.lua:16: a request more",
         "recorded: none"))
changed("a request more", """
    INSERT INTO steps SELECT run, 8, kind, status, incarnation, started, ended,
      request, argv, answer, attempt FROM steps WHERE run = 60 AND step = 7""",
        ("r60.8 of every: a request less", "now:      done"))
changed("another outcome", "UPDATE runs SET outcome = 'failed' WHERE run = 60",
        ("r60 of every: another end", "now:      done",
         "recorded: failed"))
changed("another error",
        "UPDATE runs SET error = replace(error, 'ours', 'yours')"
        " WHERE outcome = 'failed'",
        ("r3 of every: another end", "one of ours: 198.51.100.3",
         "one of yours"), "r3")
changed("a time that was changed", """
    UPDATE steps SET answer = replace(answer, '"time":1', '"time":2')
    WHERE run = 60 AND step = 1""", ("r60.7 of every",))
changed("what was asked by hand", """
    UPDATE steps SET request = replace(request, '"Address"', '"Adress"')
    WHERE run = 62""", ("r62.1: another request",), "r62")
shutil.copy(DB + ".whole", DB)
journal = sqlite3.connect(DB)
with journal:
    journal.execute("UPDATE files SET body = CAST('return 1' AS BLOB)"
                    " WHERE CAST(body AS TEXT) LIKE '%one of ours%'")
journal.close()
result = verify("--json")
sums = result.of("replay")[0]
e2e.equal((result.status, sums["lost"], sums["runs"]), (1, RUNS + 1, 1),
          "a set that cannot be had again")
shutil.copy(DB + ".whole", DB)
e2e.done()
