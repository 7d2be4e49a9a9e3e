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


# ---- the vectors of smartresponse.md section 5.4 ---------------------------

def manifest_of(command, *rows):
    """A manifest like the one of a plugin that is not in the corpus; a row is
    (kind, order, name, switch) or has a field as its fifth."""
    text = ""
    for kind, order, name, switch, *field in rows:
        inside = "".join(f"<DefaultInput><{f}/></DefaultInput>" for f in field)
        text += (f"<{kind}Parameter Order='{order}' Name='{name}' "
                 f"Switch={quoteattr(switch)}>{inside}</{kind}Parameter>")
    return ("<Remediation-Plugin xmlns='RemediationVersion1.xsd' Name='P'>"
            f"<Action Name='A' Command='{command}'>{text}</Action>"
            "</Remediation-Plugin>").encode()


def nmap(flags):
    return manifest_of(
        "powershell.exe", ("Constant", 1, "Script", "-file nmap.ps1"),
        ("Constant", 2, "Flags", f"-NmapCommand {flags}"),
        ("String", 3, "Target", "-Target ", "SIP"))


ADD_ITEM = "LogRhythm-Labs__SRP-AddItemToList/actions.xml"
FORTINET = "LogRhythm-Labs__SRP-Fortinet/actions.xml"
SLACK = "TheNoButton__logrhythm-slack-webhooks/actions.xml"
EXTRACT = "LogRhythm-Labs__Extract-Remote-File-SmartResponse/actions.xml"
SPAM = manifest_of(
    "powershell.exe", ("Constant", 1, "Script", "-file Spam-Tracker.ps1"),
    ("String", 2, "e", "-email"), ("String", 5, "L", "-spammerList"),
    ("String", 3, "c", "-case"), ("String", 4, "h", "-LogRhythmHost"),
    ("String", 6, "t", "-case -caseAPItoken"))
URL_FILTER = manifest_of(
    "pwsh", ("Constant", 1, "Script", "-file UrlFilter.ps1"),
    ("String", 2, "l", "-URLBlockList"), ("String", 3, "f", "-FilterName"),
    ("String", 4, "d", "-Description"))
VIRUSTOTAL = manifest_of("lrvt.exe", ("String", 1, "p", "--scan-file "),
                         ("String", 2, "k", ""))

# (title, a file of the corpus or a manifest, action, alarm, values, argv)
VECTORS = [
    ("SRP-AddItemToList", ADD_ITEM, "Add Item To List", {},
     {"auto_import_file_name_must_match_filename_configured_in_list_auto_"
      "update_settings": "bad ips.txt", "item_to_add": "10.1.1.1"},
     ["-file", "AddItemToList.ps1", "bad ips.txt", "10.1.1.1"]),
    ("SRP-Nmap, Intense Scan", nmap('"-T4 -A -v"'), "A", {"SIP": "10.0.0.5"},
     {}, ["-file", "nmap.ps1", "-NmapCommand", "-T4 -A -v", "-Target",
          "10.0.0.5"]),
    ("SRP-Nmap, Regular Scan", nmap('""'), "A", {"SIP": "10.0.0.5"},
     {}, ["-file", "nmap.ps1", "-NmapCommand", "", "-Target", "10.0.0.5"]),
    ("SRP-Fortinet", FORTINET, "Add IP to LogRhythm Blocklist",
     {"SIP": "10.0.0.5"}, {"Password": "pw", "FortiGate IP": "10.9.9.9"},
     ["-nop", "-file", "fortinet.ps1", "admin", "***", "10.9.9.9", "8443",
      "add_ip", "10.0.0.5"]),
    ("slack", SLACK, "Send Webhook",
     {"AlarmId": "7", "AlarmRuleName": "AIE: X Y", "MessageClass": "Malware",
      "AlarmDate": "2026-11-24T04:30:00Z"}, {},
     ["-file", "PATH_TO_FILE/basic.ps1", "7", "AIE: X Y",
      "November 23, 2026", "Malware"]),
    ("PIE Spam-Tracker", SPAM, "A", {},
     {"e": "e", "L": "L", "c": "c", "h": "h", "t": "t"},
     ["-file", "Spam-Tracker.ps1", "-email", "e", "-case", "c",
      "-LogRhythmHost", "h", "-spammerList", "L", "-case", "-caseAPItoken",
      "t"]),
    ("Extract-Remote-File", EXTRACT, "Extract System Monitor Agent Log File",
     {"DHostName": "pc1 *"},
     {"Local Directory": "C:\\My Files", "Username": "u", "Password": "pw"},
     ["-file", "extract-file.ps1", "-target", "pc1", "-file", "scsm",
      "-location", "C:\\My Files", "-username", "u", "-password", "***"]),
    ("PAN Firewall V3", URL_FILTER, "A", {},
     {"l": "adult, games", "f": "f1"},
     ["-file", "UrlFilter.ps1", "-URLBlockList", "adult, games",
      "-FilterName", "f1", "-Description", ""]),
    ("SRP-VirusTotal", VIRUSTOTAL, "A", {},
     {"p": "C:\\a b.exe", "k": "key"}, ["--scan-file", "C:\\a b.exe", "key"]),
]


def check_vector(manifest, action, alarm, values, wanted):
    if isinstance(manifest, str):
        path = os.path.join(CORPUS, manifest)
        if not os.path.exists(path):
            raise e2e.Skip(f"no {path}")
        with open(path, "rb") as file:
            manifest = file.read()
    with tempfile.TemporaryDirectory() as site:
        make_site(site, manifest)
        plugin, _ = argv_rules.load(os.path.join(site, "plugins", "p",
                                                 "actions.xml"))
        file = os.path.join(site, "alarm.json")
        with open(file, "w", encoding="utf-8") as out:
            json.dump(alarm, out)
        options = [word for name, value in values.items()
                   for word in ("-p", f"{name}={value}")]
        got = dry_run(site, plugin, action, "--alarm", file, *options)
        assert got[1:] == [word.encode() for word in wanted], got


def absent():
    raise e2e.Skip(f"no {CORPUS}")


def cases():
    yield "random switches", check_switches, ()
    for title, *vector in VECTORS:
        yield f"section 5.4, {title}", check_vector, vector
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
