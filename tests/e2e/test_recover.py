"""What becomes of an action that was under way when the engine died: where
only the engine died it is waited for; else a context action runs again, a
remediation is looked at by its Verify, and is Unknown where that cannot tell.
Then a person resolves it."""

import json
import os
import signal
import sqlite3

import e2e

HOLD = """
mkdir -p "$RIPOSTE_STATE"
echo "$RIPOSTE_STEP $1" >>"$RIPOSTE_STATE/%s"
until [ -e "$RIPOSTE_STATE/go" ]; do sleep 0.05; done
"""
POLICY = """
local riposte = require "riposte"
local act = riposte.action("Holder", "%s")
local block = riposte.action("Holder", "Block")
return {
  name = "hold", on = { AlarmRuleName = "hold" },
  run = function(alarm)
    act { key = alarm.n }
    block { key = "behind" }
  end,
}
"""


def make(action, verify="exit 9"):
    """One alarm, for which `action` is done, which holds until go is there."""
    site = e2e.site()
    e2e.plugin(site, "Holder", {
        "Look": {"script": "look.sh", "kind": "context", "params": ["Key"]},
        "Hold": {"script": "hold.sh", "params": [("Key", {})],
                 "target": "Key"},
        "Checked": {"script": "hold.sh", "params": ["Key"],
                    "verify": "Was it done"},
        "Was it done": {"script": "verify.sh", "params": ["Key"]},
        "Block": {"script": "block.sh", "params": [("Key", {})],
                  "target": "Key"},
    }, {"look.sh": HOLD % "look", "hold.sh": HOLD % "hold",
        "block.sh": 'echo "$1" >>"$RIPOSTE_STATE/block"\n',
        "verify.sh": 'echo "$1" >>"$RIPOSTE_STATE/verify"\n%s\n' % verify})
    e2e.policy(site, "hold", POLICY % action)
    e2e.alarms(site, "in.ndjson", [{"AlarmRuleName": "hold", "n": "one"}])
    return site


def begin(site, *words):
    return e2e.start(site, *words, "--source", "generic",
                     *(["--follow"] if words[0] == "serve" else ["--json"]),
                     os.path.join(site.path, "in.ndjson"))


def log(site, name):
    return site.lines("state/holder/" + name)


def wait_for(site, name, times=1):
    assert e2e.wait_until(lambda: len(log(site, name)) >= times), \
        (name, log(site, name))


def go(site):
    site.file("state/holder/go")


def kill(site):
    pid = e2e.engine_pid(site)
    os.kill(pid, signal.SIGKILL)
    return pid


def ask(site, sql):
    journal = sqlite3.connect(os.path.join(site.path, "state/journal.db"))
    found = journal.execute(sql).fetchall()
    journal.close()
    return found


def only_the_engine_died(action, name):
    site = make(action)
    process = begin(site, "serve")
    wait_for(site, name)
    for _ in range(2):
        killed = kill(site)
        assert e2e.wait_until(
            lambda: e2e.engine_pid(site) not in (None, killed))
    go(site)
    wait_for(site, "block")
    process.terminate()
    process.communicate()
    assert process.returncode == 0, process.returncode
    assert len(log(site, name)) == 1, log(site, name)
    assert log(site, "block") == ["behind"]
    assert ask(site, "SELECT count(*) FROM steps WHERE status = 'Unknown'") \
        == [(0,)]
    assert ask(site, "SELECT attempt FROM steps WHERE step = 1") == [(1,)]


def all_died(action, verify="exit 9"):
    """What the next run says."""
    site = make(action, verify)
    process = begin(site, "run")
    wait_for(site, "look" if action == "Look" else "hold")
    kill(site)
    process.communicate()
    assert process.returncode == 70
    go(site)
    process = begin(site, "run")
    out, err = process.communicate()
    result = e2e.Result(process.returncode, out.decode(), err.decode())
    return site, result


def outcome(result, run="r1"):
    return [e["outcome"] for e in result.of("run") if e["run"] == run]


def status(result, run="r1"):
    return [e["status"] for e in result.of("step") if e["run"] == run]


def context_again():
    site, result = all_died("Look")
    assert outcome(result) == ["done"], result.out + result.err
    steps = [line.split()[0] for line in log(site, "look")]
    assert len(steps) == 2 and steps[0] == steps[1], steps
    assert ask(site, "SELECT attempt FROM steps WHERE run = 1 AND step = 1") \
        == [(2,)]
    assert log(site, "block") == ["behind"]


def verified_done():
    site, result = all_died("Checked", "exit 0")
    assert status(result) == ["Executed", "Executed"], result.out
    assert outcome(result) == ["done"], result.out
    assert len(log(site, "hold")) == 1 and log(site, "verify") == ["one"]
    assert ask(site, "SELECT cause, outcome FROM runs WHERE run = 2") \
        == [("verify", "done")]


def verified_not_done():
    site, result = all_died("Checked", "exit 1")
    assert status(result) == ["Not started"], result.out
    assert outcome(result) == ["failed"], result.out
    assert len(log(site, "hold")) == 1, log(site, "hold")


def verify_cannot_tell():
    site, result = all_died("Checked", "exit 7")
    assert status(result) == ["Unknown"], result.out
    assert outcome(result) == ["parked"], result.out
    assert result.status == 1 and result.summary["unknown"] == 1
    assert len(log(site, "hold")) == 1, log(site, "hold")


def no_verify(site, result):
    assert status(result) == ["Unknown"], result.out + result.err
    assert outcome(result) == ["parked"], result.out
    assert len(log(site, "hold")) == 1, log(site, "hold")


def resolve(decision, *words):
    """What the run does after a person has decided."""
    site, result = all_died("Hold")
    no_verify(site, result)
    said = e2e.run(site, "resolve", "r1.1", decision, *words)
    assert said.status == 0, said.err
    process = begin(site, "run")
    out, err = process.communicate()
    body = ask(site, "SELECT body FROM audit WHERE kind = 'resolve'")
    assert json.loads(body[0][0])["decision"] == decision
    assert json.loads(body[0][0])["uid"] == os.getuid()
    return site, e2e.Result(process.returncode, out.decode(), err.decode())


def resolved_done():
    site, result = resolve("done", "--note", "seen")
    assert outcome(result) == ["done"], result.out + result.err
    assert log(site, "block") == ["behind"]
    assert len(log(site, "hold")) == 1
    again = e2e.run(site, "resolve", "r1.1", "done")
    assert again.status == 2 and "not parked" in again.err, again.err


def resolved_not_done():
    site, result = resolve("not-done")
    assert outcome(result) == ["failed"], result.out + result.err
    assert len(log(site, "hold")) == 1


def resolved_again():
    site, result = resolve("again")
    assert outcome(result) == ["done"], result.out + result.err
    steps = [line.split()[0] for line in log(site, "hold")]
    assert len(steps) == 2 and steps[0] == steps[1], steps


NEVER = 'return { never = { { values = { "one" } } } }\n'
ASKED = """
return { approve = { { action = "Holder / Hold" } },
         budgets = { { action = "Holder / Hold", count = 1, within = "1d",
                       overflow = "refuse" } } }
"""


def again_under(guards):
    """`again` where guards came into force meanwhile."""
    site, _ = all_died("Hold")
    site.file("guards.lua", guards)
    said = e2e.run(site, "resolve", "r1.1", "again")
    assert said.status == 0, said.err
    process = begin(site, "run")
    out, err = process.communicate()
    return site, e2e.Result(process.returncode, out.decode(), err.decode())


def again_is_not_past_never_act():
    site, result = again_under(NEVER)
    assert [(e["status"], e["rule"]) for e in result.of("step")] \
        == [("Refused", "never-act")], result.out
    assert len(log(site, "hold")) == 1, log(site, "hold")
    assert ask(site, "SELECT count(*) FROM uses") == [(1,)], "the first's"


def again_is_a_decision():
    site, result = again_under(ASKED)
    assert outcome(result) == ["done"], result.out + result.err
    assert len(log(site, "hold")) == 2, log(site, "hold")
    assert ask(site, "SELECT attempt FROM uses WHERE action = 'Hold'") \
        == [(1,), (2,)], "each start that may have happened counts"
    assert ask(site, "SELECT count(*) FROM approvals") == [(0,)]
    assert e2e.run(site, "audit", "verify").status == 0


def again_over_another_crash():
    """Cut off once more: still one use for each start."""
    site, _ = all_died("Hold")
    assert e2e.run(site, "resolve", "r1.1", "again").status == 0
    os.remove(os.path.join(site.path, "state/holder/go"))
    process = begin(site, "run")
    wait_for(site, "hold", 2)
    kill(site)
    process.communicate()
    begin(site, "run").communicate()
    assert ask(site, "SELECT status, attempt FROM steps") == [("Unknown", 2)]
    assert ask(site, "SELECT attempt FROM uses") == [(1,), (2,)]
    assert e2e.run(site, "resolve", "r1.1", "not-done").status == 0
    assert ask(site, "SELECT attempt FROM uses") == [(1,)]
    assert len(log(site, "hold")) == 2, log(site, "hold")


def resolved_abort():
    site, result = resolve("abort")
    assert outcome(result) == [], result.out + result.err
    assert ask(site, "SELECT outcome FROM runs") == [("aborted",)]
    assert len(log(site, "hold")) == 1


def resolve_refuses():
    site, _ = all_died("Hold")
    for words, want, said in [
            (("r1", "done"), 2, "no step"), (("r1.1", "maybe"), 2, "decision"),
            (("r1.9", "done"), 3, "no step 9"), (("r9.1", "done"), 3, "no run"),
    ]:
        result = e2e.run(site, "resolve", *words)
        assert result.status == want and said in result.err, \
            (words, result.status, result.err)


def rerun():
    site = make("Look")
    go(site)
    result = e2e.run(site, "run", "--json", "--source", "generic",
                     os.path.join(site.path, "in.ndjson"))
    alarm = result.of("run")[0]["alarm"]
    again = e2e.run(site, "rerun", alarm[:10], "--policy", "hold", "--json")
    assert again.status == 0, again.err
    assert [(e["run"], e["alarm"], e["outcome"]) for e in again.of("run")] \
        == [("r2", alarm, "done")], again.out
    assert log(site, "block") == ["behind"] * 2
    assert ask(site, "SELECT run, outcome FROM runs ORDER BY run") \
        == [(1, "done"), (2, "done")]
    for words, want in ((("no-such",), 3), ((alarm, "--policy", "hodl"), 3)):
        result = e2e.run(site, "rerun", *words)
        assert result.status == want, (words, result.status, result.err)
    e2e.policy(site, "hold", POLICY.replace('"hold" }', '"other" }') % "Look")
    result = e2e.run(site, "rerun", alarm)
    assert result.status == 3 and "no policy" in result.err, result.err


for what, name in (("Look", "look"), ("Hold", "hold")):
    e2e.attempt("serve: %s is waited for where the engine died, twice" % what,
                only_the_engine_died, what, name)
e2e.attempt("a context action runs again, as the same step", context_again)
e2e.attempt("Verify says that it was done", verified_done)
e2e.attempt("Verify says that it was not", verified_not_done)
e2e.attempt("Verify cannot tell: Unknown", verify_cannot_tell)
e2e.attempt("resolve done", resolved_done)
e2e.attempt("resolve not-done", resolved_not_done)
e2e.attempt("resolve again", resolved_again)
e2e.attempt("again: never-act holds", again_is_not_past_never_act)
e2e.attempt("again: answers approvals and budgets", again_is_a_decision)
e2e.attempt("again: over another crash", again_over_another_crash)
e2e.attempt("resolve abort", resolved_abort)
e2e.attempt("resolve: what is refused", resolve_refuses)
e2e.attempt("rerun: a new run, the old one stays", rerun)
e2e.done()
