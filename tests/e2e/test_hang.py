"""Actions that misbehave, all at once, through `riposte run`: each gets its
verdict, its own tree is gone and no other's, and the rest does not wait: one
action ends only when all of the rest are done."""

import os
import resource

import e2e

QUICK = 100

site = e2e.site()
PID = 'mkdir -p "$RIPOSTE_STATE"\nexec 3>"$RIPOSTE_STATE/%s"\n'
# A daemon as daemons are made: fork, setsid, fork. It holds on to no pipe.
DAEMON = '''import os, sys, time
state = os.environ["RIPOSTE_STATE"]
os.makedirs(state, exist_ok=True)

def daemon(name):
    if os.fork():
        os.wait()
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    with open(os.path.join(state, name + ".new"), "w") as f:
        f.write(str(os.getpid()))
    os.rename(os.path.join(state, name + ".new"), os.path.join(state, name))
    null = os.open("/dev/null", os.O_RDWR)
    for fd in range(3):
        os.dup2(null, fd)
    time.sleep(100000)

def pid(name):
    while not os.path.exists(os.path.join(state, name)):
        time.sleep(0.01)
    with open(os.path.join(state, name)) as f:
        return int(f.read())

def alive(pid):
    try:
        with open("/proc/%d/stat" % pid) as f:
            return f.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False

daemon(sys.argv[1])
'''
e2e.plugin(site, "Hostile", {
    "Quick": {"script": "quick.sh", "params": ["Key"], "kind": "context"},
    "Patient": {"script": "patient.sh", "kind": "context", "timeout": "10m"},
    "Hang": {"script": "hang.sh", "kind": "context", "timeout": "1s",
             "grace": "1s"},
    "Ignore": {"script": "ignore.sh", "kind": "context", "timeout": "1s",
               "grace": "1s"},
    "First": {"script": "first.py", "args": ["first"], "kind": "context"},
    "Second": {"script": "second.py", "args": ["second"], "kind": "context"},
    "Flood": {"script": "flood.sh", "kind": "context"},
    "Closed": {"script": "closed.sh", "kind": "context", "timeout": "1s",
               "grace": "1s"},
}, {
    "quick.sh": 'mkdir -p "$RIPOSTE_STATE/quick"\n'
                ': >"$RIPOSTE_STATE/quick/$1"\necho $1\n',
    "patient.sh": 'until [ "$(ls "$RIPOSTE_STATE/quick" 2>/dev/null | wc -l)"'
                  ' = %d ]; do sleep 0.05; done\necho all\n' % QUICK,
    "hang.sh": PID % "hang" + "echo $$ >&3\nsleep 100000\n",
    "ignore.sh": "trap '' TERM\n" + PID % "ignore" +
                 "(trap '' TERM; while :; do sleep 100000; done) &\n"
                 "echo $! $$ >&3\nwhile :; do sleep 100000; done\n",
    # Ends first, when both daemons are there …
    "first.py": DAEMON + 'pid("second")\nprint("left")\n',
    # … and this one looks whose daemon went with it.
    "second.py": DAEMON + 'first = pid("first")\n'
                          'while alive(first):\n    time.sleep(0.01)\n'
                          'print("alive" if alive(pid("second")) else "dead")\n',
    "flood.sh": "head -c 1000000000 /dev/zero\n",
    "closed.sh": PID % "closed" + "exec >&- 2>&-\necho $$ >&3\n"
                                  "sleep 100000\n",
})
e2e.policy(site, "hostile", """
local riposte = require "riposte"
local actions = {
  Patient = riposte.action("Hostile", "Patient"),
  Hang   = riposte.action("Hostile", "Hang"),
  Ignore = riposte.action("Hostile", "Ignore"),
  First  = riposte.action("Hostile", "First"),
  Second = riposte.action("Hostile", "Second"),
  Flood  = riposte.action("Hostile", "Flood"),
  Closed = riposte.action("Hostile", "Closed"),
}

return {
  name = "hostile",
  on   = { AlarmRuleName = "hostile" },
  run  = function(alarm) actions[alarm.name] {} end,
}
""")
e2e.policy(site, "quick", """
local riposte = require "riposte"
local quick = riposte.action("Hostile", "Quick")

return {
  name = "quick",
  on   = { AlarmRuleName = "quick" },
  run  = function(alarm) quick { key = alarm.n } end,
}
""")
hostile = ["Patient", "Hang", "Ignore", "First", "Second", "Flood", "Closed"]
e2e.alarms(site, "in.ndjson",
           [{"AlarmRuleName": "hostile", "name": name} for name in hostile] +
           [{"AlarmRuleName": "quick", "n": n} for n in range(QUICK)])
result = e2e.run(site, "run", "--json", os.path.join(site.path, "in.ndjson"))
if not e2e.equal(result.status, 1, "the run ends, some runs failed"):
    e2e.note(result.err)
    e2e.done()

steps = {e["action"]: e for e in result.of("step") if e["action"] != "Quick"}
e2e.equal(sorted(steps), sorted(hostile), "each has its verdict")
e2e.equal(steps["Hang"]["status"], "Timed out", "hung: timed out")
e2e.equal(steps["Ignore"]["status"], "Timed out", "ignores TERM: timed out")
e2e.equal(steps["Closed"]["status"], "Timed out",
          "closed its streams and sleeps: timed out")
e2e.equal(steps["Flood"]["status"], "Failed to Execute", "1 GB: failed")
e2e.ok("output limit" in str(steps["Flood"].get("error")),
       "and says why", steps["Flood"].get("error"))
e2e.ok(len(str(steps["Flood"]["stdout"])) < 400000,
       "and keeps a little of it")
e2e.equal((steps["First"]["status"], steps["First"]["stdout"]),
          ("Executed", "left\n"), "one that leaves a daemon behind: executed")
e2e.equal((steps["Second"]["status"], steps["Second"]["stdout"]),
          ("Executed", "alive\n"), "the other one's daemon outlived it")

for name in ("hang", "ignore", "closed", "first", "second"):
    for pid in site.read("state/hostile/" + name).split():
        e2e.ok(not e2e.alive(int(pid)), "%s: process %s is gone" % (name, pid))

e2e.equal([e["status"] for e in result.of("step") if e["action"] == "Quick"],
          ["Executed"] * QUICK, "every quick action was executed")
e2e.equal((steps["Patient"]["status"], steps["Patient"]["stdout"]),
          ("Executed", "all\n"), "and none waited for one that hangs")
e2e.equal(result.summary["failed"], 4, "four runs failed")
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
e2e.ok(peak < 256 * 1024 or "asan" in e2e.BUILD,
       "no process needed 256 MiB", "%d KiB" % peak)
e2e.done()
