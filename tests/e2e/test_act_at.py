"""act --at: a run for later, started once by whoever is there then."""

import datetime
import json
import os
import re
import signal
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
                  "2026-01-01T00:00:00Z": "is over",
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

# ---- it waits -------------------------------------------------------------------
now = datetime.datetime.now(datetime.timezone.utc)
early = act("+3s", "-p", "line=soon")
e2e.equal(early.status, 0, "a run for later: exit status 0")
e2e.ok(re.match(r"r1 waits until 20\S+Z \(in 3s\)", early.out),
       "its id, its time, and how long that is", early.out)
alarm = e2e.alarms(site, "alarm.ndjson", [{"Login": "from the alarm"}])
result = act("+3s", "--alarm", alarm)
e2e.equal(result.status, 0, "what is left out comes from the alarm")
later = json.loads(act("00:00", "-p", "line=later", "--json").out)
midnight = (now + datetime.timedelta(days=1)).strftime("%Y-%m-%d")
e2e.equal((later["event"], later["run"], later["due"]),
          ("waiting", "r3", midnight + "T00:00:00.000Z"),
          "HH:MM is the next one in UTC")
early = e2e.run(site, "run", "--json", "--source", "generic", empty)
e2e.equal(early.status, 0, "run does not stay for it")
e2e.ok(early.summary["waiting"] >= 1, "and counts it", early.out)
e2e.ok("r3 (Recorder: Note) waits until" in early.err, "and says it",
       early.err)

# ---- and is started once ----------------------------------------------------------
process = e2e.start(site, "serve", "--follow", empty, "--source", "generic",
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
e2e.ok(e2e.wait_until(lambda: len(site.lines(LOG)) >= 2, 60),
       "serve starts it in time")
process.send_signal(signal.SIGKILL)
process.wait()
for _ in range(2):
    e2e.run(site, "run", "--source", "generic", empty)
e2e.equal(sorted(site.lines(LOG)), ["from the alarm", "soon"],
          "once, whatever is killed, and what is not due is not")
e2e.done()
