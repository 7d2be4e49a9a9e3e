#!/usr/bin/env python3
"""Ends a process of this machine, if it is the one that is meant.

usage: control.py kill --pid PID --process NAME --host HOST --time TIME
       control.py gone --pid PID --process NAME --host HOST
       control.py info --pid PID --host HOST

PID is decimal, or hex with 0x. NAME is the program's name or whole path. HOST
is this machine's name, or one that the variable PROCESS_HOSTS lists; a
process of another machine is none of ours. Names that PROCESS_PROTECTED lists
are never killed, nor are those below. The process is held by a descriptor
from before it is looked at until it is gone, so its number cannot become
another process's in between; one that was started after TIME, when it was
seen, has got the number since. TIME may be empty.
gone: exit 0 where no such process runs any more, 1 where it does, 2 otherwise.
"""

import datetime
import json
import os
import pwd
import re
import select
import signal
import sys

# Without these a machine, or the way to it, is lost.
PROTECTED = {"init", "systemd", "systemd-journald", "systemd-logind",
             "systemd-udevd", "dbus-daemon", "sshd", "login", "agetty",
             "riposte", "riposte-exec"}
TERM_SECONDS = 1   # a program that encrypts files gets little time to tidy up
KILL_SECONDS = 10  # the kernel ends it; beyond that it hangs in a device
COMM_MAX = 15      # bytes of its name that the kernel keeps
LATER_SECONDS = 60  # whoever saw it may have another clock than this machine
SHOWN_MAX = 4096   # bytes of a command line that are shown
PF_KTHREAD = 0x00200000  # the kernel's own threads (sched.h)


def fail(text):
    print(text, file=sys.stderr)
    sys.exit(2)


def options(words, names):
    """The values, in the order of names; the engine gives all of them."""
    if words[::2] != ["--" + name for name in names] or \
            len(words) != 2 * len(names):
        fail(__doc__)
    return [value.strip() for value in words[1::2]]


def pid_of(text):
    if not re.fullmatch(r"0[xX][0-9a-fA-F]{1,8}|[0-9]{1,10}", text):
        fail(f"no process id: {text!r}")
    return int(text, 16 if text[:2] in ("0x", "0X") else 10)


def time_of(text):
    """Seconds since 1970, or None where none is given."""
    if not text:
        return None
    try:
        time = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        fail(f"no time: {text!r}")
    if time.tzinfo is None:
        time = time.replace(tzinfo=datetime.timezone.utc)
    return time.timestamp()


def booted():
    """When this machine was started, in seconds since 1970."""
    with open("/proc/stat", encoding="utf-8") as file:
        return next(int(line.split()[1]) for line in file
                    if line.startswith("btime "))


def check_host(host):
    """LogRhythm's console marks known hosts with " *"."""
    name = re.sub(r"\s*\*$", "", host).rstrip(".").lower()
    ours = [os.uname().nodename]
    ours += os.environ.get("PROCESS_HOSTS", "").split()
    if name not in (each.rstrip(".").lower() for each in ours):
        fail(f"{host} is not this machine, which is {ours[0]}")


class Process:
    """What /proc says of a process. Raises FileNotFoundError or
    ProcessLookupError where there is none."""

    def __init__(self, pid):
        self.pid, self.folder = pid, f"/proc/{pid}"
        with open(self.folder + "/stat", encoding="utf-8",
                  errors="surrogateescape") as file:
            # The name may hold blanks and parentheses.
            head, _, rest = file.read().rpartition(")")
        self.name = head.partition("(")[2]
        fields = rest.split()
        self.state, self.parent = fields[0], int(fields[1])
        self.kernel = bool(int(fields[6]) & PF_KTHREAD)
        self.started = booted() + int(fields[19]) / os.sysconf("SC_CLK_TCK")
        self.running = self.state not in "ZX"
        self.program = self._program()

    def _program(self):
        """The path of what it runs; "" where we may not know."""
        try:
            path = os.readlink(self.folder + "/exe")
        except OSError:
            return ""
        return path.removesuffix(" (deleted)")

    def names(self):
        return {self.name, os.path.basename(self.program)} - {""}

    def is_called(self, expected):
        """Whole paths are compared as such, names by either of its own: a
        script is known by its name, its interpreter by the program's."""
        if expected.startswith("/"):
            return self.program in (expected, os.path.realpath(expected))
        return bool(expected) and (
            expected == os.path.basename(self.program) or
            os.fsencode(expected)[:COMM_MAX] == os.fsencode(self.name))

    def about(self):
        with open(self.folder + "/cmdline", "rb") as file:
            line = file.read(SHOWN_MAX).replace(b"\0", b" ").strip()
        owner = os.stat(self.folder).st_uid
        try:
            owner = pwd.getpwuid(owner).pw_name
        except KeyError:
            owner = str(owner)
        return {"pid": self.pid, "running": self.running, "name": self.name,
                "program": self.program, "parent": self.parent,
                "user": owner, "line": line.decode("utf-8", "replace")}


def ancestors():
    """Our own process, its parent, and so on: what we are run by."""
    pid, found = os.getpid(), set()
    while pid:
        found.add(pid)
        try:
            pid = Process(pid).parent
        except (FileNotFoundError, ProcessLookupError):
            break
    return found


def refusal(process, expected, seen):
    """Why this process is not to be killed, or None."""
    protected = PROTECTED | set(
        os.environ.get("PROCESS_PROTECTED", "").split())
    if process.pid in ancestors():
        return "is one that runs this action"
    if process.kernel:
        return "is the kernel's"
    if process.names() & protected:
        return f"is {process.name}, which is protected"
    if not process.is_called(expected):
        return f"is {process.name} ({process.program}), not {expected}"
    if seen is not None and process.started > seen + LATER_SECONDS:
        return "was started after the one that is meant was seen"
    return None


def ended(held, seconds):
    """Waits until the process that the descriptor holds has ended."""
    poll = select.poll()
    poll.register(held, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def end(held):
    """TERM, then KILL. The name of the signal that did it."""
    for sign, seconds in ((signal.SIGTERM, TERM_SECONDS),
                          (signal.SIGKILL, KILL_SECONDS)):
        try:
            signal.pidfd_send_signal(held, sign)
        except ProcessLookupError:
            return sign.name
        if ended(held, seconds):
            return sign.name
    fail(f"the process did not end within {KILL_SECONDS} s of SIGKILL")


def hold(pid):
    """(descriptor, what /proc says) of a process that runs; None where there
    is none. What was read is of the one that is held, as long as it lives."""
    try:
        held = os.pidfd_open(pid)
    except (ProcessLookupError, OverflowError):
        return None
    try:
        process = Process(pid)
    except (FileNotFoundError, ProcessLookupError):
        process = None
    if ended(held, 0):
        return None
    if not process:
        fail(f"the process {pid} is hidden from this user")
    return held, process


def kill(pid, expected, seen):
    if pid <= 1:
        fail(f"the process {pid} is never killed")
    found = hold(pid)
    if not found:
        return {"pid": pid, "killed": False, "why": "there is no such process"}
    held, process = found
    why = refusal(process, expected, seen)
    if why:
        fail(f"the process {pid} {why}")
    try:
        return {"pid": pid, "killed": True, "name": process.name,
                "program": process.program, "signal": end(held)}
    except PermissionError as error:
        fail(f"the process {pid}: {error}")


def gone(pid, expected):
    """Another program with the number is not the one that was killed."""
    found = hold(pid)
    return not found or not found[1].is_called(expected)


def info(pid):
    try:
        return Process(pid).about()
    except (FileNotFoundError, ProcessLookupError):
        return {"pid": pid, "running": False}


def main():
    verb = sys.argv[1] if len(sys.argv) > 1 else ""
    if verb == "info":
        pid, host = options(sys.argv[2:], ("pid", "host"))
    elif verb == "kill":
        pid, expected, host, time = options(
            sys.argv[2:], ("pid", "process", "host", "time"))
    elif verb == "gone":
        pid, expected, host = options(sys.argv[2:],
                                      ("pid", "process", "host"))
    else:
        fail(__doc__)
    pid = pid_of(pid)
    check_host(host)
    if verb == "info":
        print(json.dumps(info(pid)))
    elif verb == "kill":
        print(json.dumps(kill(pid, expected, time_of(time))))
    else:
        ok = gone(pid, expected)
        print(json.dumps({"pid": pid, "gone": ok}))
        sys.exit(0 if ok else 1)


try:
    main()
except OSError as problem:  # exit status 1 would say that it runs
    fail(problem)
