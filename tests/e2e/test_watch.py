"""serve loads its site anew when the files change: in place, renamed over,
removed, made, by a link put elsewhere; what is broken never comes into force,
and what editors leave does not count. Prints TAP."""

import json
import os
import shutil

import e2e

POLICY = """
local riposte = require "riposte"
return { name = "%s", on = { AlarmRuleName = "%s" },
  run = function() riposte.note "%s" end }
"""


def text(name, said="x"):
    return POLICY % (name, name, said)


site = e2e.site()
site.file("in.ndjson", "")
os.mkdir(site.path + "/v1")
with open(site.path + "/v1/first.lua", "w") as f:
    f.write(text("first"))
os.symlink("v1", site.path + "/policies")
daemon = e2e.serve(site, "--source", "generic", "--follow",
                   site.path + "/in.ndjson")


def status():
    return json.loads(e2e.run(site, "status", "--json").out)


def changes(name, act, want):
    """Does act, and waits until a new set is in force that is as wanted."""
    before = status()["set"]
    act()
    good = e2e.wait_until(lambda: status()["set"] != before and
                          want(status()))
    e2e.ok(good, name, status())


def write(path, content):
    with open(os.path.join(site.path, path), "w") as f:
        f.write(content)


def over(path, content):
    write(path + ".tmp", content)
    os.rename(os.path.join(site.path, path + ".tmp"),
              os.path.join(site.path, path))


def swap(target):
    os.symlink(target, site.path + "/next")
    os.rename(site.path + "/next", site.path + "/policies")


def has(count):
    return lambda now: now["policies"] == count and not now["problems"]


changes("written in place", lambda: write("policies/first.lua",
                                          text("first", "y")), has(1))
changes("renamed over", lambda: over("policies/first.lua",
                                     text("first", "z")), has(1))
changes("made", lambda: write("policies/second.lua", text("second")), has(2))
changes("removed", lambda: os.unlink(site.path + "/policies/second.lua"),
        has(1))
os.mkdir(site.path + "/v2")
for name in ("a", "b", "c"):
    write("v2/%s.lua" % name, text(name))
changes("a link put elsewhere", lambda: swap("v2"), has(3))
changes("what it leads to now is watched",
        lambda: os.unlink(site.path + "/v2/c.lua"), has(2))


def library():
    os.mkdir(site.path + "/v2/lib")
    write("v2/lib/help.lua", "return { word = 'one' }\n")


changes("a folder made: policies/lib", library, has(2))
changes("and a file in it", lambda: write(
    "v2/lib/help.lua", "return { word = 'two' }\n"), has(2))


def listed():
    os.mkdir(site.path + "/lists")
    write("lists/allow.txt", "192.0.2.1\n")


changes("lists", listed, has(2))
changes("guards.lua", lambda: write("guards.lua", "return {}\n"), has(2))
changes("riposte.lua", lambda: write("riposte.lua", "return { lanes = 9 }\n"),
        has(2))


def new_plugin():
    e2e.plugin(site, "Later", {"Do": {"script": "do.sh"}},
               {"do.sh": "true\n"})


changes("a plugin", new_plugin,
        lambda now: now["plugins"] == 1 and not now["problems"])
changes("and its end", lambda: shutil.rmtree(site.path + "/plugins/later"),
        lambda now: now["plugins"] == 0)

# ---- what is broken -------------------------------------------------------------
good = status()["set"]
over("policies/a.lua", "return {\n")
e2e.ok(e2e.wait_until(lambda: status()["problems"]) and
       status()["set"] == good, "a broken file: the old set stays, and why",
       status())
over("policies/a.lua", text("a"))
e2e.ok(e2e.wait_until(lambda: not status()["problems"]) and
       status()["set"] == good, "as it was: nothing is wrong any more")

# ---- what does not count ----------------------------------------------------------
for name in (".a.lua.swp", "4913", "a.lua~", "#a.lua#", ".#a.lua", "notes.md"):
    write("policies/" + name, "junk")
    os.unlink(os.path.join(site.path, "policies", name))
write("notes.txt", "junk")
changes("editors' files do not count, what comes behind them does",
        lambda: write("policies/d.lua", text("d")), has(3))
e2e.equal(e2e.run(site, "reload").status, 0, "reload says the same")
daemon.terminate()
out = daemon.communicate(timeout=e2e.TIMEOUT)
e2e.equal(daemon.returncode, 0, "serve ends")
audit = [json.loads(line) for line in
         e2e.run(site, "audit", "export").out.splitlines()]
refused = [a for a in audit if a.get("kind") == "reload" and
           "a.lua" in a["body"].get("problem", "")]
e2e.equal(len(refused), 1, "what is broken is told once")
e2e.done()
