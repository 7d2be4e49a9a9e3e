"""The shipped policies on real input, against figures computed by other
means: a public sshd log, Suricata's alerts, and our own recording."""

import collections
import json
import os
import re
import shutil
import tempfile
from datetime import datetime, timedelta

import e2e

COUNT, WITHIN = 5, timedelta(minutes=1)


def failed_logins(path):
    """(time, address, count) of every failed password in an sshd log."""
    one = re.compile(
        r"^(\w{3} [ \d]\d \d\d:\d\d:\d\d) \S+ sshd\[\d+\]: "
        r"(?:message repeated (\d+) times: \[ )?"
        r"Failed password for .* from (\S+) port \d+ ssh2\]?$")
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            found = one.match(line.rstrip("\r\n"))
            if found:
                # Any leap year: only differences matter.
                at = datetime.strptime("2024 " + found[1],
                                       "%Y %b %d %H:%M:%S")
                yield at, found[3], int(found[2] or 1)


def firings(logins):
    """The addresses that complete COUNT within WITHIN, one entry a firing:
    then silent until WITHIN has passed without another failure."""
    window = collections.defaultdict(list)
    silent_until = {}
    fired = []
    for at, address, count in logins:
        if address in silent_until:
            if at <= silent_until[address]:
                silent_until[address] = at + WITHIN
                continue
            del silent_until[address]
        times = [t for t in window[address] if at - t <= WITHIN] + [at] * count
        window[address] = times
        if len(times) >= COUNT:
            fired.append(address)
            window[address] = []
            silent_until[address] = at + WITHIN
    return fired


def addresses_fired(result):
    """The address that every brute-force run looked up, in order of runs."""
    return [step["argv"][-1] for step in result.of("step")
            if step["policy"] == "ssh-brute-force"
            and step["action"] == "Look up address"]


def test_log(path, name):
    want = collections.Counter(firings(failed_logins(path)))
    site = e2e.shipped()
    result = e2e.run(site, "run", "--source", "sshd", "--json", path)
    e2e.equal(result.status, 0, name + ": exit status 0")
    got = collections.Counter(addresses_fired(result))
    e2e.equal(got, want, "%s: fires %d times for %d addresses, as computed "
              "apart" % (name, sum(want.values()), len(want)))
    e2e.equal(result.summary["refused"], 0, name + ": 0 refused")
    again = e2e.run(site, "run", "--source", "sshd", "--json", path)
    e2e.equal((again.summary["duplicates"], again.summary["alarms"],
               again.summary["runs"], again.of("step")),
              (result.summary["alarms"], 0, 0, []),
              name + ": a second time everything is a duplicate")
    return site, result


public = e2e.shared("data/openssh-2k.log")
if public:
    _, outcome = test_log(public, "openssh-2k.log")
    e2e.equal((len(addresses_fired(outcome)),
               len(set(addresses_fired(outcome)))), (12, 11),
              "openssh-2k.log: 12 firings for 11 addresses")
else:
    e2e.skip("openssh-2k.log", "the shared data is absent")

recording = os.path.join(e2e.ROOT, "tests/data/sshd/auth.log")
place, outcome = test_log(recording, "the recording")
e2e.equal(sorted(set(addresses_fired(outcome))),
          ["127.0.0.20", "127.0.0.66", "127.0.0.99"],
          "the recording: the three addresses that tried often enough")
blocked = place.lines("state/host_firewall/blocked.txt")
e2e.equal(blocked, ["127.0.0.66", "127.0.0.99"],
          "blocked: the attackers; not the allowed address, and not "
          "203.0.113.9, which a user name named")
tickets = os.listdir(os.path.join(place.path, "state/ticket"))
e2e.equal(len(tickets), 3, "a ticket for each of the three")
e2e.ok(all(json.loads(place.read("state/ticket/" + t))["alarm"]
           for t in tickets), "every ticket names its alarm")

# Renamed, copied and grown, the same lines are the same alarms.
with tempfile.TemporaryDirectory() as folder:
    grown = os.path.join(folder, "other.log")
    shutil.copy(recording, grown)
    with open(grown, "a", encoding="utf-8") as file:
        file.write("Nov 24 06:30:00 bastion sshd[1]: Failed password for "
                   "root from 127.0.0.40 port 9 ssh2\n")
    result = e2e.run(place, "run", "--source", "sshd", "--json", grown)
    e2e.equal((result.summary["alarms"], result.summary["duplicates"]),
              (1, outcome.summary["alarms"]),
              "a renamed and grown copy: one new alarm")

total = 0
for name in ("first-org-conf-2015", "wrccdc-2017", "wrccdc-2018"):
    path = e2e.shared("data/suricata-%s.ndjson" % name)
    if not path:
        e2e.skip("suricata " + name, "the shared data is absent")
        continue
    with open(path, encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    malware = sum(bool(re.match(r"ET (MALWARE|TROJAN) ",
                                r["alert"]["signature"])) for r in records)
    for source in ("suricata", "auto"):
        result = e2e.run(e2e.shipped(), "run", "--source", source, "--json", path)
        e2e.equal((result.status, result.summary["alarms"],
                   result.summary["refused"]), (0, len(records), 0),
                  "suricata %s, --source %s: %d alarms, 0 refused"
                  % (name, source, len(records)))
        e2e.equal(sum(r["policy"] == "malware-isolation"
                      for r in result.of("run")), malware,
                  "suricata %s: %d malware alarms, as computed apart"
                  % (name, malware))

e2e.done()
