"""The control socket: what commands do while serve has the journal is what they
do without it, by the roles of riposte.lua. Prints TAP."""

import json
import os
import socket
import stat
import threading

import e2e

POLICY = """
local riposte = require "riposte"
local free = riposte.action("Recorder", "Free")
local block = riposte.action("Recorder", "Block")
return { name = "asks", on = { AlarmRuleName = "ask" },
  run = function(alarm)
    local it = free.call { line = alarm.Line }
    if riposte.approve { "May it?", action = it, within = "30m" } then
      it()
    else
      free { line = "no " .. alarm.Line }
    end
  end }
"""
BLOCKS = """
local riposte = require "riposte"
local block = riposte.action("Recorder", "Block")
return { name = "blocks", on = { AlarmRuleName = "block" },
  run = function(alarm) block({ line = alarm.Line }, { expires = "1h" }) end }
"""


def made(lua="return {}"):
    where = e2e.site()
    e2e.plugin(where, "Recorder", {
        "Free": {"script": "note.sh", "params": ["Line"], "target": "Line"},
        "Block": {"script": "note.sh", "params": ["Line"], "target": "Line",
                  "undo": "Unblock", "verify": "Look"},
        "Unblock": {"script": "undo.sh", "params": ["Line"]},
        "Look": {"script": "look.sh", "params": ["Line"], "kind": "context"},
    }, {"note.sh": 'echo "$1" >>"$RIPOSTE_STATE/log"\n',
        "undo.sh": 'echo "undo $1" >>"$RIPOSTE_STATE/log"\n',
        "look.sh": 'echo "$1" >>"$RIPOSTE_STATE/looks"\n'})
    e2e.policy(where, "asks", POLICY)
    e2e.policy(where, "blocks", BLOCKS)
    where.file("riposte.lua", lua)
    where.file("in.ndjson", "")
    return where


def offer(where, rule, *lines):
    with open(where.path + "/in.ndjson", "a") as f:
        for line in lines:
            f.write(json.dumps({"AlarmRuleName": rule, "Line": line}) + "\n")


def serve(where):
    return e2e.serve(where, "--source", "generic", "--follow",
                     where.path + "/in.ndjson")


def log(where):
    return where.lines("state/recorder/log")


def listed(where, kind, *more):
    return [json.loads(line) for line in
            e2e.run(where, "ls", kind, "--json", *more).out.splitlines()]


# ---- the same with and without serve ---------------------------------------------
site = made()
daemon = serve(site)
offer(site, "ask", "one", "two", "three")
offer(site, "block", "b1", "b2")
e2e.wait_until(lambda: len(listed(site, "approvals")) == 3 and
               len(listed(site, "leases", "--state", "in force")) == 2)
ASKED = [("ls", kind) for kind in
         ("alarms", "runs", "steps", "leases", "approvals", "sets")]
ASKED += [("show", name) for name in ("r1", "r1.1", "a1", "l1")]
alarms = listed(site, "alarms")
ASKED += [("show", alarms[0]["alarm"]), ("explain", alarms[0]["alarm"]),
          ("show", "r99"), ("show", "a99"), ("show", "l99"),
          ("ls", "runs", "--state", "broken"), ("ls", "runs", "--limit", "1"),
          ("explain", "00"), ("show", "00"), ("approve", "a99"),
          ("approve", "x"), ("lease", "end", "l99"), ("cancel", "r1"),
          ("resolve", "r1.1", "done"), ("resolve", "r1.1", "maybe")]
online = {}
for words in ASKED:
    for more in ((), ("--json",)):
        result = e2e.run(site, *words, *more)
        online[words + more] = (result.status, result.out, result.err)
e2e.equal(e2e.stop(daemon)[0], 0, "serve ends")
different = []
for words, want in online.items():
    result = e2e.run(site, *words)
    if (result.status, result.out, result.err) != want:
        different.append((words, want,
                          (result.status, result.out, result.err)))
e2e.equal(different, [], "%d commands: the same output and status while serve "
          "has the journal, and while it does not" % len(online))
e2e.ok(all(value[1] for words, value in online.items()
           if words[0] == "ls" and "broken" not in words),
       "and there was something to be said")

# ---- decided at once ---------------------------------------------------------------
daemon = serve(site)
e2e.ok(stat.S_IMODE(os.stat(site.path + "/state/control.sock").st_mode) ==
       0o666, "the socket is there, for whoever gets into its folder")
before = log(site)
result = e2e.run(site, "approve", "a1", "--as", "alice", "--note", "seen")
e2e.equal((result.status, result.out.startswith("a1 approved by alice")),
          (0, True), "a person says yes", )
e2e.ok(e2e.wait_until(lambda: "one" in log(site)), "and it starts at once",
       log(site))
e2e.equal(e2e.run(site, "deny", "a2", "--as", "alice").status, 0, "a no")
e2e.ok(e2e.wait_until(lambda: "no two" in log(site)), "is heard at once")
result = e2e.run(site, "approve", "a1", "--as", "bob")
e2e.ok(result.status == 2 and "used" in result.err, "each counts once",
       result.err)

results = []


def approve(name):
    results.append(e2e.run(site, "approve", "a3", "--as", name).status)


threads = [threading.Thread(target=approve, args=("p%d" % i,))
           for i in range(12)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
e2e.equal(sorted(results), [0] + [2] * 11, "twelve at once: one yes")
e2e.wait_until(lambda: "three" in log(site))
e2e.equal(log(site).count("three"), 1, "one start")

# ---- leases ------------------------------------------------------------------------
result = e2e.run(site, "lease", "extend", "l1", "2h", "--json")
e2e.equal(result.status, 0, "a lease is extended")
looks = len(site.lines("state/recorder/looks"))
result = e2e.run(site, "lease", "verify", "l2")
e2e.equal((result.status, result.out), (0, "l2 is verified now (Recorder / "
                                        "Block on b2)\n"), "verified")
e2e.ok(e2e.wait_until(
    lambda: len(site.lines("state/recorder/looks")) == looks + 1),
    "at once")
result = e2e.run(site, "lease", "end", "l1")
e2e.equal((result.status, result.out),
          (0, "l1 is undone now (Recorder / Block on b1)\n"), "ended")
e2e.ok(e2e.wait_until(lambda: "undo b1" in log(site)), "and undone at once")
e2e.equal(e2e.run(site, "lease", "end", "l2", "--done").status, 0,
          "one is undone by hand")
e2e.equal(e2e.run(site, "lease", "end", "l2").status, 3, "then it is over")
e2e.equal((e2e.stop(daemon)[0], log(site).count("undo b2")), (0, 0),
          "and nothing undoes it")
e2e.equal(e2e.run(site, "audit", "verify").status, 0, "the audit is whole")

# ---- what waits for its time -------------------------------------------------------
result = e2e.run(site, "act", "Recorder", "Free", "-p", "line=later", "--at",
                 "+1h", "--json")
waiting = json.loads(result.out)["run"]
daemon = serve(site)
result = e2e.run(site, "cancel", waiting)
e2e.equal((result.status, "is called off" in result.out), (0, True),
          "a run that waits is called off")
e2e.equal(e2e.run(site, "cancel", waiting).status, 2, "once")
e2e.equal([r["outcome"] for r in listed(site, "runs") if r["run"] == waiting],
          ["aborted"], "and has ended")

# ---- those who do not keep to it -----------------------------------------------------
SOCKET = site.path + "/state/control.sock"


def raw(data, half=True):
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(e2e.TIMEOUT)
        s.connect(SOCKET)
        s.sendall(data)
        if half:
            s.shutdown(socket.SHUT_WR)
        got = b""
        while True:
            part = s.recv(65536)
            if not part:
                return got
            got += part


for data, name in (
        (b"hello\n", "no JSON"), (b"{}\n", "no words"),
        (b'{"words":[]}\n', "none of them"), (b'{"words":[1]}\n', "no text"),
        (b'{"words":["ls\\u0000","runs"]}\n', "a NUL"),
        (b'{"words":["no-such"]}\n', "no command"),
        (b'{"words":["--help"]}\n', "nothing to do"),
        (b'{"words":["run","/etc/passwd"]}\n', "its own process's"),
        (b'{"words":["ls"]}\n', "half a command"),
        (b'{"words":["ls","plugins"]}\n', "none of the journal's"),
        (b'{"words":["' + b"x" * 70000 + b'"]}\n', "too long")):
    answer = raw(data)
    e2e.ok(b'"exit":2,"error"' in answer, "refused: %s" % name, answer)
e2e.equal(raw(b""), b"", "who says nothing is told nothing")
e2e.ok(b'"out":' in raw(b'{"words":["ls","runs"]}\n{"words":["ls","runs"]}\n',
                        half=False), "one request a connection")
with socket.socket(socket.AF_UNIX) as gone:
    gone.connect(SOCKET)
    gone.sendall(b'{"words":["ls","runs","--json"]}\n')
idle = []
for _ in range(80):
    one = socket.socket(socket.AF_UNIX)
    one.setblocking(False)
    try:
        one.connect(SOCKET)
    except BlockingIOError:
        pass
    idle.append(one)
for one in idle:
    one.close()
e2e.equal(e2e.run(site, "ls", "runs").status, 0, "and others are served")
e2e.equal(e2e.stop(daemon)[0], 0, "serve ends")
e2e.ok(not os.path.exists(SOCKET), "its socket is gone")

# ---- killed ------------------------------------------------------------------------
daemon = serve(site)
e2e.kill_all(daemon)
e2e.equal(e2e.run(site, "ls", "runs").status, 0,
          "a socket that nobody listens on does not matter")
daemon = serve(site)
e2e.equal(e2e.run(site, "ls", "runs").status, 0, "nor for the next one")
e2e.stop(daemon)
e2e.done()
