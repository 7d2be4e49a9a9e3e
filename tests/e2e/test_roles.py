"""Who may do what on the control socket: every command by every role, as users
of this machine. Prints TAP. Needs root, which alone can be another user."""

import os
import pwd
import re
import subprocess

import e2e

ROLES = ("viewer", "operator", "approver", "admin")
ARGUMENTS = {  # enough to be carried out; what it says does not matter
    "cancel": ["r1"], "resolve": ["r1.1", "done"], "lease extend": ["l1", "1h"],
    "lease end": ["l1"], "lease verify": ["l1"], "approve": ["a1"],
    "deny": ["a1"], "explain": ["00"], "ls": ["runs"], "show": ["r1"],
}
DENIED = "is not for uid"

if os.getuid():
    e2e.skip("every role", "only root can be another user")
    e2e.done()


def users():
    """Of this machine, with no rights of their own: four and a stranger."""
    return [one for one in pwd.getpwall()
            if one.pw_uid and one.pw_uid != os.geteuid()][:len(ROLES) + 2]


people = users()
site = e2e.site()
os.chmod(os.path.dirname(site.path), 0o755)
os.chmod(site.path, 0o755)
socket = os.path.join(site.path, "control.sock")
site.file("riposte.lua", """return {
  control = "control.sock",
  roles = { viewer = { "%s" }, operator = { %d }, approver = { "%s" },
            admin = { "@%s" } },
}
""" % (people[0].pw_name, people[1].pw_uid, people[2].pw_name,
       __import__("grp").getgrgid(people[3].pw_gid).gr_name))
site.file("in.ndjson", "")
daemon = e2e.serve(site, "--source", "generic", "--follow",
                   site.path + "/in.ndjson")

# ---- the table of docs/control.md ---------------------------------------------
with open(os.path.join(e2e.ROOT, "docs/control.md")) as f:
    table = {row[0]: [cell.strip() == "yes" for cell in row[1].split("|")]
             for row in re.findall(r"^\| `([a-z ]+)` \|(.*)\|$", f.read(), re.M)}
with open(os.path.join(e2e.ROOT, "engine/cli/commands.h")) as f:
    coded = {name.replace("_", " "): access for name, access in
             re.findall(r"X\((\w+), (\w+)\)", f.read())}
e2e.equal(sorted(table), sorted(n for n, a in coded.items() if a != "OWN"),
          "every command that an engine does is in the table")
e2e.ok(all(len(row) == len(ROLES) for row in table.values()),
       "with a cell for each role")


def ask(user, words):
    code = """
import os, socket, sys
os.setgroups([]); os.setgid(%d); os.setuid(%d)
s = socket.socket(socket.AF_UNIX)
s.connect(%r)
s.sendall(sys.stdin.buffer.read())
s.shutdown(socket.SHUT_WR)
while True:
    part = s.recv(65536)
    if not part: break
    sys.stdout.buffer.write(part)
""" % (user.pw_gid, user.pw_uid, socket)
    line = '{"words":[%s]}\n' % ",".join('"%s"' % word for word in words)
    return subprocess.run(["python3", "-c", code], input=line.encode(),
                          capture_output=True,
                          timeout=e2e.TIMEOUT).stdout.decode()


wrong = []
coded.pop("stop")  # comes last
for command, access in coded.items():
    for index, user in enumerate(people[:len(ROLES) + 1]):
        may = (access != "OWN" and index < len(ROLES) and
               table[command][index])
        words = command.split() + ARGUMENTS.get(command, [])
        if access == "OWN":
            words = command.split()
        answer = ask(user, words)
        if (DENIED in answer or "takes" in answer and access == "OWN") == may \
                or '"exit":' not in answer:
            wrong.append((command, user.pw_name, may, answer))
e2e.equal(wrong, [], "%d commands by %d roles and a stranger" % (
    len(coded), len(ROLES)))
e2e.ok(DENIED in ask(people[0], ["approve", "a1", "--as", "root"]),
       "a viewer does not decide")
e2e.ok("--as is for root" in ask(people[2], ["approve", "a1", "--as", "x"]),
       "an approver decides for nobody else")
e2e.ok("no approval" in ask(people[3], ["approve", "a1", "--as", "x"]),
       "an admin may")
site.file("riposte.lua", 'return { control = "control.sock" }\n')
e2e.equal(e2e.run(site, "reload").status, 0, "roles are taken away")
e2e.wait_until(lambda: DENIED in ask(people[0], ["ls", "runs"]))
e2e.ok(DENIED in ask(people[0], ["ls", "runs"]), "and nobody has them any more")
e2e.ok('"exit":0' in ask(pwd.getpwuid(0), ["ls", "runs"]), "but root")
e2e.ok(all(DENIED in ask(user, ["stop"]) for user in people),
       "nor stop it")
e2e.ok('"exit":0' in ask(pwd.getpwuid(0), ["stop"]), "root does")
e2e.equal(daemon.wait(timeout=e2e.TIMEOUT), 0, "serve ends")
e2e.done()
