"""Helpers of the end-to-end tests: a temporary site, riposte in it, TAP.

A test is a Python 3 script, tests/e2e/test_*.py, that imports this module,
calls ok() for every promise it looks at, and ends with done(). It runs the
programs in $BUILD (default: build). Standard library only.
"""

import atexit
import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import uuid
from xml.sax.saxutils import quoteattr

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, os.environ.get("BUILD", "build"))
RIPOSTE = os.path.join(BUILD, "riposte")
SHARED = os.environ.get("RIPOSTE_SHARED", os.path.join(ROOT, "..", "shared"))
# A site whose files others may write is refused, whatever CI's umask is.
os.umask(0o022)
# A job in the background of a script has these ignored, and so would have
# everything that it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)
TIMEOUT = 300  # seconds: for a hang to end, not for anything to be fast
# All that is made here or by riposte, so that what is left over is seen.
TEMPORARY = os.environ["TMPDIR"] = tempfile.mkdtemp(prefix="riposte-e2e-")
tempfile.tempdir = None
atexit.register(shutil.rmtree, TEMPORARY, True)
# Whatever loses its parent becomes our child.
PR_SET_CHILD_SUBREAPER = 36
ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

_starting = threading.Lock()
_started = set()  # what start() made
_count = 0
_failed = 0
_sites = []


# ---- TAP ------------------------------------------------------------------

def ok(condition, name, detail=None):
    """One test point. detail is shown where it fails."""
    global _count, _failed
    _count += 1
    print("%s %d - %s" % ("ok" if condition else "not ok", _count, name))
    if not condition:
        _failed += 1
        if detail is not None:
            for line in str(detail)[:4000].split("\n"):
                print("# " + line)
    sys.stdout.flush()
    return bool(condition)


def equal(got, want, name):
    return ok(got == want, name, "got  %r\nwant %r" % (got, want))


class Skip(Exception):
    """Raised by what attempt() runs, with the reason."""


def attempt(name, function, *args):
    """A test point that holds where the function raises nothing. What it
    returns, a text, is added to the name."""
    try:
        more = function(*args)
        ok(True, "%s (%s)" % (name, more) if more else name)
    except Skip as reason:
        skip(name, reason)
    except Exception:  # whatever it is, the next one still counts
        ok(False, name, traceback.format_exc())


def skip(name, reason):
    global _count
    _count += 1
    print("ok %d - %s # SKIP %s" % (_count, name, reason))


def note(text):
    for line in str(text).split("\n"):
        print("# " + line)


def done():
    _replay_all()
    hygiene()
    print("1..%d" % _count)
    sys.stdout.flush()
    sys.exit(1 if _failed else 0)


# ---- what must not be left -------------------------------------------------

def reap():
    """Takes leave of the processes that have ended and became ours, but of
    none that start() made: its Popen does."""
    with _starting:
        own = {process.pid for process in _started
               if process.returncode is None}
        for pid in set(children(os.getpid())) - own:
            try:
                os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                pass


def _processes():
    """What the test, or what it started, has left running."""
    reap()
    found = []
    for pid in children(os.getpid()):
        try:
            with open("/proc/%d/cmdline" % pid, "rb") as f:
                words = f.read().replace(b"\0", b" ").decode("utf-8", "replace")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if alive(pid):
            found.append("%d %s" % (pid, words))
    return found


def children(pid):
    """Of all its threads: a plugin may have been started by any."""
    found = []
    try:
        for thread in os.listdir("/proc/%d/task" % pid):
            with open("/proc/%d/task/%s/children" % (pid, thread)) as f:
                found += [int(word) for word in f.read().split()]
    except (FileNotFoundError, ProcessLookupError):
        pass
    return found


def _files():
    """What was to be renamed or removed: below TMPDIR all but the sites."""
    found = [name for name in os.listdir(TEMPORARY) if
             not name.startswith("riposte-")]
    for folder, _, names in os.walk(TEMPORARY):
        found += [os.path.join(folder, name) for name in names if
                  name.startswith(".") and name.endswith(".new")]
    return found


def hygiene():
    """Whoever ends may take its time, but ends. Descriptors are looked at by
    tests/hygiene.c, in the programs themselves."""
    wait_until(lambda: not _processes(), 60)
    equal(_processes(), [], "hygiene: no process is left")
    equal(_files(), [], "hygiene: no temporary file is left")


def shared(path):
    """A file of the shared data, or None where it is absent."""
    full = os.path.join(SHARED, path)
    return full if os.path.exists(full) else None


# ---- sites ----------------------------------------------------------------

class Site:
    """A site in a temporary folder, removed at the end. By then every run in
    its journal has to be as it was: see _replay_all."""

    def __init__(self):
        self.path = tempfile.mkdtemp(prefix="riposte-site-")
        self.broken = False  # its journal was damaged, or somebody has it
        _sites.append(self)

    def file(self, name, text="", mode=0o644):
        """Writes a file below the site; returns its path."""
        path = os.path.join(self.path, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        data = text if isinstance(text, bytes) else text.encode()
        with open(path + ".new", "wb") as f:
            f.write(data)
        os.chmod(path + ".new", mode)
        os.rename(path + ".new", path)
        return path

    def read(self, name):
        """The file's text, "" where there is none."""
        try:
            with open(os.path.join(self.path, name), "rb") as f:
                return f.read().decode("utf-8", "replace")
        except FileNotFoundError:
            return ""

    def lines(self, name):
        return self.read(name).splitlines()


def site():
    return Site()


def shipped():
    """A site with what the repository ships."""
    where = site()
    for part in ("policies", "plugins", "lists"):
        shutil.copytree(os.path.join(ROOT, part),
                        os.path.join(where.path, part))
    shutil.copy(os.path.join(ROOT, "guards.lua"), where.path)
    for folder, _, files in os.walk(where.path):
        for name in [folder] + [os.path.join(folder, f) for f in files]:
            os.chmod(name, os.stat(name).st_mode & ~0o022)
    return where


def plugin(where, name, actions, scripts=None, folder=None):
    """A plugin in the site `where`.

    actions: {NAME: {"script": "x.sh", "params": [PARAM…], "kind": "context",
    and any attribute of an overlay's Action}}; a PARAM is a name, or
    (name, {attributes of an overlay's Parameter, "field": alarm field,
    "switch": Switch, "encrypted": True}). The interpreter goes by the script's suffix, one
    without is a program; "args"
    are words between script and parameters. scripts: {FILE: TEXT}.
    """
    interpreters = {".sh": "sh", ".py": "python3", ".lua": "lua5.4"}
    manifest = ['<?xml version="1.0" encoding="utf-8"?>',
                '<remv1:Remediation-Plugin '
                'xmlns:remv1="RemediationVersion1.xsd" Name=%s Version="1" '
                'Guid="%s" IsLogRhythmPlugin="false">'
                % (quoteattr(name), uuid.uuid5(uuid.NAMESPACE_URL, name))]
    overlay = ['<Overlay xmlns="urn:riposte:overlay:1">']
    for action, given in actions.items():
        given = dict(given)
        script = given.pop("script")
        suffix = os.path.splitext(script)[1]
        words = " ".join(([script] if suffix else []) + given.pop("args", []))
        params = given.pop("params", [])
        given.setdefault("kind", "remediation")
        command = interpreters[suffix] if suffix else script
        manifest.append('<remv1:Action Name=%s Command="%s">'
                        % (quoteattr(action), command))
        manifest.append('<remv1:ConstantParameter Name="Script" Switch=%s '
                        'Order="1"/>' % quoteattr(words))
        overlay.append("<Action Name=%s %s>" % (
            quoteattr(action), " ".join(
                "%s=%s" % (key.capitalize(), quoteattr(str(value)))
                for key, value in given.items())))
        for order, param in enumerate(params, 2):
            param, extra = param if isinstance(param, tuple) else (param, {})
            extra = dict(extra)
            field = extra.pop("field", None)
            wrap = "%s"
            if extra.pop("encrypted", False):
                wrap = ("<remv1:EncryptedParameter>%s"
                        "</remv1:EncryptedParameter>")
            manifest.append(wrap % (
                '<remv1:StringParameter Name=%s Switch=%s Order="%d">%s'
                '</remv1:StringParameter>' % (
                    quoteattr(param), quoteattr(extra.pop("switch", "")),
                    order,
                    "<remv1:DefaultInput><remv1:%s/></remv1:DefaultInput>"
                    % field if field else "")))
            if extra:
                overlay.append("<Parameter Name=%s %s/>" % (
                    quoteattr(param), " ".join(
                        "%s=%s" % (key, quoteattr(str(value)))
                        for key, value in extra.items())))
        manifest.append("</remv1:Action>")
        overlay.append("</Action>")
    manifest.append("</remv1:Remediation-Plugin>")
    overlay.append("</Overlay>")
    folder = folder or "".join(c if c.isalnum() else "-" for c in name.lower())
    where.file("plugins/%s/actions.xml" % folder, "\n".join(manifest) + "\n")
    where.file("plugins/%s/riposte.xml" % folder, "\n".join(overlay) + "\n")
    for file, text in (scripts or {}).items():
        where.file("plugins/%s/%s" % (folder, file), text, 0o755)


def policy(where, name, text):
    """policies/NAME.lua: the whole file's text."""
    where.file("policies/%s.lua" % name, text)


def alarms(where, name, items):
    """An NDJSON file of those objects; returns its path."""
    return where.file(name, "".join(json.dumps(i) + "\n" for i in items))


# ---- riposte --------------------------------------------------------------

class Result:
    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    @property
    def events(self):
        """Every JSON line of stdout."""
        return [json.loads(line) for line in self.out.splitlines() if line]

    def of(self, kind):
        return [e for e in self.events if e.get("event") == kind]

    @property
    def summary(self):
        found = self.of("summary")
        if not found:
            raise AssertionError("no summary; status %d, stderr: %s"
                                 % (self.status, self.err))
        return found[-1]


def command(where, *words):
    return [RIPOSTE] + list(words) + ["--site", where.path]


def start(where, *words, **options):
    """Starts riposte; the caller waits. stdout and stderr are pipes unless
    they are given. It leads its own process group, so that kill_all can end
    it whole."""
    options.setdefault("stdout", subprocess.PIPE)
    options.setdefault("stderr", subprocess.PIPE)
    options.setdefault("stdin", subprocess.DEVNULL)
    with _starting:
        process = subprocess.Popen(command(where, *words),
                                   start_new_session=True, **options)
        _started.add(process)
    return process


def kill_all(process):
    """Ends the process group that start() made."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def run(where, *words, input=None, timeout=TIMEOUT):
    """Runs riposte to its end."""
    process = start(where, *words, stdin=subprocess.PIPE)
    data = input.encode() if isinstance(input, str) else input
    try:
        out, err = process.communicate(data, timeout)
    except subprocess.TimeoutExpired:
        kill_all(process)
        out, err = process.communicate()
        err += b"\n(did not end)"
    return Result(process.returncode, out.decode("utf-8", "replace"),
                  err.decode("utf-8", "replace"))


def until_said(process, words):
    """Reads the stderr of what start() made, up to the line that has those
    words, so that what follows happens behind it. Returns what was read."""
    said = ""
    while words not in said:
        line = process.stderr.readline().decode("utf-8", "replace")
        if not line:
            raise AssertionError("ended without %r: %s" % (words, said))
        said += line
    return said


def serve(where, *words):
    """A daemon whose set is in force; its stdout goes nowhere."""
    process = start(where, "serve", *words, stdout=subprocess.DEVNULL)
    process.said = until_said(process, " in force (")
    return process


def stop(process):
    """TERM. Returns its exit status and what it said since."""
    process.terminate()
    said = process.communicate(timeout=TIMEOUT)[1].decode()
    return process.returncode, said


def engine_pid(where):
    """The engine's pid, from state/lock; None where nobody has it."""
    text = where.read("state/lock")
    return int(text) if text.endswith("\n") else None


def _replay(where):
    """Every run of the site's journal that has ended, once more, against its
    record. Returns how many runs and requests there were."""
    result = run(where, "replay", "--verify", "--json")
    sums = (result.of("replay") or [{}])[0]
    if result.status or sums.get("differed", 1):
        ok(False, "runs that are replayed ask and end as they did",
           "status %d\n%s%s" % (result.status, result.err, result.out))
    return sums.get("runs", 0), sums.get("requests", 0)


def _replay_all():
    """tests/run adds up what is written here."""
    runs = requests = 0
    for where in _sites:
        if (not where.broken and
                os.path.exists(where.path + "/state/journal.db")):
            some = _replay(where)
            runs, requests = runs + some[0], requests + some[1]
    folder = os.path.join(BUILD, "test-logs")
    name = os.path.basename(sys.argv[0])
    if runs and os.path.isdir(folder):
        with open(os.path.join(folder, name + ".replayed"), "w") as f:
            f.write("%d %d\n" % (runs, requests))
        note("replayed: %d runs, %d requests" % (runs, requests))


def wait_until(condition, timeout=TIMEOUT, pause=0.01):
    """Polls; returns the first true value, or the last one."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value or time.monotonic() > end:
            return value
        time.sleep(pause)


def alive(pid):
    """Is that process there, and no zombie?"""
    try:
        with open("/proc/%d/stat" % pid) as f:
            return f.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False
