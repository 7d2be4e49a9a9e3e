"""act --at: a run for later, started once by whoever is there then."""

import datetime
import json
import os
import re
import signal
import socket
import subprocess

import e2e

site = e2e.site()
e2e.plugin(site, "Recorder", {
    "Note": {"script": "note.sh",
             "params": [("Line", {"field": "Login", "Required": "true"})]},
    "Port": {"script": "note.sh", "params": [("Port", {"Type": "port"})]},
    "Sign": {"script": "note.sh", "params": ["Key"]},
}, {
    "note.sh": 'echo "$1" >>"$RIPOSTE_STATE/log"\n',
})
manifest = site.read("plugins/recorder/actions.xml")
site.file("plugins/recorder/actions.xml", re.sub(
    r'(<remv1:StringParameter Name="Key".*?</remv1:StringParameter>)',
    r'<remv1:EncryptedParameter>\1</remv1:EncryptedParameter>', manifest))
LOG = "state/recorder/log"
empty = site.file("empty.ndjson", "")


def act(at, *more, action="Note"):
    return e2e.run(site, "act", "Recorder", action, "--at", at, *more)


# ---- what is asked for ---------------------------------------------------------
for at, words in {"": "needs a value", "soon": "takes a time",
                  "+": "takes a time", "+10": "takes a time",
                  "25:00": "takes a time", "9:00": "takes a time",
                  "2020-01-01T00:00:00Z": "is over",
                  "+0s": "is over", "+367d": "366 days"}.items():
    result = act(at, "-p", "line=x")
    e2e.ok(result.status == 2 and words in result.err,
           "--at %r is refused" % at, result.err)
result = act("+1h")
e2e.ok(result.status == 2 and "Line" in result.err,
       "what would be refused then is refused now", result.err)
result = act("+1h", "-p", "port=70000", action="Port")
e2e.ok(result.status == 2 and "Port" in result.err, "a value's type too",
       result.err)
result = act("+1h", "-p", "key=canary", action="Sign")
e2e.ok(result.status == 2 and "riposte secret set" in result.err,
       "text for an encrypted parameter is not kept", result.err)

for at in ("soon", "2020-01-01T00:00:00Z"):
    result = act(at, "-p", "line=x", "--dry-run")
    e2e.ok((result.status, result.out) == (2, "") and "--at" in result.err,
           "--dry-run refuses --at %s too" % at, result.err)
result = act("+1h", "-p", "key=canary", "--dry-run", action="Sign")
e2e.ok(result.status == 2 and "riposte secret set" in result.err,
       "and what could not be kept", result.err)
result = act("2h", "-p", "line=x")
e2e.ok(result.status == 2, "a duration without + is no time", result.err)
result = act("+1h", "-p", "line=x", "--dry-run")
e2e.ok(result.status == 0 and "it would wait until 20" in result.err and
       "argv:   sh note.sh x\n" in result.out, "else it says what would run",
       result.out + result.err)
e2e.ok(not site.read("state/lock"), "and keeps nothing")

# ---- it waits -------------------------------------------------------------------
early = act("+3s", "-p", "line=soon")
e2e.equal(early.status, 0, "a run for later: exit status 0")
e2e.ok(re.match(r"r1 waits until 20\S+Z \(in [0-3]s\)", early.out),
       "its id, its time, and how long that is", early.out)
alarm = e2e.alarms(site, "alarm.ndjson", [{"Login": "from the alarm"}])
result = act("+3s", "--alarm", alarm)
e2e.equal(result.status, 0, "what is left out comes from the alarm")
half = datetime.datetime.now(datetime.timezone.utc) + \
    datetime.timedelta(hours=12)
later = json.loads(act(half.strftime("%H:%M"), "-p", "line=later",
                       "--json").out)
e2e.equal((later["event"], later["run"], later["due"]),
          ("waiting", "r3", half.strftime("%Y-%m-%dT%H:%M:00.000Z")),
          "HH:MM is the next one in UTC")
early = e2e.run(site, "run", "--json", "--source", "generic", empty)
e2e.equal(early.status, 0, "run does not stay for it")
e2e.ok(early.summary["waiting"] >= 1, "and counts it", early.out)
e2e.ok("r3 (Recorder: Note) waits until" in early.err, "and says it",
       early.err)

# A secret is looked up when it is due, not before.
SECRET = "canary-7f3a9c1e5d"
result = act("+3s", "-p", "key=secret:signing", action="Sign")
e2e.equal(result.status, 0, "a secret by its name is kept")
e2e.ok("no secret called signing" in result.err, "with a warning, as there is "
       "none yet", result.err)
e2e.run(site, "secret", "set", "signing", input=SECRET + "\n")
result = act("+1h", "-p", "key=secret:signing", action="Sign")
e2e.equal(result.err, "", "and without, as it is there")
e2e.run(site, "cancel", json.loads(
    e2e.run(site, "ls", "runs", "--json").out.splitlines()[-1])["run"])

# ---- and is started once ----------------------------------------------------------
process = e2e.start(site, "serve", "--follow", empty, "--source", "generic",
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
e2e.ok(e2e.wait_until(lambda: len(site.lines(LOG)) >= 3),
       "serve starts it in time")
process.send_signal(signal.SIGKILL)
process.wait()
for _ in range(2):
    e2e.run(site, "run", "--source", "generic", empty)
e2e.equal(sorted(site.lines(LOG)), [SECRET, "from the alarm", "soon"],
          "once, whatever is killed, and what is not due is not")
held = []
for folder, _, names in os.walk(site.path):
    for path in (os.path.join(folder, name) for name in names):
        if not os.path.isfile(path):
            continue  # the socket of the one that was killed
        with open(path, "rb") as file:
            if SECRET.encode() in file.read():
                held.append(os.path.relpath(path, site.path))
e2e.equal(sorted(held), sorted([LOG, "state/secrets/signing"]),
          "the secret is where it is kept and where the plugin put it")

# ---- an alarm on stdin --------------------------------------------------------------
ours, theirs = socket.socketpair()
ours.sendall(b'{"Login":"from a socket"}\n')
ours.shutdown(socket.SHUT_WR)
theirs.setblocking(False)
process = e2e.start(site, "act", "Recorder", "Note", "--alarm", "-",
                    "--dry-run", stdin=theirs)
out, err = process.communicate(timeout=e2e.TIMEOUT)
e2e.ok(b"note.sh 'from a socket'" in out, "stdin may be a socket",
       out + err)
e2e.done()
