"""riposte doctor: each fault made for real, said, and gone when mended."""

import ctypes
import os
import re
import resource
import shutil
import sqlite3
import subprocess
import tempfile

import e2e


def look(where, **options):
    process = e2e.start(where, "doctor", "--json", **options)
    out, err = process.communicate(timeout=e2e.TIMEOUT)
    return e2e.Result(process.returncode, out.decode(), err.decode())


def found(result, check, kind=None):
    """What was found by that check (and with that result)."""
    return [f for f in result.of("finding")
            if f["check"] == check and kind in (None, f["result"])]


def fault(where, check, words, name, **options):
    """Exactly one fault, by that check, with those words in it."""
    result = look(where, **options)
    faults = [f for f in result.of("finding") if f["result"] == "fault"]
    text = " ".join("%s %s" % (f["reason"], f["advice"]) for f in faults)
    e2e.ok(result.status == 1 and [f["check"] for f in faults] == [check]
           and all(word in text for word in words), name,
           "status %d, faults %r" % (result.status, faults))


def furnished():
    where = e2e.site()
    e2e.plugin(where, "Echo", {"Say": {"script": "say.sh",
                                       "kind": "context"}},
               {"say.sh": "echo hello\n"})
    e2e.policy(where, "p", """
return { name = "p", on = { AlarmRuleName = "r" }, run = function() end }
""")
    return where


site = furnished()
result = look(site)
e2e.equal(result.status, 0, "a sound site: exit status 0")
e2e.equal([f for f in result.of("finding") if f["result"] == "fault"], [],
          "a sound site: no fault")
e2e.ok(all(set(f) == {"event", "group", "check", "result", "reason",
                      "advice"}
           and f["result"] in ("ok", "warning", "fault")
           and f["group"] and f["check"] and f["reason"]
           and (f["result"] != "ok" or f["advice"] is None)
           for f in result.of("finding")),
       "a finding has group, check, result, reason and advice", result.out)
sums = result.of("doctor")
e2e.ok(len(sums) == 1 and result.events[-1] == sums[0]
       and [sums[0]["ok"], sums[0]["warnings"], sums[0]["faults"]] ==
       [len([f for f in result.of("finding") if f["result"] == kind])
        for kind in ("ok", "warning", "fault")],
       "the sums are last, and are right", sums)
groups = [f["group"] for f in result.of("finding")]
e2e.equal(sorted(set(groups), key=groups.index),
          ["site", "programs", "state", "program", "limits", "kernel",
           "clock"], "every group is there")
e2e.ok(not os.path.exists(os.path.join(site.path, "state")),
       "nothing is written")
e2e.equal([f["result"] for f in found(result, "regex JIT")], ["ok"],
          "PCRE2's JIT compiler works")
e2e.ok(all(found(result, library, "ok") for library in
           ("Lua", "SQLite", "libuv", "PCRE2", "libxml2", "simdjson", "ICU",
            "OpenSSL", "libarchive")), "every library has its version")
rules = found(result, "time zones")[0]
if os.path.exists("/usr/share/zoneinfo/tzdata.zi"):
    with open("/usr/share/zoneinfo/tzdata.zi", encoding="ascii") as zones:
        newest = zones.readline().split()[-1]
    e2e.ok(rules["result"] == "ok" and re.match(
        r"rules of %s; ICU's are of \d{4}\w+$" % newest, rules["reason"]),
           "whose rules of time zones hold", rules)
else:
    e2e.equal(rules["result"], "warning", "no tzdata: a warning")
e2e.ok("for 1 plugin" in found(result, "sh")[0]["reason"],
       "sh is found, and who needs it", found(result, "sh"))

# For people: headings, lines, a sum; no colours in a pipe.
plain = e2e.run(site, "doctor")
e2e.ok(plain.status == 0 and plain.out.startswith("site\n  ok ")
       and plain.out.rstrip().endswith(" 0 faults") and "\x1b" not in plain.out,
       "the table for people", plain.out)
e2e.equal(e2e.run(site, "doctor", "word").status, 2,
          "an argument is wrong usage")

# Permissions: all of them.
for path in ("policies/p.lua", "policies", "plugins/echo/say.sh",
             "plugins/echo/actions.xml", "plugins/echo"):
    full = os.path.join(site.path, path)
    mode = os.stat(full).st_mode
    os.chmod(full, mode | 0o020)
    fault(site, "permissions", [path, "chmod go-w " + full],
          "group may write %s" % path)
    refused = e2e.run(site, "check")
    e2e.ok(refused.status == 2 and "chmod go-w " + full in refused.err,
           "check refuses it too: %s" % path, refused.err)
    os.chmod(full, mode)
both = [os.path.join(site.path, p)
        for p in ("policies/p.lua", "plugins/echo/say.sh")]
for path in both:
    os.chmod(path, 0o666)
result = look(site)
e2e.ok(len(found(result, "permissions", "fault")) == 2
       and found(result, "sh")[0]["reason"].endswith("for 1 plugin"),
       "two files: both are named, and the plugin is looked at all the same",
       result.out)
run = e2e.run(site, "run", "--source", "generic", "-",
              input='{"AlarmRuleName":"r"}\n')
e2e.ok(run.status == 2 and not os.path.exists(
    os.path.join(site.path, "state")), "run does not start", run.err)
for path in both:
    os.chmod(path, 0o644)
if os.geteuid() == 0:
    os.chown(both[0], 12345, -1)
    fault(site, "permissions", ["user 12345", "chown 0 " + both[0]],
          "a policy of another user")
    os.chown(both[0], 0, -1)
else:
    e2e.skip("a policy of another user", "only root can give files away")

above = tempfile.mkdtemp(prefix="riposte-above-")
moved = e2e.Site()
shutil.copytree(site.path, os.path.join(above, "site"))
moved.path = os.path.join(above, "site")
for mode, warned in ((0o755, False), (0o777, True), (0o1777, False),
                     (0o775, True)):
    os.chmod(above, mode)
    result = look(moved)
    e2e.equal((result.status, any(f["reason"].startswith(above + ":") for f in
                                  found(result, "folders above", "warning"))),
              (0, warned), "a site in a folder of mode %o" % mode)
shutil.rmtree(above)

# Secrets.
secret = site.file("state/secrets/key", "s3cret", 0o600)
os.chmod(os.path.join(site.path, "state"), 0o700)
os.chmod(os.path.dirname(secret), 0o700)
e2e.equal(look(site).status, 0, "a secret of mode 0600 is well")
os.chmod(secret, 0o640)
fault(site, "permissions", ["state/secrets/key", "chmod go= " + secret],
      "a secret that the group may read")
os.chmod(secret, 0o600)
os.chmod(os.path.dirname(secret), 0o750)
fault(site, "permissions", ["folder of secrets"],
      "a folder of secrets that the group may read")
os.chmod(os.path.dirname(secret), 0o700)
e2e.ok("s3cret" not in look(site).out, "no secret is shown")

# Interpreters.
site.file("riposte.lua", 'return { path = "/nowhere" }\n')
result = look(site)
e2e.ok(any("needs it" in f["reason"] for f in
           found(result, "sh", "warning")),
       "a missing interpreter is a warning", found(result, "sh"))
e2e.ok(any("Echo" in f["reason"] and "sh" in f["reason"]
           for f in found(result, "actions", "warning")),
       "and the plugin's actions are unavailable", found(result, "actions"))
loose = tempfile.mkdtemp(prefix="riposte-path-")
os.chmod(loose, 0o777)
site.file("riposte.lua", 'return { path = "%s:/bin" }\n' % loose)
fault(site, "path", [loose, "chmod go-w " + loose],
      "a folder of programs that everybody may write")
shutil.rmtree(loose)
os.unlink(os.path.join(site.path, "riposte.lua"))

# What does not load.
manifest = os.path.join(site.path, "plugins/echo/actions.xml")
text = site.read("plugins/echo/actions.xml")
site.file("plugins/echo/actions.xml", text.replace("</remv1:Action>", ""))
fault(site, "files", ["plugins/echo/actions.xml:", "riposte check"],
      "a broken manifest")
site.file("plugins/echo/actions.xml", text)
site.file("policies/q.lua", "return {\n")
fault(site, "files", ["policies/q.lua:"], "a broken policy")
os.unlink(os.path.join(site.path, "policies/q.lua"))
missing = subprocess.run([e2e.RIPOSTE, "doctor", "--site", "/nowhere/at/all"],
                         capture_output=True)
e2e.ok(missing.returncode == 1 and b"--site" in missing.stdout,
       "a site that is not there is a fault", missing.stdout)

# Limits.
def limited(which, most):
    return lambda: resource.setrlimit(which, (most, most))


fault(site, "descriptors", ["64", "128", "ulimit -n"],
      "too few open files for the lanes",
      preexec_fn=limited(resource.RLIMIT_NOFILE, 64))
e2e.equal(look(site, preexec_fn=limited(resource.RLIMIT_NOFILE, 127)).status,
          1, "one too few")
e2e.equal(look(site, preexec_fn=limited(resource.RLIMIT_NOFILE, 128)).status,
          0, "just enough")
site.file("riposte.lua", "return { lanes = 65 }\n")
e2e.equal(look(site, preexec_fn=limited(resource.RLIMIT_NOFILE, 128)).status,
          1, "a lane more is too many")
os.unlink(os.path.join(site.path, "riposte.lua"))
result = look(site, preexec_fn=limited(resource.RLIMIT_FSIZE, 1 << 20))
e2e.ok(result.status == 0 and found(result, "file size", "warning"),
       "files of 1 MiB are a warning", result.out)


# Memory that is written and run: Linux 6.3 and later can forbid it.
PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN = 65, 1
libc = ctypes.CDLL(None)


def without_jit():
    libc.prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0)


if subprocess.run(["true"], preexec_fn=lambda: os._exit(
        1 if libc.prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0)
        else 0)).returncode:
    e2e.skip("without the JIT compiler", "this kernel cannot forbid it")
else:
    result = look(site, preexec_fn=without_jit)
    e2e.ok(result.status == 0 and found(result, "regex JIT", "warning"),
           "without the JIT compiler: a warning", found(result, "regex JIT"))

# The journal.
e2e.run(site, "run", "--source", "generic", "-",
        input='{"AlarmRuleName":"r"}\n')
result = look(site)
e2e.ok(result.status == 0 and "journal.db" in
       found(result, "journal", "ok")[0]["reason"], "a journal that is well",
       found(result, "journal"))
serve = e2e.start(site, "serve", "--source", "generic", "--follow",
                  site.file("in.ndjson", ""))
e2e.until_said(serve, " in force (")
pid = e2e.engine_pid(site)
result = look(site)
e2e.ok(result.status == 0 and "process %s " % pid in
       found(result, "lock")[0]["reason"],
       "beside an engine that runs: who holds the lock", result.out)
serve.terminate()
e2e.equal(serve.wait(e2e.TIMEOUT), 0, "which does not notice")
journal = os.path.join(site.path, "state/journal.db")
kept = journal + ".kept"
os.rename(journal, kept)
with open(journal, "wb") as file:
    file.write(b"this is not a database" * 100)
fault(site, "journal", ["no SQLite database"], "a journal that is none")
os.unlink(journal)
other = sqlite3.connect(journal)
other.execute("CREATE TABLE t (x)")
other.commit()
other.close()
fault(site, "journal", ["another program"], "another program's database")
os.unlink(journal)
shutil.copy(kept, journal)
newer = sqlite3.connect(journal)
newer.execute("PRAGMA user_version = 99")
newer.commit()
newer.close()
fault(site, "journal", ["newer riposte", "99"], "a newer journal")
os.rename(kept, journal)
site.file("riposte.lua", 'return { state = "policies/p.lua" }\n')
fault(site, "folder", ["not a folder"], "a state folder that is a file")
os.unlink(os.path.join(site.path, "riposte.lua"))

# The executor: gone, and of another version.
programs = tempfile.mkdtemp(prefix="riposte-bin-")
alone = shutil.copy(e2e.RIPOSTE, programs)


def look_alone():
    done = subprocess.run([alone, "doctor", "--json", "--site", site.path],
                          capture_output=True)
    return e2e.Result(done.returncode, done.stdout.decode(),
                      done.stderr.decode())


result = look_alone()
e2e.ok(result.status == 1 and found(result, "executor", "fault"),
       "no riposte-exec beside the program", found(result, "executor"))
with open(os.path.join(e2e.BUILD, "riposte-exec"), "rb") as file:
    body = file.read()
with open(os.path.join(programs, "riposte-exec"), "wb") as file:
    file.write(body.replace(b"riposte-exec 0.", b"riposte-exec 9."))
os.chmod(os.path.join(programs, "riposte-exec"), 0o755)
result = look_alone()
e2e.ok(result.status == 1 and "not of version" in
       found(result, "executor", "fault")[0]["reason"],
       "a riposte-exec of another version", found(result, "executor"))
shutil.copy(os.path.join(e2e.BUILD, "riposte-exec"), programs)
e2e.equal(look_alone().status, 0, "the right riposte-exec")
shutil.rmtree(programs)

e2e.done()
