"""Impossible travel, a phishing sender, ransomware at work: the shipped
policies on alarms of a file, with plugins that really run; each with what it
must leave alone. Documentation addresses; the processes are our own."""

import json
import os
import subprocess

import e2e

HOST = os.uname().nodename


def sleeper():
    """A process to be ended; poll() tells by what."""
    return subprocess.Popen(["sleep", "600"], stdout=subprocess.DEVNULL)


def login(number, user, minute, country, address, **more):
    return {"AlarmId": "L%d" % number, "AlarmRuleName": "User Logon Success",
            "AlarmDate": "2026-11-24T06:%02d:00Z" % minute, "Login": user,
            "SIP": address, "SLocationCountry": country, **more}


def mail(number, sender, subject):
    return {"AlarmId": "M%d" % number, "AlarmRuleName": "Phishing reported",
            "Sender": sender, "Recipient": "anna@corp.example",
            "Subject": subject}


def locker(number, process, **more):
    return {"AlarmId": "R%d" % number, "AlarmRuleName": "Ransomware behaviour",
            "DHostName": HOST, "Process": "sleep", "Object": hex(process.pid),
            **more}


site = e2e.shipped()
site.file("lists/travellers.txt", "carl\n")
site.file("lists/egress.txt", "192.0.2.0/24\n")
guilty, spared, elsewhere, other = processes = [sleeper() for _ in range(4)]
site.file("lists/allowed_processes.txt", "/opt/backup/sleep\n")
items = [
    # From Japan to Portugal in half an hour; the second, or the first where
    # the engine looks at them the other way round.
    login(1, "anna", 0, "JP", "198.51.100.7"),
    login(2, "anna", 30, "PT", "203.0.113.9"),
    # Over a border; by two countries' names alone that is no journey.
    login(3, "ben", 0, "DE", "198.51.100.8"),
    login(4, "ben", 30, "FR", "203.0.113.8"),
    # Somebody who travels; one of our exits; a country that is none.
    login(5, "carl", 0, "JP", "198.51.100.7"),
    login(6, "carl", 30, "PT", "203.0.113.9"),
    login(7, "dora", 0, "JP", "198.51.100.7"),
    login(8, "dora", 30, "PT", "192.0.2.9"),
    login(9, "emil", 0, "Atlantis", "198.51.100.7"),
    login(10, "emil", 30, "PT", "203.0.113.9"),

    mail(1, '"Your boss" <Promo@shop.example>', "$(reboot) `x` ; rm -rf /"),
    mail(2, "boss@corp.example", "Gift cards"),
    mail(3, "x@mail.corp.example", "Gift cards"),
    mail(4, "no address\n--list=x", "Hello"),
    {**mail(5, "a@shop.example", "Invoice"), "AlarmRuleName": "Spam reported"},

    locker(1, guilty, SIP="10.1.2.3", DIP="198.51.100.7"),
    locker(2, spared, Process="/opt/backup/sleep"),
    locker(3, elsewhere, DHostName="files-01.corp.example"),
    locker(4, other, Process="locker", SIP="10.1.2.4", DIP="203.0.113.9"),
]
path = e2e.alarms(site, "alarms.ndjson", items)
try:
    result = e2e.run(site, "run", "--source", "generic", "--json", path)
    e2e.equal(result.status, 0, "exit status 0")
    e2e.equal((result.summary["alarms"], result.summary["refused"]),
              (len(items), 0), "%d alarms, 0 refused" % len(items))
    e2e.equal(e2e.wait_until(guilty.poll), -15,
              "the process that encrypts was ended by SIGTERM")
    for process, why in ((spared, "is on the list"),
                         (elsewhere, "runs elsewhere"),
                         (other, "is another program")):
        e2e.equal(process.poll(), None, "the one that %s goes on" % why)
finally:
    for process in processes:
        process.kill()
        process.wait()

tickets = {}
for name in os.listdir(os.path.join(site.path, "state/ticket")):
    ticket = json.loads(site.read("state/ticket/" + name))
    tickets[ticket["alarm"]] = ticket

travel = sorted(alarm for alarm in tickets if alarm.startswith("L"))
e2e.ok(len(travel) == 1 and travel[0] in ("L1", "L2"),
       "one impossible journey, and no other login's", travel)
ticket = tickets[travel[0]]
e2e.equal(ticket["subject"], "Impossible travel: anna", "its ticket names her")
e2e.ok("JP at 2026-11-24T06:00:00" in ticket["details"]
       and "PT at 2026-11-24T06:30:00" in ticket["details"],
       "and both places", ticket["details"])
e2e.equal(site.read("state/list_keeper/watched_users.txt"), "anna\n",
          "she is on the list watched_users, alone")
e2e.equal(len([n for n in os.listdir(os.path.join(
    site.path, "state/login_history")) if n.endswith(".json")]), 4,
          "logins are kept of four people: not of the traveller")

e2e.equal(site.read("state/list_keeper/senders.txt"), "promo@shop.example\n",
          "the sender is on the list; ours, no address, and spam are not")
e2e.equal(sorted(a for a in tickets if a.startswith("M")),
          ["M1", "M2", "M3", "M4"], "each phishing mail has a ticket")
ticket = tickets["M1"]
e2e.ok("To: anna@corp.example\nSubject: $(reboot) `x` ; rm -rf /\n"
       in ticket["details"], "with recipient and subject", ticket)
e2e.equal([tickets[a]["priority"] for a in ("M1", "M2", "M3", "M4")],
          ["normal", "high", "high", "normal"],
          "who claims to be one of us is urgent")

e2e.equal(sorted(a for a in tickets if a.startswith("R")),
          ["R1", "R2", "R3", "R4"], "each ransomware alarm has a ticket")
for alarm, priority, words in (
        ("R1", "high", "was ended.\n10.1.2.3 is isolated."),
        ("R2", "normal", "is allowed; it goes on.\nNo host was isolated."),
        ("R3", "high", "is not this machine"),
        ("R4", "high", "not locker\nNo host was isolated.")):
    ticket = tickets.get(alarm, {"priority": "", "details": ""})
    e2e.ok(ticket["priority"] == priority and words in ticket["details"],
           "%s: %s, %s" % (alarm, priority, words.replace("\n", " ")), ticket)
e2e.equal(json.loads(site.read("state/host_isolation/isolated.json")),
          {"10.1.2.3": "Ransomware behaviour"},
          "the host whose other end has a bad name is isolated, alone")

again = e2e.run(site, "run", "--source", "generic", "--json", path)
e2e.equal((again.summary["alarms"], again.of("step")), (0, []),
          "a second time everything is a duplicate")

# A dry run of the same alarms leaves no trace, and ends nothing.
site = e2e.shipped()
process = sleeper()
try:
    path = e2e.alarms(site, "alarms.ndjson", items[:-4] + [locker(9, process)])
    result = e2e.run(site, "run", "--source", "generic", "--json", "--dry-run",
                     path)
    e2e.equal((result.status, process.poll(),
               os.path.exists(os.path.join(site.path, "state"))),
              (0, None, False), "a dry run ends no process and keeps nothing")
    e2e.equal({run["outcome"] for run in result.of("run")}, {"done"},
              "and every run of it is done")
finally:
    process.kill()
    process.wait()

e2e.done()
