"""The guides of docs/: every command in them is run, every file written.

A guide is a shell session in an empty folder. In a ```console block a line
that begins with `$ ` is a command (`> ` goes on with the one before), and the
lines behind it are what it prints, stdout and stderr together; `…` stands for
any text in a line or, alone on a line, for any number of lines. A command ends
with exit status 0, unless it is one that says otherwise: `cmd; echo $?`. Any
other block is a file, named at the end of the line before it: `path`:
"""

import os
import re
import shutil
import signal
import subprocess

import e2e

DOCS = os.path.join(e2e.ROOT, "docs")
FENCE = re.compile(r"^```(\w*)$")
FILE_NAME = re.compile(r"`([^`\s]+)`:$")
LINK = re.compile(r"\[[^\]]*\]\(\s*([^)\s]+)\)")


# ---- reading a guide --------------------------------------------------------

class Step:
    """A command with what it is to print, or a file with its text."""

    def __init__(self, line, command=None, path=None):
        self.line, self.command, self.path = line, command, path
        self.text = []


def read_blocks(text):
    """Each block's language, the number and text of its first line, its lines,
    and the last line of prose before it."""
    block, before = None, ""
    for number, line in enumerate(text.split("\n"), 1):
        fence = FENCE.match(line)
        if block and line == "```":
            yield block
            block, before = None, ""
        elif block:
            block[2].append(line)
        elif fence:
            block = (fence.group(1), number + 1, [], before)
        elif line.strip():
            before = line
    assert not block, "a block is not closed"


def console_steps(number, lines):
    steps = []
    for line in lines:
        if line.startswith("$ "):
            steps.append(Step(number, command=line[2:]))
        elif line.startswith("> ") and steps and not steps[-1].text:
            steps[-1].command += "\n" + line[2:]
        else:
            assert steps, "line %d: output before a command" % number
            steps[-1].text.append(line)
        number += 1
    return steps


def read_steps(text):
    steps = []
    for language, number, lines, before in read_blocks(text):
        if language == "console":
            steps += console_steps(number, lines)
            continue
        name = FILE_NAME.search(before)
        assert name, "line %d: neither a console nor a named file" % number
        steps.append(Step(number, path=name.group(1)))
        steps[-1].text = lines
    return steps


# ---- comparing --------------------------------------------------------------

def same_line(want, got):
    parts = [re.escape(part) for part in want.split("…")]
    return re.fullmatch(".*".join(parts), got.rstrip()) is not None


def same(want, got):
    """Do these lines print as the guide says? By rows: which beginnings of
    `want` fit what was read of `got`."""
    fits = {0}

    def passing(places):
        for place in sorted(places):
            while place < len(want) and want[place] == "…":
                place += 1
                places = places | {place}
        return places

    fits = passing(fits)
    for line in got:
        after = {place for place in fits
                 if place < len(want) and want[place] == "…"}
        after |= {place + 1 for place in fits if place < len(want)
                  and want[place] != "…" and same_line(want[place], line)}
        fits = passing(after)
    return len(want) in fits


# ---- running ----------------------------------------------------------------

def shell(command, folder):
    """Exit status and output, as a reader with riposte on PATH has them."""
    environment = {"PATH": e2e.BUILD + ":" + os.environ.get("PATH", ""),
                   "HOME": folder, "LANG": "C.UTF-8", "TERM": "dumb"}
    process = subprocess.Popen(["/bin/sh", "-c", command], cwd=folder,
                               env=environment, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT,
                               start_new_session=True)
    try:
        out, _ = process.communicate(timeout=e2e.TIMEOUT)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, _ = process.communicate()
        out += b"\n(did not end)"
    return process.returncode, out.decode("utf-8", "replace")


def run_step(step, where):
    """What is wrong, or None."""
    if step.path:
        where.file(step.path, "\n".join(step.text) + "\n")
        return None
    status, out = shell(step.command, where.path)
    lines = out.split("\n")[:-1] if out.endswith("\n") else out.split("\n")
    if out == "":
        lines = []
    if status == 0 and same(step.text, lines):
        return None
    return "exit status %d\n--- the guide\n%s\n--- it prints\n%s" % (
        status, "\n".join(step.text), out)


def run_guide(name):
    """The rest of a guide means nothing behind a command that went wrong."""
    where = e2e.site()
    with open(os.path.join(DOCS, name), encoding="utf-8") as f:
        steps = read_steps(f.read())
    for step in steps:
        wrong = run_step(step, where)
        what = step.path or step.command.split("\n")[0]
        if not e2e.ok(not wrong, "%s:%d: %s" % (name, step.line, what),
                      wrong):
            return
    e2e.ok(steps, "%s: has steps" % name)


# ---- the links --------------------------------------------------------------

def anchors(text):
    """As the forges make them of headings."""
    return {re.sub(r"[^\w\- ]", "", line.lstrip("# ").lower())
            .replace(" ", "-")
            for line in text.split("\n") if line.startswith("#")}


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def broken_links(path):
    broken = []
    for target in LINK.findall(read(path)):
        if "://" in target:
            continue
        file, _, anchor = target.partition("#")
        there = os.path.join(os.path.dirname(path), file) if file else path
        if not os.path.exists(there) or (
                anchor and anchor not in anchors(read(there))):
            broken.append(target)
    return broken


# ---- the promises -----------------------------------------------------------

# What `make test` runs; that the links lead to files is looked at above.
RUN = re.compile(r"\]\(\.\./(tests/(?:e2e/test_\w+\.(?:py|sh)"
                 r"|unit/\w+/test_\w+\.c|lua/\w+_spec\.lua))\)")


def promises(text):
    """Each promise's heading, with the tests that it names."""
    for section in re.split(r"^## ", text, flags=re.M)[1:]:
        title = section.split("\n", 1)[0]
        if re.match(r"P\d+: ", title):
            yield title, RUN.findall(section)


# ---- the tests --------------------------------------------------------------

e2e.ok(same(["a", "…", "d"], ["a", "b", "c", "d"])
       and same(["…"], []) and same(["x … y"], ["x 1 2 y"])
       and same(["…", "b", "…"], ["a", "b"])
       and not same(["a", "…", "d"], ["a", "b"])
       and not same(["a"], ["a", "b"]) and not same(["a", "b"], ["a"])
       and not same(["a.c"], ["abc"]) and not same([], ["a"]),
       "output that differs from the guide is found")
steps = read_steps("It says `x/y.txt`:\n\n```text\none\n\ntwo\n```\n"
                   "```console\n$ a \\\n> b\nout\n$ c\n```\n")
e2e.equal([(s.path, s.command, s.text) for s in steps],
          [("x/y.txt", None, ["one", "", "two"]),
           (None, "a \\\nb", ["out"]), (None, "c", [])],
          "files, commands and output are told apart")
e2e.equal(list(promises("## P1: a\n[x](../tests/e2e/test_x.py)\n## P2: b\n"
                        "[y](../tests/README.md)\n## Not\n")),
          [("P1: a", ["tests/e2e/test_x.py"]), ("P2: b", [])],
          "a promise without a test is found")

for page in sorted(os.listdir(DOCS)) + ["../README.md"]:
    if page.endswith(".md"):
        e2e.equal(broken_links(os.path.join(DOCS, page)), [],
                  "%s: every link leads somewhere" % page)

without = [title for title, tests in promises(
    read(os.path.join(DOCS, "promises.md"))) if not tests]
e2e.equal(without, [], "promises.md: each promise names tests that are run")

run_guide("write-a-plugin.md")
# Where riposte looks when a site has no `path`.
if shutil.which("pwsh", path="/usr/local/sbin:/usr/local/bin:/usr/sbin:"
                "/usr/bin:/sbin:/bin"):
    e2e.skip("bring-your-logrhythm-plugins.md",
             "it shows what is said where there is no pwsh")
else:
    run_guide("bring-your-logrhythm-plugins.md")
e2e.done()
