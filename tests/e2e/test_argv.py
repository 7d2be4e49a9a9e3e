"""Every action of every real manifest prints the argv that is predicted.

Prints TAP. BUILD names the folder of the programs; RIPOSTE_SHARED the folder
with corpus/actions-xml, without which the manifests are skipped.
"""

import base64
import csv
import json
import os
import random
import subprocess
import tempfile
import xml.etree.ElementTree as ET
from xml.sax.saxutils import quoteattr

import argv_rules
import e2e

CORPUS = os.path.join(e2e.SHARED, "corpus", "actions-xml")
# Fields that a source takes for numbers and for dates.
NUMBERS = {"SPort", "DPort", "ProtocolNumber", "BytesIn", "BytesOut",
           "ItemsIn", "ItemsOut", "Duration", "Amount", "Quantity", "Rate",
           "Size"}
SECRET = argv_rules.SECRET.encode()


def make_site(folder, manifest):
    """A site with one plugin, whose actions.xml has these bytes."""
    plugin = os.path.join(folder, "plugins", "p")
    os.makedirs(plugin)
    with open(os.path.join(plugin, "actions.xml"), "wb") as file:
        file.write(manifest)


def riposte(site, *args):
    return subprocess.run([e2e.RIPOSTE, *args, "--site", site],
                          capture_output=True, timeout=120, check=False)


def as_bytes(word):
    if isinstance(word, dict):
        return base64.b64decode(word["base64"])
    return word.encode()


def dry_run(site, plugin, action, *args):
    """The argv of a dry run, as bytes."""
    result = riposte(site, "act", plugin, action, "--dry-run", "--json", *args)
    steps = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(steps) == 1 and steps[0]["status"] == "Dry run", (
        result.stdout, result.stderr)
    return [as_bytes(word) for word in steps[0]["argv"]]


def compare(got, wanted, action):
    assert got == wanted, f"{action.name}:\n  got    {got}\n  wanted {wanted}"


def field_value(field, number):
    if field in NUMBERS:
        return str(1000 + number)
    if field in argv_rules.DATES:
        return f"2026-11-24T05:50:{10 + number}+01:00"
    return f'{field} of "{number}" \\'


def check_defaults(site, plugin, action):
    wanted = argv_rules.predict(action, {}, {}, SECRET)
    compare(dry_run(site, plugin, action.name), wanted, action)


def check_values(site, plugin, action):
    """Fields of an alarm for some inputs, given values for the others."""
    fields, values, options, names = {}, {}, [], set()
    for number, parameter in enumerate(action.inputs):
        name = parameter.name
        if parameter.field:
            fields[parameter.field] = field_value(parameter.field,
                                                  number)
        if number % 2 and name not in names:  # of two namesakes the first
            value = f"{number} 'is' a;value\\"
            values[parameter] = value.encode()
            options += ["-p", f"{name}={value}"]
        names.add(name)
    alarm = os.path.join(site, "alarm.json")
    with open(alarm, "w", encoding="utf-8") as file:
        json.dump({"AlarmId": "7", **fields}, file)
    wanted = argv_rules.predict(
        action, values, {"AlarmId": b"7", **{
            field: value.encode() for field, value in fields.items()}}, SECRET)
    compare(dry_run(site, plugin, action.name, "--alarm", alarm, *options),
            wanted, action)


def check_manifest(path, ill_formed):
    with open(path, "rb") as file:
        manifest = file.read()
    with tempfile.TemporaryDirectory() as site:
        make_site(site, manifest)
        if ill_formed:
            check_refused(site)
            return
        plugin, actions = argv_rules.load(path)
        assert actions
        for action in actions:
            check_defaults(site, plugin, action)
            check_values(site, plugin, action)


def check_refused(site):
    path = os.path.join(site, "plugins", "p", "actions.xml")
    try:
        argv_rules.load(path)
    except ET.ParseError as error:
        line, _ = error.position
    else:
        raise AssertionError("well-formed after all")
    result = subprocess.run([e2e.RIPOSTE, "plugin", "check", path],
                            capture_output=True, timeout=120, check=False)
    assert result.returncode == 1, result
    assert f"{path}:{line}:".encode() in result.stdout, result


def check_switches():
    """2,000 random Switch texts are split as argv_rules splits them."""
    seed = int(os.environ.get("SEED", random.randrange(1 << 32)))
    print(f"# SEED={seed}")
    chooser = random.Random(seed)
    texts = ["".join(chooser.choices('""\\\\a  b\t\'', k=chooser.randrange(12)))
             for _ in range(2000)]
    rows = "".join(
        f"<Action Name='A{start}' Command='c'>" + "".join(
            f"<ConstantParameter Switch={quoteattr(text)}/>"
            for text in texts[start:start + 250]) +
        "</Action>" for start in range(0, len(texts), 250))
    manifest = ("<Remediation-Plugin xmlns='RemediationVersion1.xsd' "
                f"Name='P'>{rows}</Remediation-Plugin>")
    with tempfile.TemporaryDirectory() as site:
        make_site(site, manifest.encode())
        _, actions = argv_rules.load(os.path.join(site, "plugins", "p",
                                                  "actions.xml"))
        assert len(actions) == 8
        for action in actions:
            check_defaults(site, "P", action)


def absent():
    raise e2e.Skip(f"no {CORPUS}")


def cases():
    yield "random switches", check_switches, ()
    index = os.path.join(CORPUS, "INDEX.tsv")
    if not os.path.exists(index):
        yield "the real manifests", absent, ()
        return
    with open(index, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            yield row["file"], check_manifest, (
                os.path.join(CORPUS, row["file"]),
                row["notes"].startswith("ILL-FORMED"))


for title, function, args in cases():
    e2e.attempt("argv: " + title, function, *args)
e2e.done()
