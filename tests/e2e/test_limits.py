"""A run that goes over a limit while its actions are under way: what has begun
ends, is said and journalled, and only then the run."""

import json
import os
import sqlite3

import e2e

BIG = 140  # results of 128 KiB: over 16 MiB together
SLOW = 2

site = e2e.site()
e2e.plugin(site, "Kit", {
    "Big": {"script": "big.sh", "params": ["N"], "kind": "context",
            "stderr": "warning"},
    "Slow": {"script": "slow.sh", "params": ["N"]},
}, {
    "big.sh": "head -c 65536 /dev/zero | tr '\\0' x | tee /dev/stderr\n",
    # Begins first, ends after the run is over.
    "slow.sh": 'sleep 4; echo $1 >>"$RIPOSTE_STATE/slow"\n',
})
e2e.policy(site, "limits", """
local riposte = require "riposte"
local big  = riposte.action("Kit", "Big")
local slow = riposte.action("Kit", "Slow")

return {
  name = "limits",
  on   = { AlarmRuleName = "limits" },
  run  = function()
    local requests = {}
    for n = 1, %d do requests[n] = slow.call { n = n } end
    for n = 1, %d do requests[#requests + 1] = big.call { n = n } end
    riposte.all(requests)
  end,
}
""" % (SLOW, BIG))
path = e2e.alarms(site, "in.ndjson", [{"AlarmRuleName": "limits"}])
result = e2e.run(site, "run", "--json", path)
runs = result.of("run")
e2e.equal([r["outcome"] for r in runs], ["parked"], "the run is parked")
e2e.ok("over 16 MiB" in str(runs[0]["error"]), "and says why", runs)
steps = [s["status"] for s in result.of("step")]
e2e.equal(steps, ["Executed"] * (BIG + SLOW), "every action has its verdict")
kinds = [json.loads(line)["event"] for line in result.out.splitlines()]
e2e.equal(kinds[-2:], ["run", "summary"], "the run ends behind them")
e2e.equal(sorted(site.lines("state/kit/slow")), ["1", "2"],
          "what had begun ended")
journal = sqlite3.connect(os.path.join(site.path, "state/journal.db"))
e2e.equal(journal.execute("SELECT count(*) FROM steps WHERE answer IS NULL")
          .fetchone()[0], 0, "the journal has every result")
journal.close()
e2e.done()
