"""Followed files: rotated under load while the daemon is killed again and
again, cut, written late to, and more than one; every line is one alarm."""

import json
import os
import random
import sqlite3
import time

import e2e
import marks

ROTATIONS = 100
KILLS = 20
LINES = 60  # a file
SEED = int(os.environ.get("SEED", time.time()))
random.seed(SEED)
e2e.note("SEED=%d" % SEED)


def new_site(*entries):
    where = marks.site()
    where.file("riposte.lua", "return { intake = { %s } }\n" % ", ".join(
        '{ follow = "%s", source = "%s" }' % entry for entry in entries))
    return where


def serve(where, says=""):
    process = e2e.serve(where)
    if says:
        e2e.ok(says in process.said, "it is said: " + says, process.said)
    return process


def kill(process):
    e2e.kill_all(process)
    process.stderr.close()


def append(where, name, *lines):
    with open(os.path.join(where.path, name), "a") as f:
        f.write("".join(lines))


def line(n, rule="load"):
    return json.dumps({"AlarmRuleName": rule, "n": n}) + "\n"


def rename(where, old, new):
    os.rename(os.path.join(where.path, old), os.path.join(where.path, new))


def kept(where):
    """The n of every alarm in the journal. The daemon has ended."""
    db = sqlite3.connect(os.path.join(where.path, "state/journal.db"))
    rows = [json.loads(raw)["n"] for raw, in
            db.execute("SELECT raw FROM alarms ORDER BY seq")]
    db.close()
    return rows


def all_once(where, want, name):
    got = kept(where)
    e2e.ok(sorted(map(str, got)) == sorted(map(str, want)), name,
           "%d alarms of %d lines; missing %s; twice %s" % (
               len(got), len(want), sorted(set(want) - set(got))[:9],
               sorted(n for n in set(got) if got.count(n) > 1)[:9]))


# ---- rotated under load, killed again and again -----------------------------
site = new_site(("log", "generic"))
site.file("log-20260101", line("before"))
written = 0
rotated = 0


def write_file():
    """A file's lines, in pieces that end anywhere, then its rotation."""
    global written, rotated
    text = "".join(line(written + i) for i in range(LINES))
    written += LINES
    while text:
        some = random.randint(1, len(text))
        append(site, "log", text[:some])
        text = text[some:]
    rotated += 1
    rename(site, "log", "log-2026%04d" % rotated)
    if random.random() < 0.7:  # else it takes a while until it is there
        append(site, "log")


def write_mark(name):
    append(site, "log", line(name, "mark"))
    made.append(name)


made = []
write_mark("first")
process = serve(site)
marks.noted(site, "first")  # from now on the journal knows the file
kill(process)
for round_ in range(KILLS):
    process = serve(site)
    for _ in range(random.randint(1, 4)):
        write_file()
    if round_ % 2:  # killed behind what was read, or while it is read
        write_mark("round %d" % round_)
        marks.noted(site, made[-1])
        write_file()
    kill(process)
    while rotated < (round_ + 1) * ROTATIONS // KILLS:
        write_file()
process = serve(site)
write_mark("end")
marks.noted(site, "end")
status, said = e2e.stop(process)
e2e.equal((status, rotated), (0, ROTATIONS), "the daemon goes on to the end")
all_once(site, list(range(written)) + made,
         "%d rotations, %d kills: every line once" % (ROTATIONS, KILLS))
e2e.ok("before" not in kept(site),
       "what was renamed before anybody followed is not read")

# ---- what a restart reads again ----------------------------------------------
process = serve(site)
append(site, "log", line("more", "mark"))
marks.noted(site, "more")
e2e.stop(process)
db = sqlite3.connect(os.path.join(site.path, "state/journal.db"))
last = json.loads(db.execute("SELECT body FROM audit WHERE kind = 'alarms'"
                             " ORDER BY n DESC LIMIT 1").fetchone()[0])
db.close()
e2e.equal((last["new"], last["duplicates"]), (1, 0),
          "a restart goes on where it stopped")

# ---- two files, numbered as logrotate does ------------------------------------
two = new_site(("a.log", "generic"), ("b.log", "auto"))
append(two, "a.log", line("a1"))
append(two, "b.log", line("b1"))
process = serve(two)
append(two, "b.log", line("b2", "mark"))
marks.noted(two, "b2")
late = open(os.path.join(two.path, "a.log"), "a")
rename(two, "a.log", "a.log.1")
append(two, "a.log", line("a2", "mark"))
marks.noted(two, "a2")
late.write(line("a3", "mark"))  # whoever has it open does not know yet
late.flush()
marks.noted(two, "a3")
append(two, "a.log", line("a4"))
kill(process)
rename(two, "a.log.1", "a.log.2")
rename(two, "a.log", "a.log.1")
append(two, "a.log", line("a5"))
late.write(line("a6"))
late.close()
rename(two, "a.log.2", "a.log.3")
rename(two, "a.log.1", "a.log.2")
rename(two, "a.log", "a.log.1")
append(two, "b.log", line("b3"))
process = serve(two)
append(two, "a.log", line("a7", "mark"))
marks.noted(two, "a7")
append(two, "b.log", line("b4", "mark"))
marks.noted(two, "b4")
e2e.stop(process)
all_once(two, ["a%d" % i for i in range(1, 8)] +
         ["b%d" % i for i in range(1, 5)],
         "files renamed while nobody looked, and late lines: each once")

# ---- cut ------------------------------------------------------------------------
cut = new_site(("log", "generic"))
append(cut, "log", line("c1"), line("c2", "mark"))
process = serve(cut)
marks.noted(cut, "c2")
with open(os.path.join(cut.path, "log"), "r+") as f:
    cut.file("log.1", f.read() + line("c3"))  # copied with what came last
    f.truncate(0)
append(cut, "log", line("c4", "mark"))
marks.noted(cut, "c4")
status, said = e2e.stop(process)
e2e.ok("log was truncated" in said, "a file that was cut is said to be", said)
with open(os.path.join(cut.path, "log"), "w") as f:
    f.write("".join(line("d%d" % i) for i in range(50)) + line("d", "mark"))
process = serve(cut, "log was written anew")
marks.noted(cut, "d")
e2e.stop(process)
all_once(cut, ["c1", "c2", "c3", "c4", "d"] + ["d%d" % i for i in range(50)],
         "and each line is one alarm, those of the copy too")

# ---- what cannot be followed ------------------------------------------------------
none = e2e.run(new_site(("none", "generic")), "serve")
e2e.ok(none.status == 2 and "none" in none.err, "no such file: it is named",
       none.err)
e2e.done()
