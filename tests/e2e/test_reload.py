"""100 reloads, half of them with a broken policy, while a followed file is
written: every line once, no run of mixed sets, the broken one never in
force."""

import json
import os
import signal
import threading
import time

import e2e

RELOADS = 100
LINES = 10  # written for each reload, before and while it happens

site = e2e.site()
# Each reload is counted: none by itself.
site.file("riposte.lua", "return { watch = false }\n")
e2e.plugin(site, "Recorder", {
    "Note": {"script": "note.sh",
             "params": ["Line", "Policy", "Module", "List"]},
}, {
    "note.sh": 'mkdir -p "$RIPOSTE_STATE"\n'
               'echo "$1 $2 $3 $4" >>"$RIPOSTE_STATE/log"\n',
})
LOG = "state/recorder/log"
POLICY = """
local riposte = require "riposte"
local note    = riposte.action("Recorder", "Note")
local version = require "version"
local list    = riposte.list "version"

return {
  name = "note",
  on   = { AlarmRuleName = "line" },
  run  = function(alarm)
    note { line = alarm.n, policy = "%d", module = version.number,
           list = list:has("%d") and "%d" or "another" }
  end,
}
"""


def version(number, broken):
    """Three files that belong together."""
    site.file("policies/lib/version.lua",
              'return { number = "%d" }\n' % number)
    site.file("lists/version.txt", "%d\n" % number)
    e2e.policy(site, "note", POLICY % (number, number, number) +
               ("end\n" if broken else ""))


class Reader(threading.Thread):
    """Collects the lines of a stream."""

    def __init__(self, stream):
        super().__init__(daemon=True)
        self.stream, self.lines = stream, []
        self.start()

    def run(self):
        for line in self.stream:
            self.lines.append(line.decode("utf-8", "replace").rstrip("\n"))

    def count(self, words):
        return sum(words in line for line in list(self.lines))


version(0, False)
log = site.file("log", "")
serve = e2e.start(site, "serve", "--json", "--follow", log,
                  "--source", "generic")
out, err = Reader(serve.stdout), Reader(serve.stderr)
in_force = lambda: err.count(" in force (")
refused = lambda: err.count(" is refused, ")
e2e.ok(e2e.wait_until(lambda: in_force() == 1 or serve.poll() is not None)
       and serve.poll() is None, "serve is up", err.lines)

written = 0


def write(count):
    global written
    with open(log, "a") as f:
        for _ in range(count):
            f.write('{"AlarmRuleName":"line","n":%d}\n' % written)
            f.flush()
            written += 1


good, bad = 1, 0
for number in range(1, RELOADS + 1):
    broken = number % 2 == 0
    version(number, broken)
    write(LINES // 2)
    # Every other time the way is the command's.
    if number % 4 < 2:
        os.kill(e2e.engine_pid(site), signal.SIGHUP)
    else:
        result = e2e.run(site, "reload")
        if result.status != (2 if broken else 0):
            e2e.ok(False, "riposte reload", result.err)
    write(LINES - LINES // 2)
    good += not broken
    bad += broken
    e2e.wait_until(lambda: (in_force(), refused()) == (good, bad)
                   or serve.poll() is not None, 60)
    if (in_force(), refused()) != (good, bad):
        e2e.ok(False, "reload %d has its verdict" % number, err.lines[-5:])
        break
    # A follower looks ten times a second; now and then it may catch up, so
    # that many sets get lines.
    if number % 4 == 0:
        e2e.wait_until(lambda: len(site.lines(LOG)) >= written - LINES, 60)
e2e.equal((in_force(), refused()), (RELOADS // 2 + 1, RELOADS // 2),
          "every reload has its verdict")
e2e.ok(err.count("policies/note.lua:"), "and says where the fault is")
e2e.ok(e2e.wait_until(lambda: len(site.lines(LOG)) >= written
                      or serve.poll() is not None)
       and serve.poll() is None, "every line is acted on", err.lines[-5:])
time.sleep(0.5)  # for what would come twice

os.kill(serve.pid, signal.SIGTERM)
e2e.equal(serve.wait(e2e.TIMEOUT), 0, "TERM ends it well")
audit = [json.loads(line) for line in
         e2e.run(site, "audit", "export").out.splitlines()[1:]]
audit = [r["body"] for r in audit if r["kind"] == "reload"]
e2e.equal((sum("refused" not in r for r in audit),
           sum("refused" in r for r in audit)),
          (RELOADS // 2, RELOADS // 2), "the audit has every reload")
rows = [line.split() for line in site.lines(LOG)]
e2e.equal(sorted(int(row[0]) for row in rows), list(range(written)),
          "every line once")
mixed = [row for row in rows if not row[1] == row[2] == row[3]]
e2e.equal(mixed, [], "no run of mixed sets")
versions = {int(row[1]) for row in rows}
e2e.equal([v for v in versions if v % 2 == 0 and v], [],
          "a broken set was never in force")
e2e.ok(len(versions) >= RELOADS // 8, "many sets were", sorted(versions))
e2e.done()
