"""Alarms over a UNIX socket: every line is answered, in order, once it is
kept; who sends fast waits, who does not read harms nobody; nothing that was
acknowledged is lost."""

import json
import os
import signal
import socket
import sqlite3
import stat
import threading

import e2e

PATH = "state/alarms.sock"
SENDERS = 8
EACH = 400


def new_site(source="generic", more=""):
    where = e2e.site()
    where.file("riposte.lua", """
return { intake = { { unix = "%s", source = "%s"%s } } }
""" % (PATH, source, more))
    return where


class Sender:
    """One connection."""

    def __init__(self, where):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(e2e.TIMEOUT)
        self.socket.connect(os.path.join(where.path, PATH))
        self.replies = self.socket.makefile("rb")

    def send(self, *lines):
        self.socket.sendall(b"".join(
            (line if isinstance(line, bytes) else line.encode()) + b"\n"
            for line in lines))

    def end(self):
        self.socket.shutdown(socket.SHUT_WR)

    def reply(self):
        """The next one; None once the other side has closed."""
        line = self.replies.readline()
        return json.loads(line) if line else None

    def rest(self):
        return [json.loads(line) for line in self.replies]

    def close(self):
        self.replies.close()
        self.socket.close()


def alarm(number):
    return json.dumps({"AlarmRuleName": "none", "n": number})


def alarms_kept(where):
    """How many the journal has."""
    result = e2e.run(where, "ls", "alarms", "--json", "--limit", "100000")
    return [json.loads(line) for line in result.out.splitlines()]


# ---- one answer a line ------------------------------------------------------
site = new_site()
process = e2e.serve(site)
info = os.stat(os.path.join(site.path, PATH))
e2e.equal(oct(stat.S_IMODE(info.st_mode)), "0o660",
          "the socket is for its owner and the group")
sender = Sender(site)
sender.send(alarm(1), "nonsense", alarm(2), alarm(1))
first, refused, second, again = [sender.reply() for _ in range(4)]
e2e.equal(len(first["ack"]), 64, "a line is acknowledged with the alarm's id")
e2e.ok("refused" in refused and len(refused) == 1, "no alarm: the reason",
       refused)
e2e.ok("ack" in second and second != first, "the next line has its own answer")
e2e.equal(again, {"ack": first["ack"], "duplicate": True},
          "the same bytes once more are the same alarm")
sender.socket.sendall(alarm(3).encode())
sender.end()
e2e.ok("ack" in sender.reply(), "a last line without LF is a line")
e2e.equal(sender.reply(), None, "then the connection is closed")
sender.close()

sender = Sender(site)
sender.send(b"x" * (1024 * 1024 + 1), alarm(4), b"\xff\xfe\0", b"\r", b"",
            alarm(5).encode() + b"\r")
sender.end()
replies = sender.rest()
e2e.equal([sorted(r) for r in replies],
          [["refused"], ["ack"], ["refused"], ["ack"]],
          "too long, not UTF-8, blank: refused, or no line")
e2e.equal(replies[0]["refused"], "longer than 1 MiB", "and it is said why")
sender.close()
sender = Sender(site)
sender.send('{"AlarmId":"7","n":1}', '{"AlarmId":"7","n":2}')
e2e.ok("ack" in sender.reply() and "id reused" in sender.reply()["refused"],
       "the same id with other bytes is refused")

# ---- many who send before they read ----------------------------------------
def pipelined(base, into):
    sender = Sender(site)
    sender.send(*[alarm(base + i) for i in range(EACH)])
    sender.end()
    into[base] = [r.get("ack") for r in sender.rest()]
    sender.close()


acked = {}
threads = [threading.Thread(target=pipelined, args=(1000 * (i + 1), acked))
           for i in range(SENDERS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
e2e.equal(sorted(len(set(ids)) for ids in acked.values()), [EACH] * SENDERS,
          "each sender has an answer for each of its lines")
e2e.equal(len(set(sum(acked.values(), []))), SENDERS * EACH, "all differ")

# ---- who does not read, and who goes ---------------------------------------
mute = Sender(site)
mute.socket.setblocking(False)
sent = 0
flood = b"".join(b"%d\n" % i for i in range(20000))
try:
    while sent < 200:
        mute.socket.sendall(flood)
        sent += 1
except BlockingIOError:
    pass
e2e.ok(sent < 200, "who does not read its answers is not read for ever", sent)
gone = Sender(site)
gone.send(alarm("gone"))
gone.close()
other = Sender(site)
other.send(alarm("other"))
e2e.ok("ack" in other.reply(), "others are served meanwhile")

# ---- stop: what was read is answered ----------------------------------------
other.send(*[alarm(("late", i)) for i in range(50)])
e2e.ok("ack" in other.reply(), "lines are being taken")
status, said = e2e.stop(process)
late = [r["ack"] for r in other.rest()]
e2e.equal(status, 0, "TERM: ends well")
e2e.ok(not os.path.exists(os.path.join(site.path, PATH)),
       "its socket is gone")
mute.close()
other.close()
kept = {a["alarm"] for a in alarms_kept(site)}
e2e.ok(set(late) <= kept and set(sum(acked.values(), [])) <= kept,
       "what was acknowledged is in the journal",
       "%d of %d" % (len(kept), len(late)))

# ---- killed: nothing that was acknowledged is lost ---------------------------
process = e2e.serve(site)
known = []
for round_ in range(3):
    sender = Sender(site)
    sender.send(*[alarm((round_, i)) for i in range(EACH)])
    known += [sender.reply()["ack"] for _ in range(20)]
    os.kill(e2e.engine_pid(site), signal.SIGKILL)
    try:
        known += [r["ack"] for r in sender.rest()]
    except (ConnectionError, ValueError):  # the last answer may be torn
        pass
    sender.close()
    e2e.kill_all(process)
    process.stderr.close()
    process = e2e.serve(site)
    sender = Sender(site)
    sender.send(*[alarm((round_, i)) for i in range(EACH)])
    sender.end()
    known += [r["ack"] for r in sender.rest()]
    sender.close()
e2e.ok(os.path.exists(os.path.join(site.path, PATH)),
       "a socket that was left is replaced")
e2e.equal(len(set(known)), 3 * EACH, "a retry is the same alarm")
e2e.equal(e2e.stop(process)[0], 0, "ends well")
kept = {a["alarm"] for a in alarms_kept(site)}
e2e.ok(set(known) <= kept, "kill -9: what was acknowledged is there")

# ---- who listens already, what else is there ---------------------------------
taken = new_site()
os.mkdir(os.path.join(taken.path, "state"), 0o700)
holder = socket.socket(socket.AF_UNIX)
holder.bind(os.path.join(taken.path, PATH))
holder.listen()
result = e2e.run(taken, "serve")
e2e.equal(result.status, 2, "a socket at which somebody listens is left alone")
e2e.ok("another process listens" in result.err, "and said", result.err)
holder.close()
os.unlink(os.path.join(taken.path, PATH))
taken.file(PATH, "precious")
result = e2e.run(taken, "serve")
e2e.ok(result.status == 2 and taken.read(PATH) == "precious",
       "a file is not replaced by a socket", result.err)

# ---- the source ---------------------------------------------------------------
unknown = e2e.run(new_site("genric"), "check")
e2e.ok(unknown.status == 2 and "generic" in unknown.err,
       "an unknown source: the nearest one is named", unknown.err)
auto = new_site("auto", ', mode = "0600"')
process = e2e.serve(auto)
e2e.equal(oct(stat.S_IMODE(os.stat(os.path.join(auto.path, PATH)).st_mode)),
          "0o600", "the mode is the one that was set")
sender = Sender(auto)
sender.send("what is this", "and this", '{"AlarmRuleName":"a"}')
replies = [sender.reply() for _ in range(3)]
e2e.ok("no source fits" in replies[0]["refused"], "auto: says what it skips",
       replies)
sender.close()
status, said = e2e.stop(process)
e2e.ok("%s:1: no source fits" % PATH in said, "and on stderr", said)

# ---- whose time an alarm has ----------------------------------------------------
times = {}
for name, key in (("received", ""), ("dated", 'time = "event", ')):
    where = new_site(name)
    where.file("sources/%s.lua" % name, 'return { name = "%s", format = "json",'
               ' %stime_field = "at" }\n' % (name, key))
    process = e2e.serve(where)
    sender = Sender(where)
    sender.send('{"at":"2020-01-02T03:04:05Z"}')
    e2e.ok("ack" in sender.reply(), "%s: taken" % name)
    sender.close()
    e2e.stop(process)
    db = sqlite3.connect(os.path.join(where.path, "state/journal.db"))
    times[name] = db.execute("SELECT time, received FROM alarms").fetchone()
    db.close()
e2e.equal(times["received"][0], times["received"][1],
          "a socket's alarm has the time of its receipt")
e2e.equal(times["dated"][0], 1577934245000,
          'or its own, where the source says time = "event"')
wrong = new_site("wrong")
wrong.file("sources/wrong.lua",
           'return { name = "wrong", format = "json", time = "mine" }\n')
result = e2e.run(wrong, "check")
e2e.ok(result.status == 2 and 'time is "event"' in result.err,
       "another word for it is an error", result.err)
e2e.done()
