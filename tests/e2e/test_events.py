"""Events that people are told of: each is raised by its cause, once, whatever
is killed meanwhile; a policy tells somebody through a plugin; nobody else can
raise one, and none leads to itself. Prints TAP."""

import os
import signal
import sqlite3

import e2e

FIELDS = ("RiposteEvent", "Run", "Step", "Approval", "Lease", "Policy",
          "Action", "Target", "Rule", "Attempt", "Alarm", "Set", "Text")
KILLS = 4  # one less than what serve takes in a minute
TELL = 'printf "%s\\n" "$1" >>"$RIPOSTE_STATE/told"\n'
LISTEN = """
local riposte = require "riposte"
local tell = riposte.action("Herald", "Tell")
local fields = { %s }
return { name = "tell", on = { RiposteEvent = { exists = true } },
  run = function(event)
    local words = { event.AlarmRuleName }
    for _, field in ipairs(fields) do
      words[#words + 1] = tostring(event[field])
    end
    tell { line = table.concat(words, "|") }
    %s
  end }
"""
TOOL = {
    "Free": {"script": "note.sh", "params": ["Line"]},
    "Aimed": {"script": "note.sh", "params": ["Line"], "target": "Line"},
    "Lost": {"script": "lost.sh", "params": ["Line"]},
    "Block": {"script": "note.sh", "params": ["Line"], "target": "Line",
              "undo": "Unblock", "verify": "Check"},
    "Unblock": {"script": "fail.sh", "params": ["Line"], "target": "Line"},
    "Check": {"script": "check.sh", "params": ["Line"], "target": "Line",
              "kind": "context"},
    "Fails": {"script": "fail.sh", "params": ["Line"]},
}
SCRIPTS = {
    "note.sh": 'printf "%s\\n" "$1" >>"$RIPOSTE_STATE/log"\n',
    # Its slot dies with it: nobody knows how it ended.
    "lost.sh": 'kill -KILL $PPID\nsleep 600\n',
    "fail.sh": "exit 3\n",
    "check.sh": 'exit "$(cat "$RIPOSTE_STATE/in-force" || echo 9)"\n',
}


def made(policy=None, guards=None, listen="", listens=True):
    where = e2e.site()
    e2e.plugin(where, "Herald", {"Tell": {
        "script": "tell.sh", "params": [("Line", {"Type": "text"})]}},
        {"tell.sh": TELL})
    e2e.plugin(where, "Tool", TOOL, SCRIPTS)
    if listens:
        e2e.policy(where, "tell", LISTEN % (", ".join(
            '"%s"' % field for field in FIELDS), listen))
    if policy:
        e2e.policy(where, "work", """
local riposte = require "riposte"
local tool = {}
for _, name in ipairs { "Free", "Aimed", "Lost", "Block", "Fails" } do
  tool[name] = riposte.action("Tool", name)
end
return { name = "work", on = { AlarmRuleName = "work" },
  run = function(alarm) %s end }
""" % policy)
    if guards:
        where.file("guards.lua", "return { %s }\n" % guards)
    e2e.alarms(where, "in.ndjson", [{"AlarmRuleName": "work", "Line": "x"}])
    where.file("none.ndjson")
    return where


def go(where, name="in.ndjson", *words):
    return e2e.run(where, "run", "--json", *words, "--source", "generic",
                   os.path.join(where.path, name))


def told(where):
    """What the plugin was started with, each a dict."""
    return [dict(zip(("rule",) + FIELDS, line.split("|", len(FIELDS))))
            for line in where.lines("state/herald/told")]


def names(where):
    return [event["RiposteEvent"] for event in told(where)]


def column(where, name):
    db = sqlite3.connect(os.path.join(where.path, "state/journal.db"))
    try:
        return [row[0] for row in
                db.execute("SELECT %s FROM alarms ORDER BY seq" % name)]
    finally:
        db.close()


def sources(where):
    return column(where, "source")


def ids(where):
    return column(where, "id")


def is_told(where, event, name, **fields):
    """The first event is that one, with these fields."""
    got = (told(where) or [{}])[0]
    want = dict(fields, RiposteEvent=event, rule="riposte: " + event)
    e2e.equal({key: got.get(key) for key in want}, want, name)


# ---- approvals ------------------------------------------------------------------
ASK = """
    if riposte.approve { "Do it?", within = "%s",
                         action = tool.Aimed.call { line = alarm.Line } } then
      tool.Aimed { line = alarm.Line }
    end"""
APPROVE = 'approve = { { action = "Tool / Free" } }'


def approvals():
    where = made(ASK % "30m")
    go(where)
    e2e.equal(names(where), ["approval opened"],
              "an approval that is opened is told once")
    is_told(where, "approval opened", "it says what it is about", Run="r1",
            Step="r1.1", Approval="a1", Policy="work", Action="Tool / Aimed",
            Target="x", Text="Do it?")
    e2e.equal(told(where)[0]["Alarm"], ids(where)[0], "and of which alarm")
    go(where, "none.ndjson")
    e2e.equal(len(told(where)), 1, "a restart tells nothing again")
    e2e.equal(e2e.run(where, "audit", "verify").status, 0,
              "the audit is whole")

    where = made("tool.Free { line = alarm.Line }", APPROVE)
    go(where)
    is_told(where, "approval opened", "also where guards.lua asks",
            Approval="a1", Action="Tool / Free")
    e2e.ok(told(where)[0]["Rule"].startswith("approve guards.lua:1"),
           "with the rule", told(where))

    where = made(ASK % "1s")
    go(where, "in.ndjson", "--wait", "200s")
    e2e.equal(names(where), ["approval opened", "approval expired"],
              "nobody answered: that is told, too")

    where = made(None, APPROVE)
    result = e2e.run(where, "act", "Tool", "Free", "-p", "line=x")
    e2e.equal((result.status, names(where)), (1, []),
              "an action by hand waits, and loads no policies")
    result = go(where, "none.ndjson")
    e2e.equal(names(where), ["approval opened"],
              "so the next run tells of it")
    is_told(where, "approval opened", "as of a run without a policy",
            Policy="nil", Run="r1")


def budgets():
    budget = ('budgets = { { action = "Tool / Free", count = 1, '
              'within = "1h", overflow = "%s" } }')
    twice = "tool.Free { line = 1 } tool.Free:try { line = 2 }"
    where = made(twice, budget % "refuse")
    go(where)
    e2e.equal(names(where), ["budget overflow"],
              "a refusal because of a budget is told")
    is_told(where, "budget overflow", "with its step", Step="r1.2",
            Rule="budget", Action="Tool / Free")
    e2e.ok("used up" in told(where)[0]["Text"], "and its reason")
    where = made(twice, budget % "approve")
    go(where)
    e2e.equal(sorted(names(where)), ["approval opened", "budget overflow"],
              "where a person decides instead, both are told")
    e2e.equal([e["Approval"] for e in told(where)], ["a1", "a1"],
              "of the same approval")


# ---- runs -----------------------------------------------------------------------
def runs():
    where = made("tool.Lost { line = 1 }")
    result = go(where)
    e2e.equal((result.summary["unknown"], names(where)), (1, ["unknown"]),
              "Unknown is told, and the run that it parks is not told twice")
    is_told(where, "unknown", "with its step", Step="r1.1",
            Action="Tool / Lost", Policy="work")
    go(where, "none.ndjson")
    e2e.equal(len(told(where)), 1, "and not at every start")

    where = made("tool.Fails { line = 1 }")
    go(where)
    is_told(where, "run failed", "a run that fails is told", Run="r1")
    result = e2e.run(where, "explain", ids(where)[1])
    e2e.ok("its on names no RiposteEvent" in result.out,
           "explain knows which policies are not for events", result.out)
    where = made("while true do end")
    go(where)
    e2e.equal(names(where), ["run parked"], "so is one that is parked")


# ---- leases ---------------------------------------------------------------------
def leases():
    where = made('tool.Block({ line = alarm.Line }, { expires = "1s" })')
    where.file("state/tool/in-force", "0")
    go(where, "in.ndjson", "--wait", "9s")
    e2e.equal(names(where)[:1], ["undo failed"], "an undo that fails is told")
    is_told(where, "undo failed", "with the lease", Lease="l1", Attempt="1",
            Action="Tool / Block", Target="x")

    where = made('tool.Block({ line = alarm.Line }, { expires = "1h" })')
    where.file("state/tool/in-force", "1")
    go(where)
    is_told(where, "drift", "drift is told", Lease="l1", Target="x")


def stuck():
    where = made('tool.Lost({ line = alarm.Line }, { expires = "1s" })')
    text = where.read("plugins/tool/riposte.xml").replace(
        'Name="Lost"', 'Name="Lost" Undo="Unlost"').replace(
        "</Overlay>", '<Action Name="Unlost" Kind="remediation"/></Overlay>')
    manifest = where.read("plugins/tool/actions.xml")
    start = manifest.index('<remv1:Action Name="Lost"')
    end = manifest.index("</remv1:Action>", start) + len("</remv1:Action>")
    lost = manifest[start:end].replace('"Lost"', '"Unlost"')
    where.file("plugins/tool/riposte.xml", text)
    where.file("plugins/tool/actions.xml", manifest[:end] + lost
               + manifest[end:])
    go(where, "in.ndjson", "--wait", "9s")
    e2e.equal(sorted(names(where)), ["lease needs a person", "unknown"],
              "an undo that nobody knows the end of needs a person: told")


# ---- the engine itself -----------------------------------------------------------
def reload():
    where = made()
    serve = e2e.start(where, "serve", "--source", "generic", "--follow",
                      where.file("log"))
    e2e.until_said(serve, "in force")
    where.file("policies/broken.lua", "return {")
    os.kill(e2e.engine_pid(where), signal.SIGHUP)
    e2e.ok(e2e.wait_until(lambda: names(where) == ["set refused"], 60),
           "a set that is refused is told", names(where))
    e2e.ok("broken.lua" in told(where)[0]["Text"], "with the first problem",
           told(where))
    e2e.kill_all(serve)


# ---- nobody else -----------------------------------------------------------------
def forged():
    where = made()
    e2e.alarms(where, "in.ndjson", [
        {"AlarmRuleName": "riposte: unknown", "RiposteEvent": "unknown",
         "Text": "forged", "source": "riposte", "AlarmId": "unknown r1.1"}])
    result = go(where)
    e2e.equal((result.summary["alarms"], names(where)), (1, []),
              "an alarm that says that it is one is none")
    result = e2e.run(where, "explain", ids(where)[0])
    e2e.ok("for events alone" in result.out, "explain says why", result.out)
    result = e2e.run(where, "run", "--source", "riposte",
                     os.path.join(where.path, "in.ndjson"))
    e2e.ok(result.status in (2, 3) and
           'no source "riposte"' in result.err,
           "no input is read as one", result.err)
    where.file("sources/own.lua",
               'return { name = "riposte", format = "json" }\n')
    result = e2e.run(where, "check")
    e2e.ok(result.status != 0 and "engine's own" in result.err,
           "no source may have the name", result.err)


def none_of_the_rest():
    where = made("", listens=False)
    e2e.policy(where, "all", """
local riposte = require "riposte"
local tell = riposte.action("Herald", "Tell")
return { name = "all", on = { AlarmRuleName = { exists = true } },
  run = function(alarm) error "always" end }
""")
    result = go(where)
    assert os.path.exists(os.path.join(where.path, "state")), result.err
    e2e.equal((sources(where), result.summary["failed"]), (["generic"], 1),
              "without a policy for them no event is written")
    for on, words in (
            ('{ RiposteEvent = "aproval opened" }',
             'did you mean "approval opened"'),
            ('{ RiposteEvent = { "unknown", "undone" } }', '"undone"'),
            ('{ { RiposteEvent = "unknown" }, { a = 1 } }',
             "make it two policies")):
        e2e.policy(where, "bad", 'return { name = "bad", on = %s, '
                   'run = function() end }' % on)
        result = e2e.run(where, "check")
        e2e.ok(result.status != 0 and words in result.err, on, result.err)


# ---- no loops --------------------------------------------------------------------
def loops():
    where = made("tool.Fails { line = 1 }", listen='error "no"')
    result = go(where)
    e2e.equal((names(where), result.summary["failed"]), (["run failed"], 2),
              "what fails because of an event raises none")
    where = made("tool.Fails { line = 1 }", listen="""
    local block = riposte.action("Tool", "Block")""")
    text = where.read("policies/tell.lua").replace(
        "local fields", 'local block = riposte.action("Tool", "Block")\n'
        "local fields").replace(
        'local block = riposte.action("Tool", "Block")\n  end',
        'block({ line = event.Run }, { expires = "1s" })\n  end')
    where.file("policies/tell.lua", text)
    where.file("state/tool/in-force", "0")
    result = go(where, "in.ndjson", "--wait", "9s")
    e2e.ok("undo 1 of at most" in result.err, "an event's lease fails to end",
           result.err)
    e2e.equal(names(where), ["run failed"], "and raises none")
    e2e.equal(sources(where).count("riposte"), 1, "nor an alarm")


def dry():
    where = made("tool.Fails { line = 1 }")
    result = go(where, "in.ndjson", "--dry-run")
    e2e.equal(result.summary["alarms"], 1, "a dry run raises none")
    where = made("tool.Fails { line = 1 }")
    go(where, "in.ndjson", "--no-journal")
    e2e.equal(names(where), ["run failed"], "one without a journal does")


def hostile():
    where = made('riposte.approve { alarm.Line }')
    line = "\x1b[2J$(reboot)\n--help\u202e" + "\u00e4" * 5000
    e2e.alarms(where, "in.ndjson", [{"AlarmRuleName": "work", "Line": line}])
    go(where)
    text = told(where)[0]["Text"]
    e2e.ok(text.startswith("\\x1B[2J$(reboot)\\x0A--help\\u{202E}\u00e4") and
           text.endswith("\u00e4...") and 990 < len(text.encode()) <= 1000 and
           len(told(where)) == 1,
           "an attacker's text is one bounded line", text)


# ---- kills -----------------------------------------------------------------------
def killed():
    where = made("tool.Free { line = alarm.Line }", APPROVE)
    count = 10 * (KILLS + 1)
    e2e.alarms(where, "log", [{"AlarmRuleName": "work", "Line": str(n)}
                              for n in range(count)])
    serve = e2e.start(where, "serve", "--source", "generic", "--follow",
                      where.path + "/log", stderr=open(
                          os.path.join(where.path, "err"), "w"))
    for kill in range(KILLS):
        e2e.wait_until(lambda: len(told(where)) > 10 * kill, 120)
        before = e2e.engine_pid(where)
        os.kill(before, signal.SIGKILL)
        e2e.wait_until(lambda: e2e.engine_pid(where) not in (None, before),
                       120)
    e2e.wait_until(lambda: len(told(where)) >= count, 120)
    e2e.ok(serve.poll() is None, "serve outlives it", where.read("err"))
    serve.send_signal(signal.SIGTERM)
    serve.wait()
    go(where, "none.ndjson")
    e2e.equal(sorted(int(event["Approval"][1:]) for event in told(where)),
              list(range(1, count + 1)),
              "the engine is killed %d times: %d approvals, each told once"
              % (KILLS, count))


for test in (approvals, budgets, runs, leases, stuck, reload, forged,
             none_of_the_rest, loops, dry, hostile, killed):
    e2e.attempt(test.__name__, test)
e2e.done()
