"""The command line from outside: help, errors, exit statuses, what is printed.

Prints TAP. BUILD names the folder of the programs.
"""

import json
import os
import re
import shutil
import signal
import subprocess

import e2e

COMMANDS = ["run", "serve", "reload", "act", "check", "plugin check", "ls",
            "show", "version"]

TESTS = []


def test(function):
    TESTS.append(function)
    return function


def riposte(*args, site=None, stdin=b"", env=None, cwd=None):
    command = [e2e.RIPOSTE, *args]
    if site:
        command += ["--site", site]
    return subprocess.run(command, input=stdin, capture_output=True,
                          env={**os.environ, **(env or {})}, cwd=cwd,
                          timeout=120, check=False)


def out(result):
    return result.stdout.decode()


def err(result):
    return result.stderr.decode()


def objects(result):
    return [json.loads(line) for line in out(result).splitlines()]


def equal(got, wanted, what=""):
    assert got == wanted, f"{what}: got {got!r}, wanted {wanted!r}"


def contains(text, wanted):
    assert wanted in text, f"{wanted!r} is not in {text!r}"


PROBE = """<?xml version="1.0" encoding="utf-8"?>
<r:Remediation-Plugin xmlns:r="RemediationVersion1.xsd" Name="Probe"
 Version="1" Guid="5f0f7f5e-6a0c-4a7e-9d0c-1f0f3a8f2bff"
 IsLogRhythmPlugin="false">
<r:Action Name="Say" Command="sh">
 <r:ConstantParameter Switch="say.sh" Order="1"/>
 <r:StringParameter Name="First Word" Switch="-f " Order="2">
  <r:DefaultInput><r:SIP/></r:DefaultInput></r:StringParameter>
 <r:StringParameter Name="Second" Switch="" Order="3"/>
 <r:EncryptedParameter><r:StringParameter Name="Key" Switch="-k" Order="4"/>
 </r:EncryptedParameter>
</r:Action>
<r:Action Name="Gone" Command="sh">
 <r:ConstantParameter Switch="gone.sh" Order="1"/>
</r:Action>
<r:Action Name="Missing program" Command="no-such-program-here"/>
</r:Remediation-Plugin>
"""

SAY = r"""#!/bin/sh
for word in "$@"; do printf '<%s>' "$word"; done
case "$3" in
  fail) echo no route >&2; exit 3;;
  term) kill -TERM $$;;
  ansi) printf '\033[2J\r\n';;
  bytes) printf '\377\376';;
esac
"""


def probe_site():
    site = e2e.site()
    site.file("plugins/probe/actions.xml", PROBE)
    site.file("plugins/probe/say.sh", SAY)
    return site


# ---- help and usage -------------------------------------------------------


@test
def help_lists_every_command_and_exit_status():
    result = riposte("--help")
    equal(result.returncode, 0)
    for name in COMMANDS:
        assert re.search(rf"^  {name}  +\S", out(result), re.M), name
    for status in ("0", "1", "2", "3", "69", "70", "130"):
        assert re.search(rf"^  {status}  +\S", out(result), re.M), status
    contains(out(result), "Examples:")
    equal(out(riposte("-h")), out(result))


@test
def each_command_has_help_that_needs_no_arguments():
    for name in COMMANDS:
        for order in ([*name.split(), "--help"], ["-h", *name.split()]):
            result = riposte(*order)
            equal(result.returncode, 0, name)
            contains(out(result), f"Usage: riposte {name} [options]")
            contains(out(result), "--json")
            equal(err(result), "", name)


@test
def help_is_a_command_too():
    equal(out(riposte("help")), out(riposte("--help")))
    for name in COMMANDS:
        result = riposte("help", *name.split())
        equal((result.returncode, err(result)), (0, ""), name)
        equal(out(result), out(riposte(*name.split(), "--help")), name)


@test
def nothing_at_all_is_usage():
    result = riposte()
    equal(result.returncode, 2)
    contains(err(result), "Usage: riposte COMMAND")
    equal(out(result), "")


@test
def usage_errors_name_the_nearest():
    for args, wanted in (
            (["chekc"], 'did you mean "check"?'),
            (["plugin"], 'one of check, import, pack, remove, new'),
            (["run", "--polcy", "x"], "did you mean --policy?"),
            (["ls", "plugin"], "did you mean plugins?"),
            (["act", "A"], 'it takes "PLUGIN" "ACTION"'),
            (["check", "x"], 'one argument too many: "x"'),
            (["run", "--source"], "--source needs a value"),
            (["serve"], "--follow"),
            (["check", "--site="], "--site needs a value: --site DIR"),
            (["help", "chekc"], 'did you mean "check"?'),
            (["check", "--site", "/nowhere/at/all"], "/nowhere/at/all"),
    ):
        result = riposte(*args)
        equal(result.returncode, 2, args)
        contains(err(result), wanted)
        equal(out(result), "", args)


@test
def version_is_printed_both_ways():
    equal(out(riposte("--version")), out(riposte("version")))
    assert re.fullmatch(r"riposte \d+\.\d+\.\d+\n", out(riposte("version")))
    event, = objects(riposte("--version", "--json"))
    equal(event["event"], "version")


@test
def usage_errors_are_escaped_for_the_terminal():
    result = riposte("\x1b[2Jrun")
    equal(result.returncode, 2)
    assert b"\x1b" not in result.stderr
    contains(err(result), "\\x1B[2Jrun")


# ---- standard output ------------------------------------------------------


def written_to(stdout, *args, stdin=b""):
    return subprocess.run([e2e.RIPOSTE, *args], input=stdin, stdout=stdout,
                          stderr=subprocess.PIPE, timeout=120, check=False)


def what_prints(site):
    """A command line of each kind that ends well, and its stdin."""
    at = ["--site", site.path]
    alarm = b'{"AlarmRuleName":"a"}\n'
    run = ["run", "--source", "generic", "--no-journal", *at]
    return [(["--help"], b""), (["run", "--help"], b""), (["version"], b""),
            (["check", *at], b""), (["check", "--json", *at], b""),
            (["show", "Probe", *at], b""), (["ls", "plugins", *at], b""),
            (["act", "Probe", "Say", "-p", "second=x", *at], b""),
            (run, alarm), ([*run, "--json"], alarm)]


@test
def output_that_cannot_be_written_is_an_error():
    site = probe_site()
    for args, stdin in what_prints(site):
        with open("/dev/full", "wb") as full:
            result = written_to(full, *args, stdin=stdin)
        equal(result.returncode, 1, args)
        equal(err(result).count("riposte: error: cannot write to standard "
                                "output: No space left on device\n"), 1, args)


@test
def a_reader_that_went_away_is_an_error():
    site = probe_site()
    for args, stdin in what_prints(site):
        reader, writer = os.pipe()
        os.close(reader)
        result = written_to(writer, *args, stdin=stdin)
        os.close(writer)
        equal(result.returncode, 1, args)
        contains(err(result), "cannot write to standard output: Broken pipe")


@test
def output_that_cannot_be_written_hides_no_other_status():
    site = probe_site()
    with open("/dev/full", "wb") as full:
        result = written_to(full, "check", "--json", "--site",
                            site.path + "/absent")
    equal(result.returncode, 2)
    contains(err(result), "cannot write to standard output")


# ---- check ----------------------------------------------------------------


@test
def a_good_site_is_ok():
    site = e2e.shipped()
    result = riposte("check", site=site.path)
    equal((result.returncode, err(result)), (0, ""))
    contains(out(result), "ok: 8 policies, 7 plugins, ")
    event, = objects(riposte("check", "--json", site=site.path))
    equal((event["event"], event["policies"], event["plugins"]),
          ("check", 8, 7))
    assert not os.path.exists(os.path.join(site.path, "state"))


@test
def an_empty_folder_is_a_site():
    site = e2e.site()
    result = riposte("check", cwd=site.path)
    equal(result.returncode, 0)
    contains(out(result), "ok: 0 policies, 0 plugins, ")


@test
def one_of_each_is_no_plural():
    site = slow_site()
    contains(out(riposte("check", site=site.path)), "ok: 1 policy, 1 plugin, ")


@test
def every_problem_is_told_at_once_with_its_line():
    site = e2e.shipped()
    site.file("policies/broken.lua", "return {\n  name = \n}\n")
    site.file("policies/unbound.lua",
               'local r = require "riposte"\n'
               'local a = r.action("Tickte", "Open ticket")\n'
               'return { name = "unbound", run = function() a {} end }\n')
    site.file("plugins/bad/actions.xml", "<a>\n<b></a>")
    site.file("riposte.lua", "return {\n  lames = 3,\n}\n")
    result = riposte("check", site=site.path)
    equal((result.returncode, out(result)), (2, ""))
    for wanted in (r"policies/broken\.lua:3: ", r"policies/unbound\.lua:2: "
                   r'.*"Ticket"', r"plugins/bad/actions\.xml:2:\d+: ",
                   r'riposte\.lua:2: .*"lanes"'):
        assert re.search(rf"^riposte: error: {wanted}", err(result),
                         re.M), (wanted, err(result))
    events = objects(riposte("check", "--json", site=site.path))
    assert len(events) >= 4, events
    for event in events:
        equal(set(event), {"event", "severity", "file", "line", "column",
                           "text"})
        equal(event["event"], "problem")


# ---- plugins --------------------------------------------------------------


@test
def our_own_plugins_are_right():
    result = riposte("plugin", "check", os.path.join(e2e.ROOT, "plugins"))
    equal((result.returncode, err(result)), (0, ""))
    lines = out(result).splitlines()
    equal(len(lines), 14)
    assert all(line.endswith(": ok") for line in lines), lines


@test
def one_manifest_of_the_corpus_is_ill_formed():
    corpus = e2e.shared("corpus/actions-xml")
    if not corpus:
        raise e2e.Skip("the corpus is absent")
    with open(os.path.join(corpus, "INDEX.tsv"), encoding="utf-8") as index:
        bad, = [line.split("\t")[0] for line in index
                if "ILL-FORMED" in line]
    result = riposte("plugin", "check", corpus)
    equal(result.returncode, 1)
    lines = out(result).splitlines()
    wrong = [line for line in lines if not line.endswith(": ok")]
    equal(len(wrong), 1, wrong)
    assert re.match(rf"{re.escape(os.path.join(corpus, bad))}:4:\d+: \S",
                    wrong[0]), wrong
    manifests = sum("actions.xml" in map(str.lower, names)
                    for _, _, names in os.walk(corpus))
    equal(len(lines), manifests)
    files = [event for event in objects(
        riposte("plugin", "check", "--json", corpus))
        if event["event"] == "file"]
    equal((len(files), sum(not event["ok"] for event in files)),
          (manifests, 1))


@test
def faults_have_their_place_and_warnings_are_apart():
    site = probe_site()
    folder = os.path.join(site.path, "plugins/probe")
    path = os.path.join(folder, "actions.xml")
    for given in (folder, path, os.path.dirname(folder)):
        result = riposte("plugin", "check", given)
        equal((result.returncode, out(result)), (0, f"{path}: ok\n"))
        assert re.search(rf"^{path}:\d+: warning: .*gone\.sh", err(result),
                         re.M), err(result)
        contains(err(result), "no-such-program-here")
    overlay = site.file(
        "plugins/probe/riposte.xml",
        '<Overlay xmlns="urn:riposte:overlay:1">\n'
        '  <Action Name="Sya" Kind="context"/>\n</Overlay>\n')
    result = riposte("plugin", "check", folder)
    equal(result.returncode, 1)
    contains(out(result), f"{path}: ok\n")
    assert re.search(rf'^{overlay}:2:\d+: .*"Say"', out(result), re.M), \
        out(result)


@test
def what_is_no_plugin_is_a_fault():
    site = e2e.site()
    for path in (site.path, os.path.join(site.path, "absent")):
        result = riposte("plugin", "check", path)
        equal(result.returncode, 1)
        assert out(result).startswith(f"{path}: "), out(result)


@test
def ls_names_what_there_is():
    site = e2e.shipped()
    for kind, name in (("plugins", "Host Firewall"),
                       ("policies", "ssh-brute-force"),
                       ("sources", "sshd"), ("lists", "allow")):
        result = riposte("ls", kind, site=site.path)
        equal((result.returncode, err(result)), (0, ""))
        assert re.search(rf"^{name}\b", out(result), re.M), out(result)
        key = {"plugins": "plugin", "policies": "policy",
               "sources": "source", "lists": "list"}[kind]
        events = objects(riposte("ls", kind, "--json", site=site.path))
        assert name in [event[key] for event in events], events


@test
def show_tells_what_an_action_takes():
    site = e2e.shipped()
    result = riposte("show", "Host Firewall", site=site.path)
    equal((result.returncode, err(result)), (0, ""))
    contains(out(result), "Block address: remediation, 20s, undo \"Unblock "
                          "address\", verify \"Is blocked\"")
    contains(out(result), "  sh firewall.sh block <Address>\n")
    assert "starts" not in out(result), out(result)
    contains(out(result), "Address (address): ip, required, default: the "
                          "alarm's SIP")
    event, = objects(riposte("show", "Host Firewall", "--json",
                             site=site.path))
    action = event["actions"][0]
    equal((action["name"], action["timeout"], action["undo"]),
          ("Block address", 20, "Unblock address"))
    equal(action["params"][0]["words"], ["firewall.sh", "block"])
    contains(out(riposte("show", "ssh-brute-force", site=site.path)),
             "threshold: 5 within 1m by SIP")
    result = riposte("show", "Host Firewal", site=site.path)
    equal(result.returncode, 3)
    contains(err(result), 'did you mean "Host Firewall"?')


@test
def show_says_what_is_unavailable():
    site = probe_site()
    result = riposte("show", "Probe", site=site.path)
    equal(result.returncode, 0)
    assert re.search(r"^Gone: .*\n.*\n  unavailable here: .*gone\.sh",
                     out(result), re.M), out(result)


# ---- act ------------------------------------------------------------------


def act(site, *args, **more):
    return riposte("act", "Probe", "Say", *args, site=site.path, **more)


@test
def a_dry_act_shows_the_command_line_and_starts_nothing():
    site = probe_site()
    result = act(site, "--dry-run", "-p", "first_word=a b", "-p",
                 "Second=$(id)", "-p", "key=hunter2")
    equal((result.returncode, err(result)), (0, ""))
    contains(out(result),
             "argv:   sh say.sh -f 'a b' '$(id)' -k ***\n"
             "status: Dry run")
    assert "hunter2" not in out(result)
    event, = objects(act(site, "--dry-run", "--json", "-p", "second=x"))
    equal(event["argv"], ["sh", "say.sh", "-f", "", "x", "-k", "***"])
    equal((event["event"], event["policy"], event["alarm"],
           event["status"]), ("step", None, None, "Dry run"))
    equal((event["plugin"], event["action"]), ("Probe", "Say"))
    assert not os.path.exists(os.path.join(site.path, "state"))


@test
def a_dry_act_shows_what_is_unavailable_with_a_warning():
    site = probe_site()
    result = riposte("act", "Probe", "Gone", "--dry-run",
                     site=site.path)
    equal(result.returncode, 0)
    contains(out(result), "argv:   sh gone.sh\n")
    contains(err(result), "warning: ")
    contains(err(result), "gone.sh")
    result = riposte("act", "Probe", "Gone", site=site.path)
    equal(result.returncode, 1)
    contains(out(result), "status: Refused, unavailable: ")


@test
def an_act_tells_status_output_and_time():
    site = probe_site()
    result = act(site, "-p", "First Word=a b", "-p", "second=x")
    equal((result.returncode, err(result)), (0, ""))
    assert re.search(r"^argv:   sh say\.sh -f 'a b' x -k \S+\n"
                     r"stdout: <-f><a b><x><-k><>\n"
                     r"status: Executed, exit 0\n"
                     r"time:   \d+\.\d{3} s\n$", out(result)), \
        out(result)
    event, = objects(act(site, "--json", "-p", "second=fail"))
    equal((event["status"], event["exit"], event["stderr"]),
          ("Failed to Execute", 3, "no route\n"))
    result = act(site, "-p", "second=fail")
    equal(result.returncode, 1)
    contains(out(result), "status: Failed to Execute, exit 3")
    contains(out(result), "stderr: no route\n")


@test
def signals_and_raw_bytes_are_told():
    site = probe_site()
    event, = objects(act(site, "--json", "-p", "second=term"))
    equal((event["exit"], event["signal"]), (None, signal.SIGTERM))
    event, = objects(act(site, "--json", "-p", "second=bytes"))
    assert "base64" in event["stdout"], event
    result = act(site, "-p", "second=ansi")
    assert b"\x1b" not in result.stdout
    contains(out(result), "\\x1B[2J\\x0D\n")


@test
def an_alarm_gives_what_is_left_out():
    alarm = {"AlarmRuleName": "r", "SIP": "192.0.2.7"}
    site = probe_site()
    for text in (json.dumps(alarm), json.dumps(alarm, indent=2),
                 json.dumps([alarm, {"SIP": "192.0.2.8"}]),
                 json.dumps(alarm) + '\n{"SIP": "192.0.2.8"}\n'):
        path = site.file("alarm.json", text)
        event, = objects(act(site, "--dry-run", "--json", "--alarm", path))
        equal(event["argv"][2:4], ["-f", "192.0.2.7"], text)
    event, = objects(act(site, "--dry-run", "--json", "--alarm", path,
                         "-p", "first_word="))
    equal(event["argv"][2:4], ["-f", ""])
    for text in ("", "[]", "{", '{"a":1,"a":2}', "no"):
        path = site.file("alarm.json", text)
        result = act(site, "--dry-run", "--alarm", path)
        equal((result.returncode, out(result)), (2, ""), text)
        contains(err(result), "alarm.json")


@test
def an_alarm_comes_from_stdin_and_by_a_source():
    site = probe_site()
    event, = objects(act(site, "--dry-run", "--json", "--alarm", "-",
                         stdin=b'{"SIP": "192.0.2.7"}\n'))
    equal(event["argv"][3], "192.0.2.7")
    line = ("Nov 23 06:25:01 web1 CRON[1]: nothing\n"
            "Nov 23 06:25:02 web1 sshd[2]: Failed password for root from "
            "192.0.2.9 port 22 ssh2\n")
    path = site.file("auth.log", line)
    for source in ([], ["--source", "auto"], ["--source", "sshd"]):
        result = act(site, "--dry-run", "--json", "--alarm", path, *source)
        equal((result.returncode, err(result)), (0, ""), source)
        equal(objects(result)[0]["argv"][3], "192.0.2.9", source)
    for source, status, wanted in (("generic", 2, "auth.log"),
                                   ("sshdd", 3, '"sshd"')):
        result = act(site, "--dry-run", "--alarm", path, "--source", source)
        equal((result.returncode, out(result)), (status, ""), source)
        contains(err(result), wanted)
    result = act(site, "--dry-run", "--alarm", "-", stdin=b"")
    equal(result.returncode, 2)
    contains(err(result), "stdin: ")


@test
def wrong_parameters_are_usage_and_unknown_names_are_not_found():
    site = probe_site()
    for args, wanted in ((["-p", "secnd=x"], '"Second"'),
                         (["-p", "second=x", "-p", "Second=y"], "twice"),
                         (["-p", "second"], "NAME=VALUE")):
        result = act(site, "--dry-run", *args)
        equal((result.returncode, out(result)), (2, ""), args)
        contains(err(result), wanted)
    for args, wanted in ((["Prob", "Say"], '"Probe"'),
                         (["Probe", "Sya"], '"Say"')):
        result = riposte("act", *args, "--dry-run", site=site.path)
        equal(result.returncode, 3)
        contains(err(result), wanted)


@test
def a_value_that_does_not_fit_is_refused():
    site = e2e.shipped()
    for extra in ([], ["--dry-run"]):
        result = riposte("act", "Host Firewall", "Block address", "-p",
                         "address=192.0.2.7; id", "--json", *extra,
                         site=site.path)
        equal(result.returncode, 1)
        event, = objects(result)
        equal((event["status"], event["rule"]), ("Refused", "type"))
    result = riposte("act", "Host Firewall", "Block address", "-p",
                     "address=", site=site.path)
    equal(result.returncode, 1)
    contains(out(result), "status: Refused, required: ")


# ---- run ------------------------------------------------------------------

AUTH = os.path.join(e2e.ROOT, "tests/data/sshd/auth.log")


@test
def an_account_for_people_and_duplicates_said_plainly():
    site = e2e.shipped()
    first = riposte("run", "--source", "sshd", AUTH, site=site.path)
    equal((first.returncode, err(first)), (0, ""))
    contains(out(first), "Ticket/Open ticket  [lua5.4 ticket.lua ")
    assert re.search(r"^  r\d+ ssh-brute-force: .*\bSIP=127\.0\.0\.",
                     out(first), re.M), out(first)
    assert b"\x1b" not in first.stdout
    again = riposte("run", "--source", "sshd", AUTH, site=site.path)
    equal(again.returncode, 0)
    contains(again.stdout.decode(), "duplicates: ")
    contains(again.stdout.decode(), "0 runs, 0 steps")


@test
def json_of_a_run_is_whole():
    site = e2e.shipped()
    result = riposte("run", "--source", "sshd", "--json", AUTH,
                     site=site.path)
    equal((result.returncode, err(result)), (0, ""))
    events = objects(result)
    equal({event["event"] for event in events}, {"step", "run", "summary"})
    equal(events[-1]["event"], "summary")
    for event in events:
        if event["event"] == "step":
            equal(set(event) - {"signal", "truncated", "error"},
                  {"event", "run", "alarm", "policy", "plugin", "action",
                   "argv", "status", "rule", "exit", "seconds", "stdout",
                   "stderr"})
        elif event["event"] == "run":
            equal(set(event), {"event", "run", "alarm", "policy",
                               "outcome", "error"})
        else:
            equal(set(event), {"event", "alarms", "refused", "skipped",
                               "duplicates", "matched", "runs", "steps",
                               "failed", "waiting", "unknown", "seconds"})
    runs = [event for event in events if event["event"] == "run"]
    equal(events[-1]["runs"], len(runs))


@test
def stdin_is_read_where_no_file_is_named():
    site = e2e.shipped()
    with open(AUTH, "rb") as file:
        text = file.read()
    files = objects(riposte("run", "--source", "sshd", "--json",
                            "--no-journal", AUTH, site=site.path))
    assert files[-1]["runs"], files[-1]
    for extra in ([], ["-"]):
        piped = objects(riposte("run", "--source", "sshd", "--json",
                                "--no-journal", *extra, site=site.path,
                                stdin=text))
        equal(piped[-1]["runs"], files[-1]["runs"])
        equal(piped[-1]["alarms"], files[-1]["alarms"])
    assert not os.path.exists(os.path.join(site.path, "state/journal.db"))


@test
def without_a_journal_actions_run_and_plugins_keep_their_files():
    site = e2e.shipped()
    steps = [event for event in objects(
        riposte("run", "--source", "sshd", "--json", "--no-journal", AUTH,
                site=site.path)) if event["event"] == "step"]
    assert any((step["action"], step["status"]) == ("Open ticket", "Executed")
               for step in steps), steps
    left = os.listdir(os.path.join(site.path, "state"))
    assert left and "journal.db" not in left, left
    text = out(riposte("run", "--help"))
    contains(text, "With --no-journal remediations still run and plugins keep "
                   "their own files under\nstate/")


@test
def run_refuses_names_that_do_not_exist():
    site = e2e.shipped()
    for status, args, wanted in (
            (3, ["--source", "sshdd", AUTH], '"sshd"'),
            (3, ["--policy", "ssh-brute-forc", AUTH], '"ssh-brute-force"'),
            (2, ["/nowhere/at/all"], "/nowhere/at/all")):
        result = riposte("run", *args, site=site.path)
        equal((result.returncode, out(result)), (status, ""), args)
        contains(err(result), wanted)


@test
def refused_alarms_are_told_and_kept():
    site = e2e.shipped()
    result = riposte("run", "--source", "generic", "--json",
                     site=site.path,
                     stdin=b'{"AlarmRuleName":"a"}\n{"a":1,"a":2}\n')
    equal(result.returncode, 0)
    summary = objects(result)[-1]
    equal((summary["alarms"], summary["refused"]), (1, 1))
    assert re.search(r":2: refused: ", err(result)), err(result)
    quarantine = os.path.join(site.path, "state/quarantine.ndjson")
    with open(quarantine, encoding="utf-8") as file:
        equal(len(file.readlines()), 1)


@test
def a_site_without_policies_is_told():
    site = e2e.site()
    wanted = (f"riposte: warning: no policies in {site.path}/policies: alarms "
              "are kept, nothing runs\n")
    alarm = b'{"AlarmRuleName":"a"}\n'
    result = riposte("run", "--source", "generic", "--json", site=site.path,
                     stdin=alarm)
    equal((result.returncode, err(result)), (0, wanted))
    equal(objects(result)[-1]["alarms"], 1)
    log = site.file("in.ndjson")
    process = e2e.start(site, "serve", "--follow", log, "--source", "generic")
    equal(process.stderr.readline().decode(), wanted)
    process.terminate()
    process.communicate(timeout=60)
    for args in (["check"], ["ls", "policies"], ["ls", "plugins"]):
        equal(err(riposte(*args, site=site.path)), "", args)
    e2e.policy(site, "other", 'return { name = "other", on = { SIP = "x" }, '
               "run = function() end }\n")
    result = riposte("run", "--source", "generic", site=site.path,
                     stdin=alarm)
    equal((result.returncode, err(result)), (0, ""))


SLOW = """touch begun
while [ ! -e go ]; do sleep 0.05; done
touch ended
"""

SLOW_POLICY = """
local riposte = require "riposte"
local wait = riposte.action("Slow", "Wait")
return {
  name = "slow",
  on = { AlarmRuleName = "a" },
  run = function() wait {} end,
}
"""


def slow_site():
    """Its one action has begun, and ends once there is a file "go"."""
    site = e2e.site()
    e2e.plugin(site, "Slow", {"Wait": {"script": "wait.sh"}},
               {"wait.sh": SLOW})
    e2e.policy(site, "slow", SLOW_POLICY)
    return site


def slow(site, name):
    return os.path.join(site.path, "plugins/slow", name)


def start_slow(site, *args):
    """A run with one alarm on its stdin, once the action has begun."""
    process = e2e.start(site, "run", "--source", "generic", *args,
                        stdin=subprocess.PIPE)
    process.stdin.write(b'{"AlarmRuleName":"a"}\n')
    process.stdin.flush()
    until(lambda: os.path.exists(slow(site, "begun")), "the action")
    return process


def let_go(site):
    site.file("plugins/slow/go")


def until(condition, what):
    assert e2e.wait_until(condition, 60), f"{what} never came"


def interrupt(process):
    """As a terminal does: the whole group gets it."""
    os.killpg(process.pid, signal.SIGINT)


@test
def the_first_interrupt_waits_for_what_runs():
    site = slow_site()
    process = start_slow(site, "--json")
    interrupt(process)
    line = process.stderr.readline().decode()
    contains(line, "finishing 1 action, interrupt again to kill it")
    let_go(site)
    stdout, _ = process.communicate(timeout=60)
    equal(process.returncode, 130)
    assert os.path.exists(slow(site, "ended"))
    steps = [json.loads(line) for line in stdout.splitlines()]
    equal(steps[0]["status"], "Executed")
    equal(steps[-1]["event"], "summary")


@test
def the_second_interrupt_ends_it_at_once():
    site = slow_site()
    process = start_slow(site)
    interrupt(process)
    process.stderr.readline()
    interrupt(process)
    process.communicate(timeout=60)
    equal(process.returncode, 130)
    assert not os.path.exists(slow(site, "ended"))


@test
def a_site_at_work_is_busy_and_nobody_can_be_reloaded():
    site = slow_site()
    result = riposte("reload", site=site.path)
    equal(result.returncode, 3)
    contains(err(result), "state/lock")
    process = start_slow(site)
    for args in (["run", "--source", "generic", "-"],
                 ["act", "Slow", "Wait"]):
        result = riposte(*args, site=site.path)
        equal(result.returncode, 69, args)
        contains(err(result), "in use by process ")
    let_go(site)
    process.communicate(timeout=60)
    equal(process.returncode, 0)


@test
def serve_follows_and_reload_tells_it():
    site = slow_site()
    log = site.file("in.ndjson", '{"AlarmRuleName":"b"}\n')
    process = e2e.start(site, "serve", "--follow", log, "--source", "generic",
                         "--json")
    state = os.path.join(site.path, "state/lock")
    until(lambda: os.path.exists(state), "the lock")
    until(lambda: riposte("reload", site=site.path).returncode == 0,
          "the process to be told")
    event, = objects(riposte("reload", "--json", site=site.path))
    equal(event["event"], "reload")
    equal(event["refused"], False)
    with open(log, "a", encoding="utf-8") as file:
        file.write('{"AlarmRuleName":"a"}\n')
    until(lambda: os.path.exists(slow(site, "begun")), "the action")
    let_go(site)
    until(lambda: os.path.exists(slow(site, "ended")), "its end")
    process.terminate()
    stdout, _ = process.communicate(timeout=60)
    events = [json.loads(line) for line in stdout.splitlines()]
    equal([event["status"] for event in events
           if event["event"] == "step"], ["Executed"])


@test
def the_readmes_policy_is_sound():
    with open(os.path.join(e2e.ROOT, "README.md"), encoding="utf-8") as file:
        text = file.read().split("```lua\n", 1)[1].split("```", 1)[0]
    lines = [line for line in text.splitlines() if line.strip()]
    equal(len(lines), 10, "a policy of ten lines")
    site = e2e.shipped()
    shutil.rmtree(os.path.join(site.path, "policies"))
    e2e.policy(site, "readme", text)
    result = riposte("run", "--source", "sshd", "--json", AUTH, site=site.path)
    equal(result.returncode, 0, err(result))
    equal(sorted(event["argv"][-1] for event in objects(result)
                 if event["event"] == "step"
                 and event["action"] == "Block address"),
          ["127.0.0.66", "127.0.0.99"])


# ---- TAP ------------------------------------------------------------------

for function in TESTS:
    e2e.attempt("cli: " + function.__name__.replace("_", " "), function)
e2e.done()
