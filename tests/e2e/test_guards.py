"""guards.lua: 10,000 spoofed alarms that name what a site protects, in 60
spellings, start no remediation on it, while tickets are opened and addresses
looked up; a refusal names rule, value and place."""

import collections
import os
import random

import e2e

ALARMS = 10000
CONTROLS = 200  # name nothing that is protected
HANDLED = 10    # each tenth is looked up and has a ticket, for time's sake

seed = int(os.environ.get("SEED", random.randrange(1 << 32)))
random.seed(seed)
e2e.note("SEED=%d" % seed)

site = e2e.site()
RECORD = 'printf "%%s\\n" "$*" >>"$RIPOSTE_STATE/%s"\n'
TYPES = ("ip", "cidr", "host", "user", "url", "email")
actions = {
    "Look": {"script": "look.sh", "kind": "context", "params": ["What"]},
    "Ticket": {"script": "ticket.sh",
               "params": [("Text", {"Type": "text", "Dash": "true"})]},
    "Block any": {"script": "block.sh", "params": ["What"]},
}
for kind in TYPES:
    actions["Block " + kind] = {
        "script": "block.sh", "params": [("What", {"Type": kind})]}
# One process a call, and no other: printf is the shell's own.
e2e.plugin(site, "Recorder", actions, {
    "look.sh": 'mkdir -p "$RIPOSTE_STATE"\n' + RECORD % "looks",
    "ticket.sh": RECORD % "tickets",
    "block.sh": RECORD % "blocks",
})
e2e.policy(site, "spoofed", """
local riposte = require "riposte"
local look   = riposte.action("Recorder", "Look")
local ticket = riposte.action("Recorder", "Ticket")
local block = {
  any   = riposte.action("Recorder", "Block any"),
  ip    = riposte.action("Recorder", "Block ip"),
  cidr  = riposte.action("Recorder", "Block cidr"),
  host  = riposte.action("Recorder", "Block host"),
  user  = riposte.action("Recorder", "Block user"),
  url   = riposte.action("Recorder", "Block url"),
  email = riposte.action("Recorder", "Block email"),
}

return {
  name = "spoofed",
  on   = { AlarmRuleName = "spoofed" },
  run  = function(alarm)
    if alarm.handled then look { what = alarm.value } end
    block[alarm.kind]:try { what = alarm.value }
    if alarm.handled then ticket { text = alarm.value } end
  end,
}
""")
site.file("lists/protected.txt", """# what is ours
192.0.2.7
2001:db8::7 until=2999-12-31 # the gateway
198.51.100.9 until=2001-01-01 # was ours
203.0.113.0/28
""")
site.file("guards.lua", """return {
  never = {
    { list = "protected", reason = "our own infrastructure" },
    { values = { "root", "CORP\\\\svc-backup", "dc1.corp.example",
                 "*.mgmt.example", "ceo@corp.example" },
      reason = "nobody works without them" },
    { values = { "198.51.100.10" }, expires = "2001-01-01" },
  },
}
""")

# Every one names something above.
SPELLINGS = {
    "ip": ["192.0.2.7", "::ffff:192.0.2.7", "::ffff:c000:207",
           "0:0:0:0:0:FFFF:C000:0207", "2001:db8::7", "2001:DB8:0:0::0007",
           "2001:0db8:0000:0000:0000:0000:0000:0007", "::192.0.2.7",
           "64:ff9b::192.0.2.7", "203.0.113.15"],
    "cidr": ["192.0.2.0/24", "0.0.0.0/0", "192.0.2.7/32", "::/0",
             "2001:db8::/64", "::ffff:192.0.2.0/120", "203.0.113.8/30",
             "203.0.113.0/24"],
    "host": ["dc1.corp.example", "DC1.Corp.EXAMPLE.", "a.mgmt.example",
             "a.b.MGMT.example", "192.0.2.7"],
    "user": ["root", "Root", "corp\\svc-backup", "CORP\\SVC-BACKUP",
             "svc-backup@corp.example.com", "svc-backup", "other\\root"],
    "url": ["http://192.0.2.7/x", "https://u@192.0.2.7:8443/?q=1",
            "http://[2001:db8::7]/", "https://dc1.corp.example./login",
            "ftp://A.mgmt.example"],
    "email": ["ceo@corp.example", "CEO@Corp.Example", "root@example.com",
              "x@dc1.corp.example"],
    "any": ["192.0.2.7", "3221225991", "0xc0000207", "0300.0.2.7", "192.0.519",
            "030000001007", "0xC0.0x0.0x2.0x7", "192.000.002.007",
            "[::ffff:192.0.2.7]", "[2001:db8::7]:443", "2001:db8::7%eth0",
            "198.51.100.1,192.0.2.7", "198.51.100.1 3221225991",
            "src=192.0.2.7", "http://0xc0000207/", "//192.0.2.7/share",
            "192.0.2.1-192.0.2.20", "192.0.2.0/255.255.255.0",
            "\uff11\uff19\uff12.0.2.7", "mail ceo@corp.example now",
            "user=x,root"],
}
HARMLESS = {
    "ip": ["198.51.100.9", "198.51.100.10", "203.0.113.16", "2001:db8::8"],
    "cidr": ["198.51.100.0/24"], "host": ["dc1.corp.example.com"],
    "user": ["toor", "other\\svc-backup"], "url": ["http://192.0.2.8/192.0.2.7"],
    "email": ["ceo@example.com"], "any": ["198.51.100.9", "rooted"],
}
wanted = [(kind, value) for kind, values in SPELLINGS.items()
          for value in values]
harmless = [(kind, value) for kind, values in HARMLESS.items()
            for value in values]
spoofed = [random.choice(wanted) for _ in range(ALARMS - CONTROLS)]
spoofed[:len(wanted)] = wanted
alarms = spoofed + [random.choice(harmless) for _ in range(CONTROLS)]
random.shuffle(alarms)
e2e.ok(len(wanted) >= 40, "%d spellings" % len(wanted))

source = e2e.alarms(site, "in.ndjson", [
    {"AlarmRuleName": "spoofed", "n": n, "kind": kind, "value": value,
     "handled": n % HANDLED == 0 or None}
    for n, (kind, value) in enumerate(alarms)])
result = e2e.run(site, "run", "--json", source, timeout=3600)
e2e.equal((result.status, result.summary["alarms"], result.summary["runs"]),
          (0, ALARMS, ALARMS), "every alarm is run to its end")

blocks = site.lines("state/recorder/blocks")
e2e.equal(sorted(blocks),
          sorted(value for kind, value in alarms if (kind, value) in harmless),
          "remediations on what is protected: 0; on what is not: all %d"
          % CONTROLS)
handled = sorted(value for kind, value in alarms[::HANDLED])
e2e.equal(sorted(site.lines("state/recorder/looks")), handled,
          "%d look-ups of the same values are made" % len(handled))
e2e.equal(sorted(site.lines("state/recorder/tickets")), handled,
          "and as many tickets")

refused = [s for s in result.of("step") if s["status"] == "Refused"]
rules = collections.Counter(s["rule"] for s in refused)
e2e.equal(rules, {"never-act": ALARMS - CONTROLS},
          "each refusal is by never-act")
e2e.note("10,000 alarms, %d spellings: %s refused" % (len(wanted), dict(rules)))


def said(kind, value):
    return next(s["error"] for s in refused
                if s["argv"][-1] == value and s["action"] == "Block " + kind)


text = said("any", "3221225991")
e2e.ok('"3221225991"' in text and "guards.lua:3" in text
       and "lists/protected.txt:2" in text and '"192.0.2.7"' in text
       and "our own infrastructure" in text,
       "a refusal names value, rule, entry and reason", text)
text = said("user", "corp\\svc-backup")
e2e.ok("guards.lua:4" in text and "lists/" not in text,
       "also where the entry is in guards.lua", text)
e2e.equal({s["place"] for s in refused}, {"guards.lua:3", "guards.lua:4"},
          "each refusal has the place of its rule")

result = e2e.run(site, "act", "Recorder", "Block ip", "-p", "what=192.0.2.7",
                 "--json")
step = result.of("step")[0]
e2e.equal((result.status, step["status"], step["rule"]),
          (1, "Refused", "never-act"), "nor may a person do it with act")
e2e.equal(step["place"], "guards.lua:3", "the line is a member of its own")
result = e2e.run(site, "act", "Recorder", "Block ip", "-p", "what=192.0.2.7",
                 "--dry-run", "--json")
e2e.equal(result.of("step")[0]["rule"], "never-act", "nor in a dry run")

# ---- what is wrong in guards.lua -------------------------------------------

WRONG = [
    ("return { nevre = {} }", "guards.lua:1", 'did you mean "never"'),
    ("return {\n never = { { list = \"protectd\" } } }", "guards.lua:2",
     'did you mean "protected"'),
    ("return {\n budgets = { { action = \"Recorder / Blok ip\",\n"
     "  count = 1, within = \"1h\" } } }", "guards.lua:2",
     'did you mean "Recorder / Block ip"'),
    ("return {\n budgets = { { policy = \"spofed\", count = 1,"
     " within = \"1h\" } } }", "guards.lua:2", 'did you mean "spoofed"'),
    ("return { people = { leads = { \"a\" } },\n"
     " approve = { { levels = { { group = \"lead\" } } } } }", "guards.lua:2",
     'did you mean "leads"'),
    ("return { budgets = { { count = 1 } } }", "guards.lua:1", "within"),
    ("return { budgets = { { action = \"Recorder / Look\", count = 1,"
     " within = \"1h\" } } }", "guards.lua:1", "context action"),
    ("return { never = { { values = { \"192.0.2.0/33\" } } } }",
     "guards.lua:1", '"192.0.2.0/33"'),
]
for text, place, words in WRONG:
    site.file("guards.lua", text + "\n")
    result = e2e.run(site, "check")
    e2e.ok(result.status == 2 and place in result.err + result.out
           and words in result.err + result.out, "%s: %s" % (place, words),
           result.err + result.out)
e2e.done()
