"""A full disk: nothing is taken, nothing starts, it is said; with room again
everything goes on, nothing is lost and nothing done twice."""

import json
import os
import re
import subprocess
import sys

import e2e

SIZE_MIB = 12
ALARMS = 60
LARGE = 300 * 1000  # bytes of an alarm: 18 MB in all, more than there is room

if os.environ.get("RIPOSTE_UNSHARED") != "1":
    if os.geteuid() != 0 or subprocess.run(
            ["unshare", "-m", "true"], stderr=subprocess.DEVNULL).returncode:
        e2e.skip("a full disk", "needs root and mounts")
        e2e.done()
    os.execvpe("unshare", ["unshare", "-m", sys.executable, __file__],
               dict(os.environ, RIPOSTE_UNSHARED="1"))

site = e2e.site()
state = os.path.join(site.path, "state")
os.mkdir(state, 0o700)


def mount(*options):
    return subprocess.run(["mount", "-t", "tmpfs", *options, "none", state],
                          stderr=subprocess.DEVNULL).returncode == 0


if not mount("-o", "mode=700,size=%dm" % SIZE_MIB):
    e2e.skip("a full disk", "no tmpfs can be mounted here")
    e2e.done()

log = os.path.join(site.path, "log")
e2e.plugin(site, "Tool", {
    "Block": {"script": "block.sh", "params": ["Key"]},
}, {"block.sh": 'echo "$1" >>"%s"\n' % log})
e2e.policy(site, "block", """
local riposte = require "riposte"
local block = riposte.action("Tool", "Block")
return { name = "block", on = { kind = "bad" },
         run = function(alarm) block { key = alarm.n } end }
""")
e2e.alarms(site, "in.ndjson", [
    {"kind": "bad", "n": n, "text": "x" * LARGE} for n in range(ALARMS)])

process = e2e.start(site, "run", "--json",
                    "--source", "auto", os.path.join(site.path, "in.ndjson"),
                    stderr=open(os.path.join(site.path, "err"), "w"),
                    stdout=open(os.path.join(site.path, "out"), "w"))
e2e.ok(e2e.wait_until(lambda: "disk is full" in site.read("err") or
                      process.poll() is not None) and process.poll() is None,
       "it says that the disk is full, and does not end", site.read("err"))
done = site.lines("log")
e2e.ok(len(done) < ALARMS, "not all was done yet", len(done))
e2e.ok(mount("-o", "remount,size=%dm" % (10 * SIZE_MIB)), "room is made")
e2e.equal(process.wait(e2e.TIMEOUT), 0, "it goes on, to its end")
e2e.ok("room again" in site.read("err"), "and says so", site.read("err"))
e2e.equal(sorted(site.lines("log"), key=int), [str(n) for n in range(ALARMS)],
          "each action once")
summary = json.loads(site.lines("out")[-1])
e2e.equal((summary["alarms"], summary["runs"], summary["failed"]),
          (ALARMS, ALARMS, 0), "each alarm once")
result = e2e.run(site, "audit", "verify")
e2e.equal(result.status, 0, "the audit is whole: %s" % result.out.strip()[:60])
export = e2e.run(site, "audit", "export").out
e2e.ok(re.search(r'"kind":"full".*"since":"20', export),
       "and has that it was full")
result = e2e.run(site, "run", "--json", "--source", "auto",
                 os.path.join(site.path, "in.ndjson"))
e2e.equal((result.summary["duplicates"], result.summary["runs"]), (ALARMS, 0),
          "all of it is known afterwards")
subprocess.run(["umount", "-l", state])
e2e.done()
