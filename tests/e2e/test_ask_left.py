"""`riposte act` on a terminal: secrets, and every way out of a question.

The real program on a pseudo-terminal. Prints TAP.
"""

import fcntl
import os
import shlex
import signal
import termios
import time

import e2e
from asking import QUESTIONS, SAY, Terminal, contains, ran, same, talker
from e2e import attempt, plugin, wait_until


# ---- secrets ----------------------------------------------------------------

SECRET = "xyzzy-Sésame"


def a_secret_is_not_shown():
    site = talker()
    terminal = Terminal(site, "Locked", "Open", "--ask")
    terminal.answer("Door [-front]: ", "back\n")
    terminal.answer("Key (hidden): ", SECRET + "éé\x7f\x08\n")
    contains(terminal.answer("Run it? [y/N] ", "y\n"),
             "argv:     sh say.sh -d back -k ***\r\n")
    same(terminal.end(), 0)
    contains(terminal.text, "<-d><back><-k><***>")
    assert SECRET not in terminal.text, terminal.text
    last = terminal.text.rstrip().splitlines()[-1]
    same(last, "riposte act Locked Open -p door=back --site %s --ask"
         % shlex.quote(site.path))


def a_secret_may_be_longer_than_a_line_of_the_terminal():
    site = talker()
    site.file("plugins/locked/say.sh",
              "printf '%s' \"$4\" | wc -c\n")
    terminal = Terminal(site, "Locked", "Open", "--ask")
    terminal.answer("Door [-front]: ", "\n")
    terminal.wait("Key (hidden): ")
    terminal.type("none of this\x15")
    for _ in range(100):  # a terminal takes 4095 bytes at a time
        terminal.type("k" * 80)
        terminal.pump()
    terminal.type("xé\x7f\x08\n")
    terminal.answer("Run it? [y/N] ", "y\n")
    same(terminal.end(), 0)
    contains(terminal.text, "stdout: 8000\r\n")


OPEN = """<remv1:Action Name="Open" Command="sh">
<remv1:ConstantParameter Name="Script" Switch="say.sh" Order="1"/>
<remv1:EncryptedParameter><remv1:StringParameter Name="Key" Switch="-k"
 Order="2"/></remv1:EncryptedParameter></remv1:Action>
</remv1:Remediation-Plugin>"""


def a_secret_is_given_by_its_name():
    site = talker()
    for name in ("db-main", "db-other", "mail"):
        e2e.run(site, "secret", "set", name, input="value of " + name + "\n")
    terminal = Terminal(site, "Locked", "Open", "--ask")
    contains(terminal.answer("Door [-front]: ", "\n"),
             "secret:NAME is a secret that is set")
    terminal.answer("Key (hidden): ", "\t")
    terminal.wait("  secret:db-main\r\n  secret:db-other\r\n"
                  "  secret:mail\r\n")
    terminal.answer("Key (hidden): secret:", "d\t")
    terminal.wait("  secret:db-main\r\n  secret:db-other\r\n")
    terminal.answer("Key (hidden): secret:db-", "\x7f")
    terminal.answer("\r\nKey (hidden): ", "secret:m\t")
    terminal.answer("secret:mail", "\n")
    contains(terminal.answer("Run it? [y/N] ", "y\n"), "-k ***\r\n")
    same(terminal.end(), 0)
    contains(terminal.text, "<-k><***>")
    assert "value of" not in terminal.text, terminal.text
    contains(terminal.text.rstrip().splitlines()[-1], "-p key=secret:mail")


def a_tab_is_a_letter_where_nothing_is_completed():
    site = talker()
    site.file("plugins/locked/say.sh", "printf '%s' \"$4\" | wc -c\n")
    terminal = Terminal(site, "Locked", "Open", "--ask")
    terminal.answer("Door [-front]: ", "\n")
    terminal.answer("Key (hidden): ", "xxx\tyyy\n")
    terminal.answer("Run it? [y/N] ", "y\n")
    same(terminal.end(), 0)
    contains(terminal.text, "stdout: 7\r\n")


def what_is_typed_ahead_is_not_shown():
    site = talker()
    plugin(site, "Wordy", {"Action %04d %s" % (i, "x" * 60):
                           {"script": "say.sh"} for i in range(300)},
           {"say.sh": SAY})
    site.file("plugins/wordy/actions.xml",
              site.read("plugins/wordy/actions.xml").replace(
                  "</remv1:Remediation-Plugin>", OPEN))
    terminal = Terminal(site)
    terminal.answer("Plugin: ", "wordy\n")
    # Nobody reads the list, so it stands still between two questions.
    assert wait_until(lambda: int.from_bytes(fcntl.ioctl(
        terminal.master, termios.FIONREAD, bytes(4)), "little") >= 2048)
    terminal.type("open\n" + SECRET + "\n")
    terminal.wait("Action: ")
    terminal.wait("Key (hidden): ")
    terminal.answer("Run it? [y/N] ", "y\n")
    same(terminal.end(), 0)
    assert SECRET not in terminal.text, terminal.text


def what_is_for_later_is_asked_for_so():
    site = talker()
    terminal = Terminal(site, "Locked", "Open", "--ask", "--at", "soon")
    same(terminal.end(), 2)
    assert "Door" not in terminal.text
    e2e.run(site, "secret", "set", "door", input="open it\n")
    terminal = Terminal(site, "Locked", "Open", "--ask", "--at", "+2h")
    terminal.answer("Door [-front]: ", "\n")
    terminal.answer("Key (hidden): ", SECRET + "\n")
    contains(terminal.answer("Key (hidden): ", "secret:door\n"),
             "text cannot be kept until later")
    contains(terminal.answer("Keep it until then? [y/N] ", "y\n"),
             "at:       20")
    same(terminal.end(), 0)
    lines = terminal.text.rstrip().splitlines()
    contains(lines[-2], "r1 waits until ")
    same(lines[-1], "riposte act Locked Open -p key=secret:door --at +2h "
                    "--site " + shlex.quote(site.path))
    contains(e2e.run(site, "ls", "runs").out, "r1      waiting  due 20")


# ---- the ways out -----------------------------------------------------------

def every_question_can_be_left():
    site = talker()
    for key in ("\x03", "\x04", "\x1c\x03"):
        for i, (prompt, _) in enumerate(QUESTIONS):
            terminal = Terminal(site)
            for before, answer in QUESTIONS[:i]:
                terminal.answer(before, answer)
            terminal.wait(prompt)
            terminal.type(key)
            same(terminal.end(), 130, (prompt, key))
    same(ran(site), 0)
    return "%d ways" % (3 * len(QUESTIONS))


def a_line_can_be_left_in_its_middle():
    site = talker()
    for i in (0, 2, 3):
        for key in ("abc\x03", "abc\x1b[D\x03"):
            terminal = Terminal(site)
            for before, answer in QUESTIONS[:i]:
                terminal.answer(before, answer)
            terminal.wait(QUESTIONS[i][0])
            terminal.type(key)
            same(terminal.end(), 130, (i, key))
    same(ran(site), 0)


def signals_end_it_and_leave_the_terminal_as_it_was():
    site = talker()
    for number in (signal.SIGTERM, signal.SIGHUP):
        for i in (0, 3):
            terminal = Terminal(site)
            for before, answer in QUESTIONS[:i]:
                terminal.answer(before, answer)
            terminal.wait(QUESTIONS[i][0])
            terminal.process.send_signal(number)
            same(terminal.end(), 130, (i, number))
    same(ran(site), 0)


def children(pid):
    with open("/proc/%d/task/%d/children" % (pid, pid)) as file:
        return [int(word) for word in file.read().split()]


def state_of(pid):
    with open("/proc/%d/stat" % pid) as file:
        return file.read().rsplit(")", 1)[1].split()[0]


def a_question_can_be_stopped_and_goes_on():
    site = talker()
    for i in (1, 3):
        terminal = Terminal(site)
        for before, answer in QUESTIONS[:i]:
            terminal.answer(before, answer)
        terminal.wait(QUESTIONS[i][0])
        terminal.type("\x1a")
        stopped = wait_until(lambda: [
            pid for pid in children(terminal.process.pid)
            if state_of(pid) == "T"])
        same(termios.tcgetattr(terminal.slave), terminal.before, i)
        same(len(stopped), 1)
        os.kill(stopped[0], signal.SIGCONT)
        assert wait_until(lambda: not termios.tcgetattr(terminal.slave)[3]
                          & (termios.ICANON | termios.ECHO))
        terminal.type(QUESTIONS[i][1])
        for before, answer in QUESTIONS[i + 1:]:
            terminal.answer(before, answer)
        same(terminal.end(), 0, i)
    assert "s3cret" not in terminal.text
    same(ran(site), 2)


for test in (a_secret_is_not_shown,
             a_secret_may_be_longer_than_a_line_of_the_terminal,
             a_secret_is_given_by_its_name,
             a_tab_is_a_letter_where_nothing_is_completed,
             what_is_typed_ahead_is_not_shown,
             what_is_for_later_is_asked_for_so,
             every_question_can_be_left,
             a_line_can_be_left_in_its_middle,
             signals_end_it_and_leave_the_terminal_as_it_was,
             a_question_can_be_stopped_and_goes_on):
    attempt(test.__name__.replace("_", " "), test)
e2e.done()
