"""What real manifests and alarms ask for beyond the schema's letter.

Spelling of elements, files and paths, marks of known hosts, process ids in
hex: through the real program, with a script that runs.
"""

import json

import e2e

ECHO = "import json, sys\nprint(json.dumps(sys.argv[1:]))\n"


def make_site(command, script, elements, overlay=""):
    """A site with the plugin P: its action A runs the script and is given
    those fields of the alarm."""
    site = e2e.site()
    rows = "".join(
        f"<StringParameter Name='p{i}' Switch='' Order='{i}'><DefaultInput>"
        f"<{name}/></DefaultInput></StringParameter>"
        for i, name in enumerate(elements, 2))
    site.file("plugins/p/actions.xml",
              "<Remediation-Plugin xmlns='RemediationVersion1.xsd' Name='P'>"
              f"<Action Name='A' Command='{command}'>"
              f"<ConstantParameter Name='s' Switch='{script}' Order='1'/>"
              f"{rows}</Action></Remediation-Plugin>")
    site.file("plugins/p/riposte.xml",
              "<Overlay xmlns='urn:riposte:overlay:1'><Action Name='A'>"
              f"{overlay}</Action></Overlay>")
    site.file("plugins/p/echo-args.py", ECHO)
    return site


def act(site, alarm, *options):
    """The step of a run, with that alarm."""
    path = site.file("alarm.json", json.dumps(alarm))
    result = e2e.run(site, "act", "P", "A", "--json", "--alarm", path,
                     *options)
    step = result.of("step")[0]
    step["said"] = result.err
    return step


def gives(name, elements, alarm, wanted, overlay=""):
    step = act(make_site("python3", "echo-args.py", elements, overlay), alarm)
    return e2e.ok(step["status"] == "Executed" and
                  json.loads(step["stdout"]) == wanted, "fields: " + name, step)


gives("elements in any case", ["sip", "DHOSTNAME"],
      {"SIP": "192.0.2.1", "DHostName": "pc1"}, ["192.0.2.1", "pc1"])
gives("old names", ["DHostIP", "SHostIP"],
      {"SIP": "192.0.2.1", "DIP": "192.0.2.2"}, ["192.0.2.2", "192.0.2.1"])
gives("elements that the schema lacks", ["ObjectType", "rule.level", "Cve"],
      {"ObjectType": "file", "rule": {"level": 7}}, ["file", "7", ""])
gives("hosts without the mark of known ones",
      ["SHostName", "DHostName", "KnownSHost", "KnownDHost", "Object"],
      {"SHostName": "a *", "DHostName": "b *", "KnownSHost": "c *",
       "KnownDHost": "d", "Object": "e *"}, ["a", "b", "c", "d", "e *"])

site = make_site("python3", "echo-args.py", ["ObjectType", "sip", "DHostIP"])
said = e2e.run(site, "plugin", "check", site.path + "/plugins/p").err
for text in ("ObjectType is no field", "sip is spelt SIP",
             "DHostIP is an old name of DIP"):
    e2e.ok("actions.xml:1:" in said and text in said, "fields: said: " + text,
           said)

PID = '<Parameter Name="p2" Type="int" Min="1" Max="4194304"/>'
gives("a process id in hex", ["Process"], {"Process": "0x1a4"}, ["420"], PID)
gives("a process id in decimal", ["Process"], {"Process": 420}, ["420"], PID)
gives("hex that has no type", ["Process"], {"Process": "0x1a4"}, ["0x1a4"])
site = make_site("python3", "echo-args.py", ["Process"], PID)
for value, why in (("0x0", "Min"), ("0x400001", "Max"),
                   ("0x8000000000000000", "no whole number"),
                   ("0xzz", "no whole number")):
    step = act(site, {"Process": value})
    e2e.ok(step["status"] == "Refused" and step["rule"] == "type" and
           why in step["error"], f"fields: {value} is refused", step)
step = act(site, {}, "-p", "p2=0X1A4")
e2e.equal(step["stdout"], '["420"]\n', "fields: given by hand, in hex")

for command in ("python", "PYTHON.EXE",
                r"C:\Users\Administrator\AppData\Local\Python37\python.exe"):
    for script in ("Echo-Args.py", r".\ECHO-ARGS.PY", "PATH_TO_FILE/echo-args.py",
                   r"C:\Scripts\Echo-Args.py"):
        step = act(make_site(command, script, ["SIP"]), {"SIP": "::1"})
        e2e.ok(step["status"] == "Executed" and step["stdout"] == '["::1"]\n'
               and step["argv"][1] == "echo-args.py",
               f"fields: {command} {script}", step)

e2e.done()
