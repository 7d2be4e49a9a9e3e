"""Syslog over TCP and UDP: both framings, both headers, CEF, LEEF and JSON
inside; what cannot be read is refused; what the kernel drops is said; other
syslog daemons forward, and every message comes once."""

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess

import e2e
import marks

MESSAGES = 10000
SSHD = "sshd[24200]: Failed password for root from 192.0.2.%d port 38926 ssh2"


def port(kind):
    """One that is free."""
    with socket.socket(socket.AF_INET, kind) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def new_site(*entries):
    """Each entry: its key and its source. Returns the site and the ports."""
    where = marks.site()
    ports = [port(socket.SOCK_DGRAM if "udp" in key else socket.SOCK_STREAM)
             for key, _ in entries]
    where.file("riposte.lua", "return { intake = { %s } }\n" % ", ".join(
        '{ %s = "127.0.0.1:%d", source = "%s" }' % (key, number, source)
        for (key, source), number in zip(entries, ports)))
    return where, ports


def mark(n):
    return '<13>Nov 24 06:55:46 host app: {"AlarmRuleName":"mark","n":"%s"}' % n


def kept(where):
    """The alarms of the journal, as (source, raw). The daemon has ended."""
    db = sqlite3.connect(os.path.join(where.path, "state/journal.db"))
    rows = db.execute("SELECT source, raw FROM alarms ORDER BY seq").fetchall()
    db.close()
    return [(source, bytes(raw).decode()) for source, raw in rows]


def tcp(number, *pieces):
    with socket.create_connection(("127.0.0.1", number)) as s:
        for piece in pieces:
            s.sendall(piece if isinstance(piece, bytes) else piece.encode())


def counted(text):
    return b"%d %s" % (len(text.encode()), text.encode())


# ---- headers and framings -----------------------------------------------------
site, (lines, objects, cef, auto, udp) = new_site(
    ("syslog_tcp", "sshd"), ("syslog_tcp", "generic"), ("syslog_tcp", "cef"),
    ("syslog_tcp", "auto"), ("syslog_udp", "generic"))
process = e2e.serve(site)
tcp(lines, "<34>Nov 24 06:55:46 web-1 " + SSHD % 1 + "\n",
    "<34>1 2026-11-24T06:55:46.003Z web-2 sshd 24200 - - Failed password for "
    "root from 192.0.2.2 port 38926 ssh2\r\n",
    "Nov 24 06:55:46 web-3 " + SSHD % 3 + "\n<34>nothing of ours\n",
    "<34>Nov 24 06:55:46 web-4 " + SSHD % 4)
two = counted("<34>Nov 24 06:55:46 web-5 " + SSHD % 5) + b"\n" + counted(
    "<34>1 - - sshd 1 - [x@1 y=\"]\"] Failed password for a from 192.0.2.6 "
    "port 1 ssh2\n")
tcp(lines, *[two[i:i + 7] for i in range(0, len(two), 7)])
tcp(objects, "<13>1 - h app - - - \xef\xbb\xbf".encode("latin-1") +
    b'@cee: {"AlarmRuleName":"x","n":1}\n{"AlarmRuleName":"x","n":2}\n',
    mark("objects") + "\n")
tcp(cef, "<13>Nov 24 06:55:46 ips CEF:0|V|P|1|100|Worm|9|src=192.0.2.7\n",
    "<13>1 2026-11-24T06:55:46Z ips - - - - CEF:0|V|P|1|100|Worm|9|"
    "src=192.0.2.8\n")
tcp(auto, "<13>1 2026-11-24T06:55:46Z ips - - - - LEEF:1.0|V|P|1|7|"
    "src=192.0.2.9\n")
tcp(auto, '<13>Nov 24 06:55:46 h app: {"AlarmRuleName":"auto"}\n')
tcp(auto, "<13>Nov 24 06:55:46 h " + SSHD % 10 + "\n",
    '<13>Nov 24 06:55:46 h app: {"AlarmRuleName":"no"}\n')
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    s.connect(("127.0.0.1", udp))
    s.send(mark("same").encode())
    s.send(mark("same").encode())
    s.send(b"")
    s.send(b"<13>Nov 24 06:55:46 h app: {\"x\xff\0\":1}")
    s.send((mark("udp") + "\n").encode())
marks.noted(site, "objects")
marks.noted(site, "udp")
# Whatever was sent before on other connections is read when these are.
tcp(cef, "<13>Nov 24 06:55:46 i CEF:0|V|P|1|1|mark|9|n=cef\n")
sources = {"sshd": 7, "cef": 3, "leef": 1, "generic": 7}
e2e.wait_until(lambda: sum(sources.values()) <= len(
    e2e.run(site, "ls", "alarms", "--json").out.splitlines()))
status, said = e2e.stop(process)
e2e.equal(status, 0, "ends well")
rows = kept(site)
texts = [raw for _, raw in rows]
e2e.equal({s: sum(1 for r in rows if r[0] == s) for s in sources}, sources,
          "every message is an alarm of its source")
for web in (1, 3, 4, 5):
    e2e.ok("Nov 24 06:55:46 web-%d " % web + SSHD % web in texts,
           "RFC 3164: the line of a log file (%d)" % web, texts)
e2e.ok("2026-11-24T06:55:46.003Z web-2 " + SSHD % 2 in texts,
       "RFC 5424: the same line", texts)
e2e.ok(any(t.endswith("Z - sshd[1]: Failed password for a from 192.0.2.6 "
                      "port 1 ssh2") for t in texts),
       "without time and host: it has that of its receipt", texts)
e2e.equal(site.lines("state/recorder/log").count("same"), 2,
          "equal messages are two alarms")
e2e.ok("read as leef" in said and "read as generic" in said and
       "read as sshd" in said, "auto decides for each connection", said)
e2e.ok("\"no\"" not in "".join(texts), "and once", texts)

# ---- what cannot be read ------------------------------------------------------
site, (number, udp) = new_site(("syslog_tcp", "generic"),
                               ("syslog_udp", "generic"))
process = e2e.serve(site)
tcp(number, b"0123 x")
tcp(number, b"12x45")
tcp(number, b"99999999999999999999 x")
tcp(number, b"100 short")
tcp(number, b"1048577 " + b"x" * 1048577 + counted(mark("after")))
tcp(number, b"<13>\0\0\xff\n<999>x\n<>\n<\n>\n", mark("garbage") + "\n")
marks.noted(site, "after")
marks.noted(site, "garbage")

# The kernel drops what nobody takes.
engine = e2e.engine_pid(site)
os.kill(engine, signal.SIGSTOP)
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    s.connect(("127.0.0.1", udp))
    for i in range(40000):
        s.send(b"%d %s" % (i, b"x" * 1000))
    os.kill(engine, signal.SIGCONT)
    e2e.wait_until(lambda: s.send(mark("dropped").encode()) and
                   "dropped" in site.lines("state/recorder/log"), pause=0.1)
status, said = e2e.stop(process)
quarantine = [json.loads(line) for line in
              site.lines("state/quarantine.ndjson")]
reasons = "\n".join(q["reason"] for q in quarantine)
e2e.ok("begins with 0" in said and "no length" in said,
       "a count that is none ends the connection", said[:2000])
e2e.ok("ended before the message" in reasons and
       "longer than 1 MiB" in reasons, "cut short, too long: refused",
       reasons[:2000])
e2e.ok("datagrams were lost" in said, "what the kernel dropped is said",
       said[-2000:])

# ---- where it listens ------------------------------------------------------------
wide = e2e.site()
wide.file("riposte.lua", 'return { intake = { { syslog_tcp = "0.0.0.0:5514", '
          'source = "auto" } } }\n')
result = e2e.run(wide, "check")
e2e.ok(result.status == 2 and "insecure = true" in result.err,
       "beyond loopback only where the site says so", result.err)


# ---- other daemons ---------------------------------------------------------------
def forward(name, program, configuration, *words):
    """MESSAGES lines of a file through that daemon, over TCP."""
    path = shutil.which(program) or shutil.which("/usr/sbin/" + program)
    if not path:
        raise e2e.Skip("%s is not installed" % program)
    where, (number,) = new_site(("syslog_tcp", "generic"))
    where.file("in", "".join(
        '{"AlarmRuleName":"load","n":%d}\n' % i for i in range(MESSAGES)) +
        '{"AlarmRuleName":"mark","n":"end"}\n')
    conf = where.file("daemon.conf", configuration % {
        "site": where.path, "port": number})
    mine = e2e.serve(where)
    theirs = subprocess.Popen([path] + [w % {"conf": conf, "site": where.path}
                                        for w in words],
                              stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE)
    e2e.wait_until(lambda: theirs.poll() is not None or
                   "end" in where.lines("state/recorder/log"))
    theirs.terminate()
    err = theirs.communicate(timeout=e2e.TIMEOUT)[1].decode()
    e2e.stop(mine)
    numbers = [json.loads(raw)["n"] for _, raw in kept(where)]
    if sorted(map(str, numbers)) != sorted(map(str, list(range(MESSAGES)) +
                                               ["end"])):
        raise AssertionError("%d alarms of %d messages: %s" % (
            len(numbers), MESSAGES + 1, err[-2000:]))
    return "%d messages" % len(numbers)


e2e.attempt("rsyslog forwards, every message once", forward, "rsyslog",
            "rsyslogd", """
global(workDirectory="%(site)s")
module(load="imfile" mode="polling" pollingInterval="1")
input(type="imfile" file="%(site)s/in" tag="app:" ruleset="out")
ruleset(name="out") {
  action(type="omfwd" target="127.0.0.1" port="%(port)d" protocol="tcp"
         tcp_framing="octet-counted" template="RSYSLOG_SyslogProtocol23Format")
}
""", "-n", "-f", "%(conf)s", "-i", "%(site)s/rsyslog.pid")
e2e.attempt("syslog-ng forwards, every message once", forward, "syslog-ng",
            "syslog-ng", """
@version: 3.38
source s { file("%(site)s/in" follow-freq(1) flags(no-parse)
                program-override("app") read-old-records(yes)); };
destination d { network("127.0.0.1" port(%(port)d) transport("tcp")); };
log { source(s); destination(d); flags(flow-control); };
""", "-F", "-f", "%(conf)s", "-R", "%(site)s/ng.persist", "-p",
            "%(site)s/ng.pid", "-c", "%(site)s/ng.ctl", "--no-caps")
e2e.done()
