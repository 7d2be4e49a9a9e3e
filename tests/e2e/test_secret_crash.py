"""kill -9 of the engine while an action has its secret, and while it is looked
up: what was under way is Unknown and not started again, what was only about to
begin does so with what the secret is by then, and nothing of it is left
anywhere."""

import glob
import os
import random
import signal
import string
import subprocess

import e2e
from e2e import wait_until

seed = int(os.environ.get("SEED") or random.randrange(1 << 32))
e2e.note("seed: SEED=%d" % seed)
dice = random.Random(seed)
canaries = []
outputs = b""

SCRIPT = """
key=%s
mkdir -p "$RIPOSTE_STATE"
echo "$RIPOSTE_STEP ${#key}" >>"$RIPOSTE_STATE/%s"
echo "it is $key"
head -c 5000 /dev/zero | tr '\\0' x
until [ -e "$RIPOSTE_STATE/go-%s" ]; do sleep 0.05; done
"""
# Says that it was asked, and waits for leave to answer.
VAULT = """
echo "$1" >>asked
until [ -e leave ]; do sleep 0.05; done
cat value
"""
POLICY = """
local riposte = require "riposte"
local block = riposte.action("Holder", "Block")
return {
  name = "hold", on = { AlarmRuleName = "hold" },
  run = function() block { key = riposte.secret "%s" } end,
}
"""


def canary(length):
    letters = string.ascii_letters + string.digits
    canaries.append("Canary" + "".join(dice.choices(letters, k=length - 6)))
    return canaries[-1]


def make(secret="key"):
    """Two alarms, and one may act at a time: the first run is under way while
    the second waits for its first step."""
    site = e2e.site()
    e2e.plugin(site, "Holder", {
        "Block": {"script": "block.sh", "timeout": "1h", "concurrency": 1,
                  "params": [("Key", {"Via": "stdin"})]}},
        {"block.sh": SCRIPT % ("$(cat)", "block", "block")})
    e2e.policy(site, "hold", POLICY % secret)
    e2e.alarms(site, "in.ndjson",
               [{"AlarmRuleName": "hold", "n": n} for n in (1, 2)])
    return site


def keep(site, length):
    process = e2e.start(site, "secret", "set", "key", stdin=subprocess.PIPE)
    process.communicate(canary(length).encode())
    assert process.returncode == 0


def begin(site, *words):
    return e2e.start(site, *words, "--source", "generic",
                     *(["--follow"] if words[0] == "serve" else ["--json"]),
                     os.path.join(site.path, "in.ndjson"))


def log(site, name):
    return site.lines("state/holder/" + name)


def lengths(site, name):
    return [int(line.split()[1]) for line in log(site, name)]


def go(site, name):
    site.file("state/holder/go-" + name)


def kill_engine(site):
    pid = e2e.engine_pid(site)
    os.kill(pid, signal.SIGKILL)
    return pid


def end(process):
    global outputs
    out, err = process.communicate(timeout=e2e.TIMEOUT)
    outputs += out + err
    return e2e.Result(process.returncode, out.decode(), err.decode())


def held(site, name, times=1):
    assert wait_until(lambda: len(log(site, name)) >= times), name


def search(site):
    """Nothing below state/ but the secret's own file has it."""
    hits, searched = [], outputs
    for folder, _, files in os.walk(site.path + "/state"):
        if os.path.basename(folder) != "secrets":
            for path in (os.path.join(folder, name) for name in files):
                if os.path.isfile(path):  # no socket of one that was killed
                    with open(path, "rb") as f:
                        searched += f.read()
    for value in canaries:
        if value.encode() in searched or value[-12:].encode() in searched:
            hits.append(value)
    assert not hits, hits
    assert b"key" in searched
    return "%d bytes searched" % len(searched)


# ---- riposte run: the actions end with the engine ---------------------------

def killed_in_a_run():
    site = make()
    keep(site, 30)
    process = begin(site, "run")
    held(site, "block")
    kill_engine(site)
    assert end(process).status == 70
    keep(site, 41)
    go(site, "block")
    result = end(begin(site, "run"))
    assert lengths(site, "block") == [30, 41], log(site, "block")
    shown = {s["run"]: s["status"] for s in result.of("step")}
    assert shown == {"r1": "Unknown", "r2": "Executed"}, result.out
    assert "it is ***" in result.out, result.out
    return search(site)


# ---- riposte serve: they go on without it -------------------------------------

def memory(pid):
    found = b""
    with open("/proc/%d/mem" % pid, "rb", 0) as f:
        for line in open("/proc/%d/maps" % pid):
            place, rights = line.split()[:2]
            begins, ends = (int(x, 16) for x in place.split("-"))
            if rights.startswith("rw") and ends - begins < 1 << 28:
                try:
                    f.seek(begins)
                    found += f.read(ends - begins)
                except (OSError, ValueError, OverflowError):
                    pass
    return found


def children(pid):
    found = []
    for path in glob.glob("/proc/%d/task/*/children" % pid):
        found += [int(child) for child in open(path).read().split()]
    return found


def left_in_memory(executor):
    """Canaries that the executor or a slot still has."""
    slots = [p for p in children(executor)
             if b"--slot" in open("/proc/%d/cmdline" % p, "rb").read()]
    assert slots, "no slot is there"
    if "libasan" in open("/proc/%d/maps" % executor).read():
        raise e2e.Skip("sanitizers keep what is freed")
    hits = []
    for pid in [executor] + slots:
        try:
            data = memory(pid)
        except PermissionError as reason:
            raise e2e.Skip("not allowed: %s" % reason)
        assert b"--slot" in data or pid == executor, "it was not read"
        hits += [(pid == executor, value) for value in canaries
                 if value[-12:].encode() in data]
    return hits


def killed_while_serving():
    """Its executor goes on, and has what runs there."""
    site = make()
    keep(site, 30)
    process = begin(site, "serve")
    held(site, "block")
    killed = kill_engine(site)
    assert wait_until(lambda: e2e.engine_pid(site) not in (None, killed))
    go(site, "block")
    held(site, "block", 2)
    process.terminate()
    end(process)
    assert lengths(site, "block") == [30, 30], log(site, "block")
    return search(site)


def killed_while_it_is_looked_up():
    """Asked once for each action, and each is started once at most."""
    site = make("vaulted-key")
    vault = os.path.join(site.path, "vault")
    site.file("vault/value", canary(33))
    site.file("vault.sh", "cd %s\n" % vault + VAULT, 0o755)
    site.file("riposte.lua", 'return { secret_command = { "/bin/sh", "%s" } }\n'
              % os.path.join(site.path, "vault.sh"))
    go(site, "block")
    process = begin(site, "serve")
    assert wait_until(lambda: site.lines("vault/asked"))
    kill_engine(site)
    site.file("vault/leave")
    held(site, "block", 2)
    process.terminate()
    end(process)
    assert site.lines("vault/asked") == ["vaulted-key"] * 2
    assert lengths(site, "block") == [33, 33], log(site, "block")
    return search(site)


def nothing_in_memory():
    """Once the action is over."""
    site = make()
    keep(site, 30)
    go(site, "block")
    process = begin(site, "serve")
    held(site, "block", 2)
    try:
        wait_until(lambda: not left_in_memory(process.pid))
        assert not left_in_memory(process.pid), left_in_memory(process.pid)
    finally:
        process.terminate()
        end(process)


e2e.attempt("run: what was under way is Unknown; what was to begin has the new "
            "secret", killed_in_a_run)
e2e.attempt("serve: killed while an action has it", killed_while_serving)
e2e.attempt("serve: killed while it is looked up", killed_while_it_is_looked_up)
e2e.attempt("serve: after the action no process of ours has it in memory",
            nothing_in_memory)
e2e.done()
