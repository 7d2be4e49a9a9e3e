"""riposte list add, remove, show: several writers at once lose nothing, a
serve protects what was added from the next alarm on, and no writer breaks the
site."""

import os
import signal

import e2e

WRITERS = 8
VALUES = 25  # of each writer

site = e2e.site()
e2e.plugin(site, "Recorder", {
    "Block": {"script": "block.sh",
              "params": [("Address", {"Type": "ip", "Required": "true"})]},
}, {"block.sh": 'echo "$1" >>"$RIPOSTE_STATE/blocks"\n'})
e2e.policy(site, "block", """
local riposte = require "riposte"
local block = riposte.action("Recorder", "Block")

return {
  name = "block",
  on   = { AlarmRuleName = "bad" },
  run  = function(alarm) block:try { address = alarm.SIP } end,
}
""")
site.file("guards.lua",
          "return { never = { { list = \"protected\" } } }\n")
site.file("lists/protected.txt", "# ours\n192.0.2.1 # first\n")


def run(*words):
    return e2e.run(site, "list", *words)


# ---- several writers --------------------------------------------------------

# Each shell goes through its own values, so all of them write at once.
writers = [e2e.subprocess.Popen(
    ["sh", "-c", 'for n in $(seq %d); do "$0" list add many 10.%d.0.$n '
     '--site "$1" >/dev/null || exit 1; done' % (VALUES, w),
     e2e.RIPOSTE, site.path]) for w in range(WRITERS)]
e2e.equal([w.wait(e2e.TIMEOUT) for w in writers], [0] * WRITERS,
          "%d writers at once" % WRITERS)
e2e.equal(sorted(site.lines("lists/many.txt")),
          sorted("10.%d.0.%d" % (w, n) for w in range(WRITERS)
                 for n in range(1, VALUES + 1)),
          "all %d values are there" % (WRITERS * VALUES))
e2e.equal([name for name in os.listdir(os.path.join(site.path, "lists"))
           if name.startswith(".")], [], "and nothing is left over")

# ---- one entry ---------------------------------------------------------------

result = run("add", "protected", "192.0.2.9", "--until", "2999-12-31",
             "--reason", "a gateway")
e2e.equal((result.status, site.lines("lists/protected.txt")),
          (0, ["# ours", "192.0.2.1 # first",
               "192.0.2.9 until=3000-01-01T00:00:00.000Z # a gateway"]),
          "add keeps what else is there")
result = run("add", "protected", "::ffff:192.0.2.9", "--json")
e2e.equal((result.events[0]["done"], site.lines("lists/protected.txt")[-1]),
          ("changed", "::ffff:192.0.2.9"),
          "the same address in another spelling is changed")
e2e.equal(run("add", "protected", "::ffff:192.0.2.9", "--json")
          .events[0]["done"], "unchanged", "the same again changes nothing")
show = run("show", "protected", "--json").of("entry")
e2e.equal([(e["value"], e["line"]) for e in show],
          [("192.0.2.1", 2), ("::ffff:192.0.2.9", 3)], "show")
e2e.equal((run("remove", "protected", "192.0.2.9").status,
           run("remove", "protected", "192.0.2.9").status,
           run("remove", "nothing", "x").status), (0, 3, 3), "remove")

before = site.read("lists/protected.txt")
for words, name in [
        (("add", "protected", "a # b"), "what would be read as a comment"),
        (("add", "protected", "x\n192.0.2.4"), "two lines"),
        (("add", "protected", "192.0.2.0/33"), "no range"),
        (("add", "protected", "two words"), "what could protect nothing"),
        (("add", "protected", "x", "--until", "2001-01-01"), "a time over"),
        (("add", "protected", "x", "--until", "soon"), "no time"),
        (("add", "../protected", "x"), "a path")]:
    result = run(*words)
    e2e.ok(result.status == 2 and result.err, "refused: " + name, result.err)
e2e.equal(site.read("lists/protected.txt"), before, "and nothing changed")

# ---- under serve -------------------------------------------------------------

log = site.file("log", "")
serve = e2e.start(site, "serve", "--json", "--follow", log, "--source",
                  "generic", stdout=e2e.subprocess.DEVNULL)
e2e.until_said(serve, " in force (")
result = run("add", "protected", "198.51.100.0/24", "--json")
e2e.equal(result.events[0].get("pid"), e2e.engine_pid(site),
          "add tells the serve")
e2e.until_said(serve, " in force (")
with open(log, "a") as file:
    file.write('{"AlarmRuleName":"bad","SIP":"198.51.100.7"}\n')
    file.write('{"AlarmRuleName":"bad","SIP":"203.0.113.7"}\n')
e2e.wait_until(lambda: site.lines("state/recorder/blocks"))
run("remove", "protected", "198.51.100.0/24")
e2e.until_said(serve, " in force (")
with open(log, "a") as file:
    file.write('{"AlarmRuleName":"bad","SIP":"198.51.100.8"}\n')
e2e.wait_until(lambda: len(site.lines("state/recorder/blocks")) > 1)
os.kill(serve.pid, signal.SIGTERM)
serve.communicate(timeout=e2e.TIMEOUT)
e2e.equal(site.lines("state/recorder/blocks"), ["203.0.113.7", "198.51.100.8"],
          "what is added is protected from then on, what is removed is not")
e2e.done()
