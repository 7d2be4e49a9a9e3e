"""A program of ours on a pseudo-terminal of its own, for e2e tests."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios

from e2e import command, wait_until

ESCAPES = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """riposte on a terminal of its own. stdout is the terminal too,
    unless a file is given, and so is stderr."""

    def __init__(self, site, *words, stdout=None, stderr=None,
                 term="xterm", columns=200):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ,
                    struct.pack("HHHH", 50, columns, 0, 0))
        self.before = termios.tcgetattr(slave)
        self.raw = b""
        self.read_to = 0
        self.process = subprocess.Popen(
            command(site, *words), stdin=slave,
            stdout=stdout or slave, stderr=stderr or slave,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            env={**os.environ, "TERM": term})
        # Kept open, so that its settings can be looked at in the end.
        self.slave = slave

    def pump(self):
        while select.select([self.master], [], [], 0.01)[0]:
            self.raw += os.read(self.master, 65536)

    @property
    def text(self):
        """Everything so far, without what moves the cursor."""
        return ESCAPES.sub(b"", self.raw).decode("utf-8", "replace")

    def wait(self, wanted):
        """Reads until the text is there, behind what was waited for last.
        Returns what came before it."""
        def there():
            self.pump()
            return wanted in self.text[self.read_to:]
        assert wait_until(there), "%r did not come; there is %r" % (
            wanted, self.text[self.read_to:])
        at = self.text.index(wanted, self.read_to)
        before = self.text[self.read_to:at]
        self.read_to = at + len(wanted)
        return before

    def type(self, text):
        data = text if isinstance(text, bytes) else text.encode()
        while data:
            data = data[os.write(self.master, data):]

    def answer(self, prompt, text):
        before = self.wait(prompt)
        self.type(text)
        return before

    def end(self):
        """The exit status. The terminal has to be as it was."""
        def over():
            self.pump()
            return self.process.poll() is not None
        assert wait_until(over), "it goes on; there is %r" % self.text
        self.pump()
        assert termios.tcgetattr(self.slave) == self.before, \
            "the terminal is not as it was: %r" % [
                (a, b) for a, b in zip(termios.tcgetattr(self.slave),
                                       self.before) if a != b]
        os.close(self.slave)
        os.close(self.master)
        return self.process.returncode
