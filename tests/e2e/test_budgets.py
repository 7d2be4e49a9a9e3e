"""Budgets of guards.lua: however often the engine is killed and started again,
no more remediations start than may; what is over is refused or left to a
person, and says by which rule."""

import os
import random
import signal
import sqlite3
import threading

import e2e

ALARMS = 300
BUDGET = 40
KILLS = 4

seed = int(os.environ.get("SEED", random.randrange(1 << 32)))
random.seed(seed)
e2e.note("SEED=%d" % seed)

site = e2e.site()
e2e.plugin(site, "Recorder", {
    "Block": {"script": "block.sh", "target": "Address",
              "params": [("Address", {"Type": "ip"})]},
    "Ticket": {"script": "ticket.sh", "params": [("Text", {"Type": "text"})]},
}, {
    # Where the test says so it waits with what it did written down.
    "block.sh": 'cd "$RIPOSTE_STATE"\necho "$1" >>blocks\n'
                'if [ -e limit ] && '
                '[ "$(wc -l <blocks)" -ge "$(cat limit)" ]; then\n'
                '  : >held; exec sleep 100000\nfi\n',
    "ticket.sh": 'echo "$1" >>"$RIPOSTE_STATE/tickets"\n',
})
e2e.policy(site, "block", """
local riposte = require "riposte"
local block  = riposte.action("Recorder", "Block")
local ticket = riposte.action("Recorder", "Ticket")

return {
  name = "block",
  on   = { AlarmRuleName = { "bad", "again" } },
  run  = function(alarm)
    local done, failure = block:try { address = alarm.SIP }
    if not done then ticket { text = failure.rule or "none" } end
  end,
}
""")
GUARDS = """return {
  budgets = {
    { action = "Recorder / Block", count = %d, within = "1d",
      overflow = "%s" },
  },
}
"""
site.file("guards.lua", GUARDS % (BUDGET, "refuse"))
source = e2e.alarms(site, "in.ndjson", [
    {"AlarmRuleName": "bad", "SIP": "198.51.%d.%d" % (n // 250, n % 250 + 1)}
    for n in range(ALARMS)])
BLOCKS = "state/recorder/blocks"
HELD = os.path.join(site.path, "state/recorder/held")
LIMIT = os.path.join(site.path, "state/recorder/limit")
site.file(BLOCKS)

killed = 0
for goal in sorted(random.sample(range(1, BUDGET), KILLS)):
    site.file("state/recorder/limit", "%d\n" % goal)
    process = e2e.start(site, "run", "--json", source,
                        stderr=e2e.subprocess.DEVNULL)
    thread = threading.Thread(target=process.stdout.read)
    thread.start()
    e2e.wait_until(lambda: os.path.exists(HELD) or process.poll() is not None)
    if process.poll() is None:
        os.kill(e2e.engine_pid(site), signal.SIGKILL)
        killed += 1
    process.wait(e2e.TIMEOUT)
    thread.join()
    if os.path.exists(HELD):
        os.unlink(HELD)
    if len(site.lines(BLOCKS)) > BUDGET:
        break
os.unlink(LIMIT)
e2e.ok(killed, "%d engines were killed with blocks under way" % killed)
last = e2e.run(site, "run", "--json", source)
e2e.ok(last.of("summary"), "the last run ends by itself", last.err)
blocks = site.lines(BLOCKS)
e2e.ok(0 < len(blocks) <= BUDGET,
       "started over all processes: %d of at most %d" % (len(blocks), BUDGET))
e2e.equal(len(blocks), len(set(blocks)), "each of them once")


def ask(sql):
    journal = sqlite3.connect(os.path.join(site.path, "state/journal.db"))
    rows = journal.execute(sql).fetchall()
    journal.close()
    return rows


e2e.equal(ask("SELECT count(*) FROM uses WHERE action = 'Block'"), [(BUDGET,)],
          "all of the budget is used, and not more")
refused = ask("SELECT count(*) FROM steps WHERE status = 'Refused'"
              " AND json_extract(answer, '$.rule') = 'budget'")
e2e.equal(refused, [(ALARMS - BUDGET,)], "the others are refused by budget")
text = ask("SELECT answer FROM steps WHERE status = 'Refused' LIMIT 1")[0][0]
e2e.ok("budget guards.lua:3: %d of Recorder / Block in 1d" % BUDGET in text
       and "198.51." in text, "which names its line and the target", text)
e2e.equal(set(site.lines("state/recorder/tickets")), {"budget"},
          "and the policy goes on with a ticket")

# ---- over budget a person decides ------------------------------------------

site.file("guards.lua", GUARDS % (BUDGET, "approve"))
more = e2e.alarms(site, "more.ndjson",
                  [{"AlarmRuleName": "again", "SIP": "203.0.113.1"}])
result = e2e.run(site, "run", "--json", more)
e2e.equal(len(site.lines(BLOCKS)), len(blocks),
          "where a person has to agree nothing starts by itself")
e2e.ok("guards.lua:3" in result.out + result.err,
       "and it is said what has to be agreed to", result.out + result.err)

# ---- a budget that changes knows what was done -----------------------------

site.file("guards.lua", GUARDS % (BUDGET + 2, "refuse"))
e2e.run(site, "run", "--json", e2e.alarms(site, "third.ndjson", [
    {"AlarmRuleName": "again", "SIP": "203.0.113.%d" % n}
    for n in range(2, 7)]))
e2e.equal(len(site.lines(BLOCKS)), len(blocks) + 2,
          "two more in the budget: two more start")
e2e.done()
