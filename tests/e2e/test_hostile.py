"""Hostile values through every shape of Switch, into a program that dumps
what it was started with: bytes and count as argv_rules predicts, or refused.

Prints TAP. BUILD names the folder of the programs; SEED repeats a run; VALUES
is how many values (2,000).
"""

import json
import os
import random
import subprocess
import sys
import tempfile
from xml.sax.saxutils import quoteattr

import argv_rules
import e2e

SEED = int(os.environ.get("SEED", random.randrange(1 << 32)))
VALUES = int(os.environ.get("VALUES", 2000))

# How real manifests write a Switch, and how odd ones could.
SHAPES = ["", " ", "-name", "-name ", " -name ", "-room  ", "--scan-file ",
          "-sendEmail -smtpServer ", '-Nmap "-T4 -A" -Target', '-x ""', "-a=",
          "/f:", "'single", '\\"quote', "$(id)"]
WIDTH = 225  # inputs of one action: every shape fifteen times
BATCH_MAX = 100 * 1024  # bytes of values in one start, below argv's limit

DUMP = r"""
import json, os, sys
folder = os.environ["RIPOSTE_STATE"]
os.makedirs(folder, exist_ok=True)
with open(os.path.join(folder, "dump.json"), "w") as file:
    json.dump({"argv": [os.fsencode(word).hex() for word in sys.argv],
               "stdin": sys.stdin.buffer.read().hex(),
               "variable": os.environb.get(b"HOSTILE", b"").hex()}, file)
"""

PIECES = [
    b" ", b"  ", b"\t", b"\n", b"\r\n", b'"', b'""', b"'", b"\\", b"\\\\",
    b'\\"', b"`id`", b"$(id)", b"${IFS}", b"$HOME", b"%PATH%", b";", b"|",
    b"&&", b"||", b"&", b">", b"<", b"> /etc/passwd", b"*", b"?", b"~", b"!",
    b"#", b"(", b")", b"{a,b}", b"[a]", b"^", b"=", b":", b",", b"@", b"/",
    b"--option", b"-exec", b"--checkpoint-action=exec=sh", b"../..",
    b"\x1b[2J", b"\x07", b"\x7f", b"\xe2\x80\xae", b"\xc3\xa9", b"a", b"B",
    b"0", b"10.0.0.1", b"\xf0\x9f\x94\xa5", b"\xe2\x80\xa8"]
BAD_UTF8 = [b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xe2\x80", b"\xf5\x80"]


def make_value(chooser):
    """A hostile value; some kinds are certain to be refused."""
    kind = chooser.random()
    value = b"".join(chooser.choices(PIECES, k=chooser.randrange(8)))
    if kind < 0.02:
        value += b"\0" + chooser.choice([b"", b"x"])
    elif kind < 0.06:
        value = chooser.choice([b"-", b"--", b"-o", b"--option="]) + value
    elif kind < 0.07:
        value += b"A" * chooser.choice(
            [argv_rules.VALUE_MAX + 1 - len(value), 100 * 1024])
    elif kind < 0.08:
        value += b"A" * (argv_rules.VALUE_MAX - len(value))
    elif kind < 0.2:
        value += chooser.choice(BAD_UTF8) + chooser.choice(PIECES)
    return value


def action_xml(name, shapes):
    """An action whose inputs i0, i1 … take field F0, F1 … of the alarm."""
    inputs = "".join(
        f'<StringParameter Name="i{i}" Switch={quoteattr(shape)}>'
        f"<DefaultInput><F{i}/></DefaultInput></StringParameter>"
        for i, shape in enumerate(shapes))
    return (f'<Action Name="{name}" Command="python3">'
            f'<ConstantParameter Switch="dump.py"/>{inputs}</Action>')


def rotated(turn):
    return [SHAPES[(i + turn) % len(SHAPES)] for i in range(WIDTH)]


class Site:
    """A site with one plugin of one action, and its overlay."""

    def __init__(self, folder, shapes, overlay=""):
        self.folder = folder
        plugin = os.path.join(folder, "plugins", "dump")
        os.makedirs(plugin)
        self._write(plugin, "dump.py", DUMP)
        self._write(plugin, "actions.xml",
                    '<Remediation-Plugin xmlns="RemediationVersion1.xsd" '
                    f'Name="Dump">{action_xml("Dump", shapes)}'
                    "</Remediation-Plugin>")
        self._write(plugin, "riposte.xml",
                    '<Overlay xmlns="urn:riposte:overlay:1">'
                    f'<Action Name="Dump">{overlay}</Action></Overlay>')
        _, (self.action,) = argv_rules.load(
            os.path.join(plugin, "actions.xml"))
        self.dump = os.path.join(folder, "state", "dump", "dump.json")

    @staticmethod
    def _write(folder, name, text):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)

    def act(self, values, fields):
        """Starts it; the step's JSON and, if it ran, what it dumped."""
        if os.path.exists(self.dump):
            os.unlink(self.dump)
        alarm = os.path.join(self.folder, "alarm.json")
        with open(alarm, "w", encoding="utf-8") as file:
            json.dump({name: value.decode() for name, value in fields.items()},
                      file)
        command = [e2e.RIPOSTE, "act", "Dump", "Dump", "--json", "--site",
                   self.folder, "--alarm", alarm]
        for parameter, value in values.items():
            command += ["-p", os.fsencode(parameter.name) + b"=" + value]
        result = subprocess.run(command, capture_output=True, timeout=120,
                                check=False)
        lines = result.stdout.splitlines()
        assert len(lines) == 1, (result.stdout, result.stderr)
        dump = None
        if os.path.exists(self.dump):
            with open(self.dump, encoding="utf-8") as file:
                dump = json.load(file)
        return json.loads(lines[0]), dump, result.returncode


def by_alarm(value):
    try:
        value.decode()
        return True
    except UnicodeDecodeError:
        return False


def ways(batch, action):
    """By -p and by the alarm in turn, where the value can go both ways."""
    values, fields = {}, {}
    for number, value in enumerate(batch):
        parameter = action.inputs[number]
        cannot_be_argument = b"\0" in value or len(value) > 100000
        if cannot_be_argument or (number % 2 and by_alarm(value)):
            fields[parameter.field] = value
        else:
            values[parameter] = value
    return values, fields


def check_started(site, batch):
    values, fields = ways(batch, site.action)
    wanted = argv_rules.predict(site.action, values, fields)
    step, dump, status = site.act(values, fields)
    assert step["status"] == "Executed" and status == 0, step
    got = [bytes.fromhex(word) for word in dump["argv"]]
    assert len(got) == len(wanted) - 1, (len(got), len(wanted))
    for mine, theirs in zip(got, wanted[1:]):
        assert mine == theirs, (mine, theirs)


def check_refused(site, value):
    values, fields = ways([value], site.action)
    try:
        argv_rules.predict(site.action, values, fields)
        raise AssertionError(f"predicted to start: {value[:80]!r}")
    except argv_rules.Refused:
        pass
    step, dump, status = site.act(values, fields)
    assert step["status"] == "Refused" and status == 1, step
    assert dump is None, "it was started"
    assert "i0" in step["error"], step["error"]


def fits(value):
    return not (b"\0" in value or len(value) > argv_rules.VALUE_MAX or
                value.startswith(b"-"))


def batches(values):
    batch, size = [], 0
    for value in values:
        if len(batch) == WIDTH or size + len(value) > BATCH_MAX:
            yield batch
            batch, size = [], 0
        batch.append(value)
        size += len(value)
    if batch:
        yield batch


def turned_sites(folder):
    """A site for each turn, so that a value meets each shape at one place."""
    return [Site(os.path.join(folder, f"turn{turn}"), rotated(turn))
            for turn in range(len(SHAPES))]


def test_every_shape(folder, values):
    """Each value that fits, once in each shape."""
    good = [value for value in values if fits(value)]
    for site in turned_sites(folder):
        for batch in batches(good):
            check_started(site, batch)
    return f"{len(good)} values in {len(SHAPES)} shapes"


def test_refused(folder, values):
    """Each value that does not fit, in one shape or another."""
    bad = [value for value in values if not fits(value)]
    sites = turned_sites(folder)
    for number, value in enumerate(bad):
        check_refused(sites[number % len(sites)], value)
    return f"{len(bad)} values"


def test_dash(folder, values):
    """Leading dashes where the overlay allows them."""
    dashed = [value for value in values
              if value.startswith(b"-") and fits(b"x" + value[1:])]
    site = Site(folder, rotated(0),
                "".join(f'<Parameter Name="i{i}" Dash="true"/>'
                        for i in range(WIDTH)))
    for parameter in site.action.inputs:
        parameter.dash = True
    for batch in batches(dashed):
        check_started(site, batch)
    return f"{len(dashed)} values"


def test_via(folder, values):
    """By stdin and the environment, and not on the command line."""
    site = Site(folder, ["-a", "-b"],
                '<Parameter Name="i0" Via="stdin"/>'
                '<Parameter Name="i1" Via="env:HOSTILE"/>')
    good = [value for value in values if fits(value)][:40]
    for first, second in zip(good[::2], good[1::2]):
        given = dict(zip(site.action.inputs, [first, second]))
        step, dump, _ = site.act(given, {})
        assert step["status"] == "Executed", step
        assert len(dump["argv"]) == 1, dump
        assert bytes.fromhex(dump["stdin"]) == first, (dump, first)
        assert bytes.fromhex(dump["variable"]) == second, (dump, second)
    return f"{len(good)} values"


def in_folder(test, values):
    with tempfile.TemporaryDirectory() as folder:
        return test(folder, values)


e2e.note(f"SEED={SEED}")
chooser = random.Random(SEED)
VALUE_LIST = [make_value(chooser) for _ in range(VALUES)]
for each in (test_every_shape, test_refused, test_dash, test_via):
    e2e.attempt("hostile: " + each.__doc__.rstrip("."), in_folder, each,
                VALUE_LIST)
e2e.done()
