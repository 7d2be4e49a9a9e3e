"""The executor dies, and a slot is slow to notice: whoever begins on the site
waits until it has ended what it runs, and only then looks what became of it.
Prints TAP."""

import os
import signal

import e2e

site = e2e.site()
e2e.plugin(site, "Slow", {
    "Act": {"script": "act.sh", "params": ["Key"], "verify": "Was it done"},
    "Was it done": {"script": "verify.sh", "params": ["Key"]},
}, {"act.sh": """
echo $$ >"$RIPOSTE_STATE/pid"
until [ -e "$RIPOSTE_STATE/go" ]; do sleep 0.05; done
echo done >"$RIPOSTE_STATE/effect"
""", "verify.sh": """
kill -0 "$(cat "$RIPOSTE_STATE/pid")" 2>/dev/null && echo alive >>"$RIPOSTE_STATE/saw" || echo gone >>"$RIPOSTE_STATE/saw"
[ -e "$RIPOSTE_STATE/effect" ]
"""})
e2e.policy(site, "slow", """
local riposte = require "riposte"
local act = riposte.action("Slow", "Act")
return { name = "slow", on = { AlarmRuleName = "slow" },
  run = function(alarm) act:try { key = "x" } end }
""")
source = e2e.alarms(site, "in.ndjson", [{"AlarmRuleName": "slow"}])


def parent(pid):
    with open("/proc/%d/stat" % pid) as f:
        return int(f.read().rsplit(")", 1)[1].split()[1])


first = e2e.start(site, "run", "--source", "generic", source)
assert e2e.wait_until(lambda: site.read("state/slow/pid").endswith("\n"))
plugin, engine = int(site.read("state/slow/pid")), e2e.engine_pid(site)
slot, executor = parent(plugin), parent(engine)
e2e.equal(parent(slot), executor, "a slot runs the action")

second = e2e.run(site, "run", "--source", "generic", source)
e2e.ok(second.status == 69 and "in use by process %d" % engine in second.err,
       "while an engine works there another is told so at once", second.err)

os.kill(slot, signal.SIGSTOP)
os.kill(executor, signal.SIGKILL)
first.wait()  # the slot has its stderr still
assert e2e.wait_until(lambda: not e2e.alive(engine))
e2e.ok(e2e.alive(plugin), "executor and engine are dead, the action goes on")
dry = e2e.run(site, "run", "--dry-run", "--source", "generic", source)
e2e.equal(dry.status, 0, "a dry run need not wait")
second = e2e.start(site, "run", "--json", "--source", "generic", source)
e2e.until_said(second, "has not ended yet; waiting for it")
e2e.ok(e2e.alive(plugin) and second.poll() is None,
       "the next one waits, and says so")
os.kill(slot, signal.SIGCONT)
out, err = second.communicate()
result = e2e.Result(second.returncode, out.decode(), err.decode())
e2e.ok(not e2e.alive(plugin) and not e2e.alive(slot),
       "until the slot has ended its action")
steps = [s["status"] for s in result.of("step") if s["action"] == "Act"]
e2e.equal((result.status, steps), (0, ["Not started"]),
          "then it is looked at, and was not done")
e2e.equal(site.lines("state/slow/saw"), ["gone"], "when nothing acts any more")
e2e.equal(site.read("state/slow/effect"), "", "nor is it done afterwards")
e2e.equal(e2e.run(site, "run", "--source", "generic", source).status, 0,
          "the next one need not wait")

# ---- its state is elsewhere -----------------------------------------------------
site.file("riposte.lua", 'return { state = "elsewhere" }\n')
first = e2e.start(site, "run", "--source", "generic", source)
assert e2e.wait_until(lambda: site.read("elsewhere/slow/pid").endswith("\n"))
second = e2e.run(site, "run", "--source", "generic", source)
e2e.ok(second.status == 69 and "in use by process" in second.err,
       "an engine at work is told at once wherever its state is", second.err)
site.file("elsewhere/slow/go", "")
first.communicate()
e2e.equal(first.returncode, 0, "and ends")
e2e.done()
