"""Canaries: secrets go to plugins by every way there is, plugins print them in
every way there is, and then everything is searched for them."""

import glob
import os
import random
import stat
import string
import subprocess

import e2e

seed = int(os.environ.get("SEED") or random.randrange(1 << 32))
e2e.note("seed: SEED=%d" % seed)
dice = random.Random(seed)
site = e2e.site()
outputs = []  # (command, bytes) of everything that riposte said
secrets = {}  # name: value


def canary(name):
    """A new secret value, not set anywhere yet."""
    letters = string.ascii_letters + string.digits
    secrets[name] = "Canary" + "".join(dice.choices(letters, k=24))
    return secrets[name]


def riposte(*words, **options):
    env = options.pop("env", None)
    process = e2e.start(site, *words, stdin=subprocess.PIPE,
                        **({"env": env} if env else {}))
    out, err = process.communicate(options.pop("input", "").encode(),
                                   e2e.TIMEOUT)
    outputs.append((words[0], out + err))
    return e2e.Result(process.returncode, out.decode("utf-8", "replace"),
                      err.decode("utf-8", "replace"))


def keep(name):
    """The same by `riposte secret set`."""
    value = canary(name)
    result = riposte("secret", "set", name, input=value + "\n")
    assert result.status == 0, result.err
    return value


# How a plugin lets out what it knows. The key is an argument, a variable, or
# on stdin.
SPILL = r"""
case $1 in
  argv) key=$3 ;;
  env) key=$KEY ;;
  stdin) key=$(cat) ;;
esac
[ ${#key} = 30 ] || { echo "no canary: ${#key} bytes"; exit 9; }
front=${key%????????????} back=${key#??????????????????}
case $2 in
  plain) echo "{\"key\":\"$key\"}" ;;
  both) echo "out $key"; echo "err $key$key" >&2 ;;
  pieces) printf %s "$front"; sleep 0.1; printf %s "$back"; echo .
          printf %s "$key" | sed 's/./&\n/g' | while read -r c; do
            printf %s "$c" >&2; done ;;
  cut) head -c 65520 /dev/zero | tr '\0' x; echo "$key" ;;
  fail) echo "$key"; echo "bad $key" >&2; exit 3 ;;
  slow) echo "$key"; printf %s "$front"; exec sleep 600 ;;
  hold) : >"$RIPOSTE_STATE/held"
        until [ -e "$RIPOSTE_STATE/go" ]; do sleep 0.05; done; echo "$key" ;;
esac
"""
WAYS = {"argv": {"encrypted": True}, "env": {"Via": "env:KEY"},
        "stdin": {"encrypted": True, "Via": "stdin"}}
MANNERS = ["plain", "both", "pieces", "cut", "fail", "slow", "hold"]
actions = {}
for way, attributes in WAYS.items():
    for manner in MANNERS:
        actions["%s %s" % (way, manner)] = {
            "script": "spill.sh", "args": [way, manner], "stderr": "warning",
            "timeout": {"slow": "1s", "hold": "10m"}.get(manner, "1m"),
            "params": [("Key", attributes)]}
actions["by default"] = {
    "script": "spill.sh", "args": ["argv", "plain"],
    "params": [("Key", {"encrypted": True, "Secret": "overlay-key"})]}
actions["open"] = {"script": "spill.sh", "args": ["argv", "plain"],
                   "params": ["Key"]}
e2e.plugin(site, "Spill", actions, {"spill.sh": SPILL})
# A vault that knows one secret, and says on stderr what nobody shall see.
vault = site.file("vault.sh", """#!/bin/sh
echo "vault: $(cat "$VAULT/$1")" >&2
cat "$VAULT/$1"
""", 0o755)
os.makedirs(os.path.join(site.path, "vault"))
os.makedirs(os.path.join(site.path, "credentials"))
outside = dict(os.environ, VAULT=os.path.join(site.path, "vault"),
               CREDENTIALS_DIRECTORY=os.path.join(site.path, "credentials"))
site.file("riposte.lua", 'return { secret_command = { "/bin/sh", "%s" } }\n'
          % vault)


def spilt(result, name, status="Executed"):
    """One step that had the secret, and showed *** for it."""
    steps = result.of("step")
    good = (len(steps) == 1 and steps[0]["status"] == status and
            "***" in (steps[0]["stdout"] or "") + (steps[0]["stderr"] or "") or
            (len(steps) == 1 and steps[0]["status"] == status and
             steps[0].get("truncated")))
    return e2e.ok(good and "no canary" not in result.out, name,
                  "%d\n%s\n%s" % (result.status, result.out[-1500:],
                                  result.err))


# ---- by hand --------------------------------------------------------------
for way in WAYS:
    for manner in MANNERS[:-1]:
        name = "act-%s-%s" % (way, manner)
        keep(name)
        spilt(riposte("act", "Spill", "%s %s" % (way, manner), "--json", "-p",
                      "key=secret:" + name), "act: %s, %s" % (way, manner),
              {"fail": "Failed to Execute", "slow": "Unknown"}.get(
                  manner, "Executed"))
keep("text")
for manner in ("both", "pieces", "fail", "slow"):
    said = riposte("act", "Spill", "argv " + manner, "-p", "key=secret:text")
    e2e.ok("***" in said.out + said.err, "act without --json: " + manner,
           said.out + said.err)
keep("bare")
spilt(riposte("act", "Spill", "argv plain", "--json", "-p", "key=bare"),
      "act: the bare name of a secret that is set")
spilt(riposte("act", "Spill", "argv both", "--json", "-p",
              "key=" + canary("literal")), "act: the text itself")
keep("overlay-key")
spilt(riposte("act", "Spill", "by default", "--json"), "the overlay's Secret")
dry = riposte("act", "Spill", "argv plain", "--dry-run", "--json", "-p",
              "key=secret:bare")
e2e.equal(dry.of("step")[0]["argv"][-1], "***", "a dry run shows ***")
riposte("act", "Spill", "argv plain", "--dry-run", "-p",
        "key=" + canary("literal-dry"))

# ---- where secrets come from ----------------------------------------------
site.file("vault/vaulted", canary("vaulted"), 0o600)
site.file("credentials/credited", canary("credited") + "\n", 0o400)
for name in ("vaulted", "credited"):
    for way in WAYS:
        spilt(riposte("act", "Spill", way + " plain", "--json", "-p",
                      "key=secret:" + name, env=outside),
              "%s: %s" % (name, way))


def refused(name, text, action="argv plain", status="Not started"):
    result = riposte("act", "Spill", action, "--json", "-p",
                     "key=secret:" + name, env=outside)
    steps = result.of("step")
    error = steps[0].get("error", "") if steps else result.err
    return e2e.ok(result.status == 1 and steps[0]["status"] == status and
                  text in error, "refused: " + text, result.out + result.err)


refused("nowhere", "secret nowhere is not set here")
refused("bare", "no Via", "open", "Refused")
path = os.path.join(site.path, "state/secrets/bare")
e2e.equal(stat.S_IMODE(os.stat(path).st_mode), 0o600, "secrets are 0600")
e2e.equal(stat.S_IMODE(os.stat(os.path.dirname(path)).st_mode), 0o700,
          "in a folder of 0700")
os.chmod(path, 0o640)
result = riposte("act", "Spill", "argv plain", "-p", "key=secret:bare")
e2e.ok(result.status == 2 and "others may read" in result.err,
       "a secret that others may read is refused", result.err)
os.chmod(path, 0o600)
os.rename(path, path + ".real")
os.symlink(path + ".real", path)
refused("bare", "symbolic links")
os.remove(path)
os.rename(path + ".real", path)
secrets["dash"] = "-" + canary("dash")
riposte("secret", "set", "dash", input=secrets["dash"])
refused("dash", "begins with '-'")
for value, text in (("", "empty"), ("\n", "empty"), ("a\0b", "NUL"),
                    ("x" * 8193, "8192")):
    result = riposte("secret", "set", "bad", input=value)
    e2e.ok(result.status == 2 and text in result.err, "set: refuses " + text,
           result.err)
e2e.equal(riposte("secret", "set", "most", input="x" * 8192).status, 0,
          "set: 8192 bytes are not too many")
for name in ("", ".x", "a/b", "../x", "x" * 65, "a b"):
    e2e.equal(riposte("secret", "set", name, input="x").status, 2,
              "set: refuses the name %r" % name)
site.file("riposte.lua", "return {}\n")
none = riposte("act", "Spill", "argv plain", "--json", "-p", "key=secret:gone")
e2e.ok("secret gone is not set; riposte secret set gone" in none.out,
       "what is not set is told, with what to do", none.out)

# ---- policies -------------------------------------------------------------
POLICY = """
local riposte = require "riposte"
local key = riposte.secret "policy-key"
local calls = {}
for _, name in ipairs { %s } do
  calls[name] = riposte.action("Spill", name)
end
return {
  name = "spill",
  on   = { AlarmRuleName = "spill" },
  run  = function(alarm)
    calls["argv plain"] { key = key }
    calls["env both"]:try { key = riposte.secret("policy-env") }
    calls["stdin pieces"] { key = riposte.secret "policy-stdin" }
    calls["argv fail"]:try { key = key }
    if alarm.n == "show" then error(tostring(key) .. " is all") end
    if alarm.n == "open" then calls["open"] { key = key } end
    calls["argv fail"] { key = key }
  end,
}
"""
for name in ("policy-key", "policy-env", "policy-stdin"):
    keep(name)
e2e.policy(site, "spill", POLICY % ", ".join(
    '"%s"' % a for a in sorted(actions) if a != "by default"))
log = e2e.alarms(site, "alarms.ndjson", [
    {"AlarmRuleName": "spill", "n": n} for n in ("show", "open", "fail")])
result = riposte("run", "--source", "generic", "--json", log)
errors = [r["error"] for r in result.of("run")]
e2e.equal(len(errors), 3, "three runs of the policy")
e2e.ok(any("secret: policy-key is all" in e for e in errors),
       "a policy sees a name and nothing else", errors)
e2e.ok(any(e.startswith("policies/spill.lua:17:") and "takes no secret" in e
           for e in errors), "only encrypted parameters take one", errors)
e2e.ok(any("exit status 3" in e and "***" in e for e in errors),
       "a failure shows ***", errors)
e2e.ok(all(s["status"] != "Not started" for s in result.of("step")) and
       "no canary" not in result.out, "every action had its secret",
       result.out)
riposte("run", "--source", "generic", "--dry-run", log)
e2e.alarms(site, "more.ndjson", [{"AlarmRuleName": "spill", "n": "more"}])
riposte("run", "--source", "generic", os.path.join(site.path, "more.ndjson"))

listed = {e["secret"]: e for e in riposte("secret", "list", "--json").events}
e2e.equal(listed["policy-env"]["used"], ["policies/spill.lua:13"],
          "list says which policy names one")
e2e.equal(listed["overlay-key"]["used"], ["Spill / by default / Key"],
          "and which overlay")
riposte("secret", "list")
gone = riposte("secret", "remove", "policy-env")
e2e.ok(gone.status == 0 and "policies/spill.lua:13 still names it" in gone.err,
       "remove says who still names it", gone.err)
e2e.equal(riposte("secret", "remove", "policy-env").status, 3,
          "what is not there cannot be removed")
riposte("secret", "set", "policy-env", input=secrets["policy-env"])

# ---- serve, and what others can see while a plugin runs --------------------
STATE = "state/spill/"
followed = site.file("followed.ndjson")
process = e2e.start(site, "serve", "--follow", followed, "--source", "generic")
with open(followed, "a") as f:
    f.write('{"AlarmRuleName":"spill","n":"served"}\n')
e2e.wait_until(lambda: e2e.engine_pid(site))
keep("set-meanwhile")
e2e.wait_until(lambda: b"served" in b"".join(
    open(p, "rb").read() for p in glob.glob(site.path + "/state/journal*")), 60)
process.terminate()
out, err = process.communicate()
outputs.append(("serve", out + err))
e2e.equal(process.returncode, 0, "serve ends well")


def read(path):
    try:
        with open(path, "rb") as f:
            return f.read()
    except OSError:
        return b""


def below(pid):
    """The processes that a process has started, and those."""
    found = []
    for path in glob.glob("/proc/%d/task/*/children" % pid):
        for child in map(int, read(path).split()):
            found += [child] + below(child)
    return found


def memory(pid):
    """All that a process could show, as root sees it."""
    found = b""
    with open("/proc/%d/mem" % pid, "rb", 0) as f:
        for line in open("/proc/%d/maps" % pid):
            place, rights = line.split()[:2]
            begin, end = (int(x, 16) for x in place.split("-"))
            if not rights.startswith("rw") or end - begin > 1 << 28:
                continue
            try:
                f.seek(begin)
                found += f.read(end - begin)
            except (OSError, ValueError, OverflowError):
                pass
    return found


places = searched = 0
hits = []


def search(where, data, names=None):
    global places, searched
    places += 1
    searched += len(data)
    for name in names or secrets:
        value = secrets[name]
        # The front of one is as bad: the last two thirds must not stand there.
        if value.encode() in data or value[-20:].encode() in data:
            hits.append("%s in %s" % (name, where))


def look_at_memory(ours, slot, name):
    """The name is there as a proof that the memory was read."""
    if b"libasan" in read("/proc/%d/maps" % ours[0]):
        raise e2e.Skip("sanitizers have too much of it")
    for pid in ours:
        try:
            data = memory(pid)
        except PermissionError as reason:
            raise e2e.Skip("not allowed: %s" % reason)
        assert name.encode() in data, "memory of %d was not read" % pid
        if pid in slot:
            assert secrets[name].encode() in data, "the slot has it not"
        else:
            search("memory of %d" % pid, data, [name])


for way in WAYS:
    keep("held-" + way)
    for name in ("held", "go"):
        if os.path.exists(os.path.join(site.path, STATE + name)):
            os.remove(os.path.join(site.path, STATE + name))
    process = e2e.start(site, "act", "Spill", way + " hold", "-p",
                        "key=secret:held-" + way)
    held = e2e.wait_until(
        lambda: os.path.exists(os.path.join(site.path, STATE + "held")), 60)
    e2e.ok(held, "a plugin runs with a secret: " + way)
    names = {p: read("/proc/%d/cmdline" % p)
             for p in [process.pid] + below(process.pid)}
    slot = [p for p in names if b"--slot" in names[p]]
    ours = [p for p in names if b"/riposte" in names[p]] + slot
    e2e.ok(len(ours) >= 3 and slot, "engine, executor and slot are seen", names)
    for path in glob.glob("/proc/[0-9]*"):
        if int(path[6:]) not in sum(map(below, slot), []):
            for part in ("cmdline", "environ"):
                search("%s/%s" % (path, part), read("%s/%s" % (path, part)))
    limits = [read("/proc/%d/limits" % p).split(b"Max core file size")[1]
              .split()[0] for p in ours]
    e2e.ok(all(limit in (b"0", b"1") for limit in limits),
           "no process of ours leaves a core", limits)
    e2e.attempt("in memory only the slot has it", look_at_memory, ours, slot,
                "held-" + way)
    site.file(STATE + "go")
    out, err = process.communicate()
    outputs.append(("act hold", out + err))
    e2e.ok(process.returncode == 0 and b"***" in out + err,
           "and it ends well", out + err)

# ---- afterwards -----------------------------------------------------------
for words in (["show", "Spill"], ["show", "Spill", "--json"],
              ["show", "spill"], ["ls", "plugins", "--json"],
              ["check", "--json"],
              ["plugin", "check", os.path.join(site.path, "plugins")]):
    riposte(*words)
for words, data in outputs:
    search("output of riposte " + words, data)
for folder, _, files in os.walk(os.path.join(site.path, "state")):
    if os.path.basename(folder) == "secrets":
        continue
    for name in files:
        search(os.path.join(folder, name), read(os.path.join(folder, name)))
cores = glob.glob(site.path + "/**/core*", recursive=True)
e2e.equal(cores, [], "no core file")
e2e.ok(len(secrets) >= 20, "%d canaries" % len(secrets))
e2e.ok(not hits, "searched %d places, %d bytes: %d found" % (
    places, searched, len(hits)), "\n".join(hits))
# The search itself finds what is there.
search("state/secrets", read(os.path.join(site.path, "state/secrets/bare")))
e2e.ok(hits, "the search finds what is there")
e2e.done()
