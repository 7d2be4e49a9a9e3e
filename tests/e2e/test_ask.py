"""`riposte act` on a terminal: the questions, the answers, what comes of them.

The real program on a pseudo-terminal. Prints TAP.
"""

import os
import re
import shlex
import subprocess

import e2e
from asking import ALARM, QUESTIONS, SAY, Terminal, contains, ran, same, \
    talker
from e2e import attempt, plugin


# ---- the way through -------------------------------------------------------

def a_shipped_plugin_is_run_by_answers():
    site = e2e.shipped()
    site.file("alarm.json", ALARM)
    terminal = Terminal(site, "--alarm", site.path + "/alarm.json")
    offered = terminal.answer("Plugin: ", "host f\n")
    contains(offered, "   1  Host Firewall\r\n   2  Host Isolation\r\n")
    contains(terminal.answer("Action: ", "1\n"), "   1  Block address\r\n")
    terminal.answer("Address (ip, required) [198.51.100.7]: ", "\n")
    shown = terminal.answer("Run it? [y/N] ", "y\n")
    contains(shown, "argv:     sh firewall.sh block 198.51.100.7\r\n"
                    "kind:     remediation\r\ntime-out: 20s\r\n")
    status = terminal.end()
    same(status, 0, terminal.text)
    contains(terminal.text, "status: Executed, exit 0")
    check = e2e.run(site, "act", "Host Firewall", "Is blocked", "-p",
                    "address=198.51.100.7")
    same(check.status, 0, check.out)


def it_asks_from_where_the_command_line_ends():
    site = talker()
    terminal = Terminal(site, "Talker")
    terminal.answer("Action: ", "say n\n")
    contains(terminal.answer("Run it? [y/N] ", "YES\n"), "kind:     context")
    same(terminal.end(), 0)
    contains(terminal.text, "time-out: 90s")
    terminal = Terminal(site, "Talker", "Say it", "--ask", "-p", "level=low",
                        "-p", "address=192.0.2.1")
    terminal.answer("Quiet (true|false): ", "t\n")
    terminal.answer("Text: ", "a b\n")
    contains(terminal.answer("Run it? [y/N] ", "y\n"),
             "sh say.sh 192.0.2.1 low -q 'a b'\r\n")
    same(terminal.end(), 0)
    assert "Level" not in terminal.text
    same(ran(site), 1)


def what_cannot_run_is_counted_and_not_offered():
    site = talker()
    terminal = Terminal(site)
    offered = terminal.answer("Plugin: ", "talker\n")
    contains(offered, "1 plugin is not offered")
    assert "Nowhere" not in offered, offered
    offered = terminal.answer("Action: ", "Gone\n")
    contains(offered, '1 action is not offered, since it cannot run here; '
                      'riposte show "Talker" says why')
    assert "Gone" not in offered, offered
    terminal.answer('there is no "Gone"', "\x03")
    same(terminal.end(), 130)
    terminal = Terminal(site, "Nowhere")
    same(terminal.end(), 1)
    contains(terminal.text, 'plugin "Nowhere" has no action to choose from')


def a_name_is_taken_by_its_beginning_number_or_after_enter():
    site = talker()
    terminal = Terminal(site)
    terminal.answer("Plugin: ", "talk\n")
    contains(terminal.answer("Plugin: ", "tolker\n"),
             'several begin with "talk"\r\n  - Talked about\r\n  - Talker\r\n')
    contains(terminal.answer("Plugin [Talker]: ", "\n"),
             'there is no "tolker"')
    terminal.answer("Action: ", "2\n")
    terminal.answer("Run it? [y/N] ", "n\n")
    same(terminal.end(), 1)
    contains(terminal.text, "action:   Talker / Say nothing\r\n")
    contains(terminal.text, "nothing was started")
    same(ran(site), 0)


def a_value_that_does_not_fit_is_asked_again():
    site = talker()
    terminal = Terminal(site, "Talker", "Say it", "--ask")
    terminal.answer("Address (ip, required): ", "\n")
    contains(terminal.answer("Address (ip, required): ", "198.51.100\n"),
             'parameter "Address": a value is required')
    contains(terminal.answer("Address (ip, required): ", "198.51.100.7\n"),
             "is no IP address")
    terminal.answer("Level (low|normal|high): ", "middle\n")
    contains(terminal.answer("Level (low|normal|high): ", "n\n"),
             "is none of low, normal, high")
    terminal.answer("Quiet (true|false): ", "\n")
    terminal.answer("Text: ", "-x\n")
    contains(terminal.answer("Text: ", "x\n"), "begins with '-'")
    contains(terminal.answer("Run it? [y/N] ", "y\n"),
             "argv:     sh say.sh 198.51.100.7 normal x\r\n")
    same(terminal.end(), 0)


def defaults_come_from_the_alarm_and_the_manifest():
    site = talker()
    terminal = Terminal(site, "Talker", "Say it", "--ask", "--alarm",
                        site.path + "/alarm.json")
    terminal.answer("Address (ip, required) [198.51.100.7]: ", '""\n')
    contains(terminal.answer("[198.51.100.7]: ", "\n"), "is required")
    terminal.answer("Level", "\n")
    terminal.answer("Quiet", "\n")
    terminal.answer("Text: ", "\x03")
    same(terminal.end(), 130)
    # The manifest's own text may begin with '-'.
    terminal = Terminal(site, "Locked", "Open", "--ask")
    terminal.answer("Door [-front]: ", "\n")
    terminal.answer("Key (hidden): ", "\n")
    contains(terminal.answer("Run it? [y/N] ", "y\n"),
             "sh say.sh -d -front -k ***\r\n")
    same(terminal.end(), 0)


# ---- Tab --------------------------------------------------------------------

def tab_completes_names_choices_and_fields():
    site = talker()
    terminal = Terminal(site, "--alarm", site.path + "/alarm.json")
    terminal.answer("Plugin: ", "TAL\t")
    terminal.wait("  Talked about\r\n  Talker\r\n")
    terminal.wait("Plugin: Talke")
    terminal.type("r\n")
    terminal.answer("Action: ", "say i\t")
    terminal.wait("Say it")
    terminal.type("\n")
    terminal.answer("[198.51.100.7]: ", "s\t")
    terminal.wait("  SIP  198.51.100.7\r\n  SHostName  web 1\r\n")
    terminal.wait("[198.51.100.7]: ")
    terminal.type("ip\t")
    terminal.wait("198.51.100.7")
    terminal.type("\n")
    terminal.answer("Level (low|normal|high): ", "h\t")
    terminal.wait("igh")
    terminal.type("\n")
    terminal.answer("Quiet", "\n")
    terminal.answer("Text: ", "SH\t")
    terminal.wait("web 1")
    terminal.type(" and more\n")
    contains(terminal.answer("Run it? [y/N] ", "y\n"),
             "argv:     sh say.sh 198.51.100.7 high 'web 1 and more'\r\n")
    same(terminal.end(), 0)


def no_control_character_of_an_alarm_reaches_the_terminal():
    site = talker()
    plugin(site, "Echo", {"Echo": {
        "script": "say.sh", "params": [("Who", {"field": "Login"})]}},
        {"say.sh": SAY})
    terminal = Terminal(site, "Echo", "Echo", "--ask", "--alarm",
                        site.path + "/alarm.json")
    terminal.answer("Who [O'Hara \\x1B[2Jx\\u{202E}]: ", "Login\t")
    terminal.wait("  Login  O'Hara \\x1B[2Jx\\u{202E}  (it holds control")
    terminal.type("\x15\n")
    terminal.answer("Run it? [y/N] ", "y\n")
    same(terminal.end(), 0)
    assert b"\x1b[2J" not in terminal.raw, terminal.raw
    assert "\u202e" not in terminal.raw.decode(), terminal.raw
    # Pasted into a shell, the last line does the same.
    again = terminal.text.rstrip().splitlines()[-1]
    words = subprocess.run(["bash", "-c", "printf '%s\\0' " + again],
                           capture_output=True, check=True).stdout
    contains(words.decode(), "\0who=O'Hara \x1b[2Jx\u202e\0")


# ---- output as it comes -----------------------------------------------------

def output_is_shown_as_it_comes():
    site = e2e.site()
    plugin(site, "Slow", {"Wait": {"script": "wait.sh"}}, {"wait.sh": """
printf 'first \\033[2J\\r\\n'; printf 'half'
read -r line < gate
echo ' a line'; echo to stderr >&2; printf 'no end'
"""})
    os.mkfifo(site.path + "/plugins/slow/gate")
    terminal = Terminal(site, "Slow", "Wait")
    terminal.wait("argv:   sh wait.sh\r\nstdout: first \\x1B[2J\\x0D\r\n")
    with open(site.path + "/plugins/slow/gate", "w") as gate:
        gate.write("go\n")
    terminal.wait("status: Failed to Execute, exit 0: it wrote to stderr")
    same(terminal.end(), 1)
    assert b"\x1b[2J" not in terminal.raw
    lines = terminal.text.splitlines()
    for line in ("stdout: half a line", "stderr: to stderr",
                 "stdout: no end"):
        same(lines.count(line), 1, terminal.text)
    same(terminal.text.count("first"), 1)


def an_endless_line_is_parted():
    site = e2e.site()
    plugin(site, "Long", {"Line": {"script": "line.py"}}, {"line.py": """
import sys
sys.stdout.write("é" * 4096 + "x" * 8191 + "\\n" + "y" * 8192 + "\\n"
                 + "z" * 8193 + "\\n")
"""})
    result = e2e.run(site, "act", "Long", "Line")
    same(result.status, 0, result.err)
    lines = [line[8:] for line in result.out.splitlines()
             if line.startswith("stdout: ")]
    same(lines, ["é" * 4096, "x" * 8191, "y" * 8192, "z" * 8192, "z"])


def a_dry_run_is_not_asked_about():
    site = talker()
    terminal = Terminal(site, "--dry-run")
    terminal.answer("Plugin: ", "locked\n")
    for prompt, answer in QUESTIONS[1:4]:
        terminal.answer(prompt, answer)
    same(terminal.end(), 0)
    contains(terminal.text, "argv:   sh say.sh -d -front -k ***\r\n")
    assert "Run it?" not in terminal.text
    assert not os.path.exists(site.path + "/state")


def results_go_to_stdout_and_questions_do_not():
    site = talker()
    with open(site.path + "/out", "wb") as file:
        terminal = Terminal(site, "Talker", "--json", stdout=file)
        terminal.answer("Action: ", "say n\n")
        terminal.answer("Run it? [y/N] ", "y\n")
        same(terminal.end(), 0)
    line, = site.lines("out")
    contains(line, '"status":"Executed"')
    assert "Executed" not in terminal.text


def a_simple_terminal_will_do():
    site = talker()
    for term in ("dumb", "vt100", "linux"):
        terminal = Terminal(site, "Talker", term=term, columns=40)
        terminal.answer("Action: ", "say n\n")
        terminal.answer("Run it? [y/N] ", "y\n")
        same(terminal.end(), 0, term)


def without_a_terminal_it_is_wrong_usage():
    site = talker()
    for words in ([], ["Talker"], ["Talker", "Say it", "--ask"],
                  ["--dry-run"]):
        result = e2e.run(site, "act", *words, input="1\n1\ny\n")
        same((result.status, result.out), (2, ""), words)
        contains(result.err, "terminal only")
        contains(result.err, "Usage: riposte act")
    terminal = Terminal(site, "--alarm", "-")
    same(terminal.end(), 2)
    contains(terminal.text, "where the answers would come from")


def the_last_line_does_the_same_again():
    site = talker()
    terminal = Terminal(site, "Talker", "Say it", "--ask", "--alarm",
                        site.path + "/alarm.json")
    terminal.answer("Address", "\n")
    terminal.answer("Level", "low\n")
    terminal.answer("Quiet", "\n")
    terminal.answer("Text: ", "it's $(id) \\ \"é\"\n")
    terminal.answer("Run it? [y/N] ", "y\n")
    same(terminal.end(), 0)
    words = shlex.split(terminal.text.rstrip().splitlines()[-1])
    same(words[:2], ["riposte", "act"])
    first = re.search("<198.*>", terminal.text).group()
    result = subprocess.run([e2e.RIPOSTE, *words[1:]], capture_output=True,
                            stdin=subprocess.DEVNULL, check=False)
    same(result.returncode, 0, result.stderr)
    contains(result.stdout.decode(), first)
    same(first, "<198.51.100.7><low><it's $(id) \\ \"é\">")


for test in (a_shipped_plugin_is_run_by_answers,
             it_asks_from_where_the_command_line_ends,
             what_cannot_run_is_counted_and_not_offered,
             a_name_is_taken_by_its_beginning_number_or_after_enter,
             a_value_that_does_not_fit_is_asked_again,
             defaults_come_from_the_alarm_and_the_manifest,
             tab_completes_names_choices_and_fields,
             no_control_character_of_an_alarm_reaches_the_terminal,
             output_is_shown_as_it_comes,
             an_endless_line_is_parted,
             a_dry_run_is_not_asked_about,
             results_go_to_stdout_and_questions_do_not,
             a_simple_terminal_will_do,
             without_a_terminal_it_is_wrong_usage,
             the_last_line_does_the_same_again):
    attempt(test.__name__.replace("_", " "), test)
e2e.done()
