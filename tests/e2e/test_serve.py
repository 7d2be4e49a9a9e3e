"""How serve begins and ends: one process a site, signals, rotated files, an
executor that is killed."""

import os
import signal
import subprocess

import e2e

site = e2e.site()
e2e.plugin(site, "Recorder", {
    "Note": {"script": "note.sh", "params": ["Line"]},
    # Says that it has begun, then waits for a word.
    "Wait": {"script": "wait.sh", "params": ["Line"], "timeout": "5m"},
}, {
    "note.sh": 'echo "$1" >>"$RIPOSTE_STATE/log"\n',
    "wait.sh": 'echo "$$" >"$RIPOSTE_STATE/$1"\n'
               'until [ -e "$RIPOSTE_STATE/go" ]; do sleep 0.05; done\n'
               'echo "$1" >>"$RIPOSTE_STATE/log"\n',
})
e2e.policy(site, "note", """
local riposte = require "riposte"
local note = riposte.action("Recorder", "Note")
local wait = riposte.action("Recorder", "Wait")

return {
  name = "note",
  on   = { AlarmRuleName = { "note", "wait" } },
  run  = function(alarm)
    if alarm.AlarmRuleName == "wait" then
      wait { line = alarm.n }
    end
    note { line = alarm.n }
  end,
}
""")
LOG = "state/recorder/log"
log = site.file("log", "")


def line(rule, name):
    with open(log, "a") as f:
        f.write('{"AlarmRuleName":"%s","n":"%s"}\n' % (rule, name))


def serve():
    process = e2e.start(site, "serve", "--follow", log, "--source", "generic",
                        stdout=subprocess.DEVNULL)
    e2e.until_said(process, " in force (")
    return process


def noted(name):
    return e2e.wait_until(lambda: name in site.lines(LOG))


def begun(name):
    return e2e.wait_until(
        lambda: site.read("state/recorder/" + name).endswith("\n"))


def terminate(process):
    """Once it says so it reads no more, and starts nothing."""
    process.send_signal(signal.SIGTERM)
    e2e.until_said(process, "stopping once 1 running action has ended")


# ---- one process a site ---------------------------------------------------
line("note", "one")
process = serve()
e2e.ok(noted("one"), "a line of the followed file is acted on")
busy = e2e.run(site, "run", log)
e2e.equal(busy.status, 69, "another process is told that the site is busy")
e2e.ok(str(e2e.engine_pid(site)) in busy.err, "and by whom", busy.err)
dry = e2e.run(site, "run", "--dry-run", "--source", "generic", log)
e2e.equal(dry.status, 0, "a dry run needs no state")

# ---- rotation -------------------------------------------------------------
os.rename(log, log + ".1")
line("note", "two")
e2e.ok(noted("two"), "a rotated file is followed into the new one")

# ---- TERM waits for what runs ---------------------------------------------
line("wait", "three")
e2e.ok(begun("three"), "an action runs")
terminate(process)
line("note", "late")
site.file("state/recorder/go")
e2e.equal(process.wait(e2e.TIMEOUT), 0, "TERM: ends well")
e2e.equal(site.lines(LOG), ["one", "two", "three"],
          "the running action ended, its run went no further")
e2e.ok(not e2e.engine_pid(site) or not e2e.alive(e2e.engine_pid(site)),
       "and the engine is gone")

# ---- the next process goes on ---------------------------------------------
process = serve()
e2e.ok(noted("late"), "what came meanwhile is read")
e2e.wait_until(lambda: site.lines(LOG).count("three") == 2)
e2e.equal(sorted(site.lines(LOG)), ["late", "one", "three", "three", "two"],
          "the run goes on behind the action that ended")

# ---- the second signal does not wait --------------------------------------
os.unlink(os.path.join(site.path, "state/recorder/go"))
line("wait", "four")
e2e.ok(begun("four"), "an action runs")
action = int(site.read("state/recorder/four"))
terminate(process)
process.send_signal(signal.SIGTERM)
e2e.equal(process.wait(e2e.TIMEOUT), 143, "TERM twice: ends at once")
e2e.ok(e2e.wait_until(lambda: not e2e.alive(action)),
       "the action is not left behind")
result = e2e.run(site, "run", "--json", "--source", "generic", log)
unknown = [e for e in result.of("step") if e["status"] == "Unknown"]
e2e.equal(len(unknown), 1, "its outcome is Unknown in the next process")

# ---- an executor that is killed takes the engine with it ------------------
process = serve()
line("wait", "five")
e2e.ok(begun("five"), "an action runs")
engine = e2e.engine_pid(site)
process.kill()
process.wait()
e2e.ok(e2e.wait_until(lambda: not e2e.alive(engine)),
       "kill -9 of the executor ends the engine")
result = e2e.run(site, "run", "--json", "--source", "generic", log)
e2e.equal(result.summary["unknown"], 1, "and the next process says Unknown")

# ---- auto waits for a record that fits --------------------------------------
mixed = site.file("mixed", b"{garbage\n\xff\n")
process = e2e.start(site, "serve", "--follow", mixed,
                    stdout=subprocess.DEVNULL)
first = process.stderr.readline() + process.stderr.readline()
with open(mixed, "a") as f:
    f.write('{"AlarmRuleName":"note","n":"six"}\n')
e2e.ok(noted("six"), "auto: what fits no source does not end serve", first)
process.send_signal(signal.SIGTERM)
said = (first + process.communicate()[1]).decode()
e2e.equal(process.returncode, 0, "and it ends well")
e2e.ok("mixed:1: no source fits" in said and "read as generic" in said,
       "both were said", said)
unfit = e2e.run(site, "run", "--json", site.file("unfit", b"garbage\n\xff\n"))
e2e.equal(unfit.status, 2, "auto: run ends with 2 where no record fits")
e2e.equal(unfit.summary["skipped"], 2, "they are counted")
e2e.ok("generic" in unfit.err, "the sources are named", unfit.err)

# ---- a FIFO is opened once: its writer waits for a reader that stays --------
fifo = os.path.join(site.path, "fifo")
os.mkfifo(fifo)
auth = os.path.join(e2e.ROOT, "tests/data/sshd/auth.log")
writer = subprocess.Popen(["sh", "-c", 'cat "$1" >"$2"', "-", auth, fifo])
read = e2e.run(site, "run", "--json", "--source", "sshd", fifo)
writer.kill()
e2e.equal(read.status, 0, "run ends with its FIFO")
e2e.ok('"alarms":40' in read.out, "nothing of it is lost", read.out[-400:])

process = e2e.start(site, "serve", "--source", "generic", "--follow", fifo,
                    stdout=subprocess.DEVNULL)
subprocess.run(["sh", "-c", 'echo "$1" >"$2"', "-",
                '{"AlarmRuleName":"note","n":"seven"}', fifo], check=True)
e2e.ok(noted("seven"), "serve reads a FIFO")
said = process.stderr.readline()
while said and b"has ended" not in said:
    said = process.stderr.readline()
e2e.ok(said and process.poll() is None, "and goes on behind its writer's end")
process.send_signal(signal.SIGTERM)
process.communicate()
e2e.equal(process.returncode, 0, "until it is told to stop")

# ---- what cannot be followed ----------------------------------------------
none = e2e.run(site, "serve", "--follow", os.path.join(site.path, "none"))
e2e.equal(none.status, 2, "a file that is not there: usage")
e2e.ok("none" in none.err, "and it is named", none.err)
e2e.done()
