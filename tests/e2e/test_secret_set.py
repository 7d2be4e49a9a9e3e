"""`riposte secret set` on a terminal: asked twice, shown never; and from a
pipe, as scripts do it. The real program on a pseudo-terminal."""

import os
import resource
import signal
import subprocess

import e2e
from e2e import attempt, wait_until
from terminal import Terminal

FIRST, AGAIN = "Value of key (hidden): ", "Once more: "
site = e2e.site()


def kept(name="key"):
    """What is stored, None where nothing is."""
    path = os.path.join(site.path, "state/secrets", name)
    return open(path, "rb").read() if os.path.exists(path) else None


def no_rest():
    """Nothing but secrets lies in the folder."""
    folder = os.path.join(site.path, "state/secrets")
    rest = [f for f in os.listdir(folder) if f.startswith(".")]
    assert not rest, rest


def asked_twice():
    terminal = Terminal(site, "secret", "set", "key")
    terminal.answer(FIRST, "Hunter-Two\n")
    terminal.answer(AGAIN, "Hunter-Two\n")
    assert terminal.end() == 0, terminal.text
    assert "Hunter" not in terminal.raw.decode(), terminal.text
    assert "secret key is set" in terminal.text, terminal.text
    assert kept() == b"Hunter-Two", kept()
    no_rest()


def differ():
    terminal = Terminal(site, "secret", "set", "key")
    terminal.answer(FIRST, "one-of-them\n")
    terminal.answer(AGAIN, "the-other\n")
    terminal.answer("They differ", "")
    assert kept() == b"Hunter-Two", "nothing is kept until both are the same"
    # Lines that differ by their length alone differ too.
    terminal.answer(FIRST, "short\n")
    terminal.answer(AGAIN, "shorter\n")
    terminal.answer("They differ", "")
    terminal.answer(FIRST, "the third\n")
    terminal.answer(AGAIN, "the third\n")
    assert terminal.end() == 0, terminal.text
    for word in ("one-of", "the-other", "short", "third"):
        assert word not in terminal.text, terminal.text
    assert kept() == b"the third", kept()


def left(key, before):
    terminal = Terminal(site, "secret", "set", "key")
    for prompt in before:
        terminal.answer(prompt, "never-kept\n")
    terminal.wait((FIRST, AGAIN)[len(before)])
    terminal.type(key)
    status = terminal.end()
    assert status == 130, "%d\n%s" % (status, terminal.text)
    assert kept() == b"the third", kept()
    no_rest()


def empty():
    terminal = Terminal(site, "secret", "set", "key")
    terminal.answer(FIRST, "\n")
    terminal.answer(AGAIN, "\n")
    assert terminal.end() == 2, terminal.text
    assert "secret key is empty" in terminal.text, terminal.text
    assert kept() == b"the third", kept()


def sizes(length, status):
    """The terminal's own line editing would cut it at 4095 bytes."""
    terminal = Terminal(site, "secret", "set", "long")
    for prompt in ("Value of long (hidden): ", AGAIN):
        terminal.answer(prompt, "x" * length + "\n")
    assert terminal.end() == status, terminal.text
    assert "xxx" not in terminal.text
    if status:
        assert "8192" in terminal.text, terminal.text
    assert len(kept("long")) == min(length, 8192)


def bad_name():
    """Told before anything is typed in vain."""
    terminal = Terminal(site, "secret", "set", "a/b")
    assert terminal.end() == 2, terminal.text
    assert "hidden" not in terminal.text, terminal.text


def nowhere_to_ask():
    """What would be typed there would be seen."""
    terminal = Terminal(site, "secret", "set", "key", stderr=subprocess.PIPE)
    error = terminal.process.stderr.read().decode()
    terminal.process.stderr.close()
    assert terminal.end() == 2, error
    assert "pipe the value in" in error, error
    assert kept() == b"the third", kept()


def json_out():
    with open(os.path.join(site.path, "out"), "w") as out:
        terminal = Terminal(site, "secret", "set", "key", "--json", stdout=out)
        terminal.answer(FIRST, "by json\n")
        terminal.answer(AGAIN, "by json\n")
        assert terminal.end() == 0, terminal.text
    with open(os.path.join(site.path, "out")) as out:
        assert out.read() == (
            '{"event":"secret","secret":"key","done":"set"}\n')
    assert kept() == b"by json", kept()


def no_cores():
    """While it has the value, a signal that leaves a core leaves none."""
    most = resource.getrlimit(resource.RLIMIT_CORE)[1]
    process = e2e.start(
        site, "secret", "set", "key", stdin=subprocess.PIPE,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE,
                                              (most, most)))
    process.stdin.write(b"in memory now")
    process.stdin.flush()

    def core_size():
        with open("/proc/%d/limits" % process.pid) as limits:
            line = [x for x in limits if x.startswith("Max core file")][0]
        return line.split()[4:6]
    assert wait_until(lambda: core_size() in (["1", "1"], ["0", "0"])), \
        core_size()
    process.send_signal(signal.SIGQUIT)
    process.communicate()
    assert process.returncode == -signal.SIGQUIT, process.returncode
    assert kept() == b"by json", kept()


attempt("set asks twice and shows nothing", asked_twice)
attempt("two that differ are asked again, and not kept", differ)
for key, name in (("\x03", "^C"), ("\x04", "^D")):
    attempt(name + " leaves, nothing is kept", left, key, [])
    attempt(name + " leaves the second question too", left, key, [FIRST])
attempt("an empty one is refused", empty)
attempt("8192 bytes can be typed", sizes, 8192, 0)
attempt("8193 bytes are told to be too many", sizes, 8193, 2)
attempt("a name that is none is refused before the question", bad_name)
attempt("no question where it cannot be seen", nowhere_to_ask)
attempt("--json has the terminal for questions alone", json_out)
attempt("no core of the process that has the value", no_cores)

for text, want in ((b"piped\n", b"piped"), (b"two\n\n", b"two\n"),
                   (b"a\nb", b"a\nb")):
    process = e2e.start(site, "secret", "set", "key", stdin=subprocess.PIPE)
    out, err = process.communicate(text)
    e2e.equal((process.returncode, kept(), err), (0, want, b""),
              "from a pipe: %r" % text)
e2e.done()
