"""A site whose only policy notes the n of each alarm of rule "mark" in
state/recorder/log, for tests that have to know how far a daemon has come."""

import e2e


def site():
    where = e2e.site()
    e2e.plugin(where, "Recorder",
               {"Note": {"script": "note.sh", "params": ["Line"]}},
               {"note.sh": 'echo "$1" >>"$RIPOSTE_STATE/log"\n'})
    e2e.policy(where, "note", """
local riposte = require "riposte"
local note = riposte.action("Recorder", "Note")

return { name = "note", on = { AlarmRuleName = "mark" },
         run = function(alarm) note { line = alarm.n } end }
""")
    return where


def noted(where, n):
    """Has the daemon come as far as that mark?"""
    return e2e.wait_until(
        lambda: str(n) in where.lines("state/recorder/log"))
