"""10,000 alarms with spoofed fields: whatever spelling of a protected address,
range, host, user or mailbox they hold, no remediation starts on it, while every
look-up and every ticket is made; what is free is blocked until the budget, and
never above. What really started is judged by names.py, which knows nothing of
riposte. And what is protected after it was blocked is unblocked on time.
Prints TAP."""

import collections
import ipaddress
import os
import random
import sqlite3
import subprocess
import time

import e2e
import names

ALARMS = 10000
FREE = 1500        # of them name nothing that is protected
BUDGET = 120       # remediations of the plugin that may start
BUDGET_IP = 15     # and of its action "Block ip"
HANDLED = int(os.environ.get("SPOOFED_HANDLED", "10"))
# Each HANDLED-th alarm is looked up and has a ticket: two processes each.

seed = int(os.environ.get("SEED", random.randrange(1 << 32)))
random.seed(seed)
e2e.note("SEED=%d" % seed)

# ---- what is protected -------------------------------------------------------

V4 = [ipaddress.IPv4Address("192.0.2.7"), ipaddress.IPv4Address("203.0.113.9"),
      ipaddress.IPv4Address("198.51.100.255")]
V4_NET = ipaddress.IPv4Network("203.0.113.0/28")
V6 = [ipaddress.IPv6Address("2001:db8::7"),
      ipaddress.IPv6Address("2001:db8:5:6:7:8:9:a"),
      ipaddress.IPv6Address("fd00::1")]
V6_NET = ipaddress.IPv6Network("2001:db8:77::/48")
HOSTS = ["dc1.corp.example", "mail.corp.example"]
BELOW = "*.mgmt.example"
USERS = ["root", "svc-backup", "m\u00fcller"]
MAILBOX = "ceo@corp.example"

PROTECTED = ([(int(a) | 0xffff << 32,) * 2 for a in V4 + [V4_NET[0]]] +
             [(int(a),) * 2 for a in V6])
PROTECTED.append((int(V4_NET[0]) | 0xffff << 32, int(V4_NET[-1]) | 0xffff << 32))
PROTECTED.append((int(V6_NET[0]), int(V6_NET[-1])))


def is_protected(kind, text):
    """What names.py makes of it. A user is not looked for in addresses."""
    if kind != "user" and any(
            low <= last and first <= high
            for low, high in names.addresses(text)
            for first, last in PROTECTED):
        return True
    words = names.words(text)
    named = {names.plain(w) for w in HOSTS + USERS} if kind != "ip" else set()
    return bool(words & named) or any(
        w.endswith(BELOW[1:]) for w in words) or (
            {"ceo", "corp.example"} <= words)


# ---- spellings -----------------------------------------------------------------

def pick(*some):
    return random.choice(some)


def case(text):
    return "".join(pick(c.lower(), c.upper()) for c in text)


def alphabet(text):
    """Digits of other alphabets that are the same to a resolver."""
    kinds = [lambda d: chr(0xff10 + d), lambda d: chr(0x1d7ce + d),
             lambda d: chr(0x1d7f6 + d), lambda d: chr(0x2080 + d),
             lambda d: chr(0x2460 + d - 1) if d else "\u24ea",
             lambda d: "\u2070\u00b9\u00b2\u00b3"[d] if d < 4
             else chr(0x2070 + d)]
    kind = random.choice(kinds)
    dot = pick(".", "\u3002", "\uff0e", "\uff61", "\u2024")
    return "".join(kind(int(c)) if c.isdigit() and c.isascii() else
                   dot if c == "." else c for c in text)


def hidden(text):
    at = random.randrange(1, len(text))
    return text[:at] + pick("\u200b", "\u00ad", "\u2060", "\ufeff", "\u200d") \
        + text[at:]


def part(value, bits):
    zeros = "0" * random.randrange(4)
    return pick(str(value), zeros + str(value) if value < 8 else str(value),
                "0%s%o" % (zeros, value), "0x%s%x" % (zeros, value),
                "0X%s%X" % (zeros, value))


def aton(a):
    """One to four parts, each in any base."""
    value, count = int(a), random.randrange(1, 5)
    parts = [part(value >> 24 - 8 * i & 255, 8) for i in range(count - 1)]
    rest = 8 * (5 - count)
    return ".".join(parts + [part(value & (1 << rest) - 1, rest)])


def groups(a):
    return ["%0*x" % (pick(1, 1, 4), int(g, 16))
            for g in a.exploded.split(":")]


def uncompressed(a):
    return case(":".join(groups(a)))


def compressed(a):
    """:: in the place of any run of zeros, not only the longest."""
    parts = groups(a)
    runs = [(i, j) for i in range(8) for j in range(i + 1, 9)
            if all(int(p, 16) == 0 for p in parts[i:j])]
    if not runs:
        return case(":".join(parts))
    i, j = random.choice(runs)
    return case(":".join(parts[:i]) + "::" + ":".join(parts[j:]))


def dotted_end(a):
    parts = uncompressed(a).split(":")[:6]
    return ":".join(parts) + ":" + str(ipaddress.IPv4Address(
        int(a) & 0xffffffff))


def v6(a):
    return pick(uncompressed, compressed, dotted_end)(a)


def in_v6(prefix):
    """The IPv4 address at the end of that prefix."""
    base = int(ipaddress.IPv6Address(prefix))
    return lambda a: v6(ipaddress.IPv6Address(base | int(a)))


def sixtofour(a):
    return v6(ipaddress.IPv6Address(0x2002 << 112 | int(a) << 80 |
                                    random.randrange(1 << 16)))


def octal4(a):
    return ".".join("0%o" % b for b in a.packed)


def hex4(a):
    return ".".join("0x%x" % b for b in a.packed)


def zeros4(a):
    return ".".join("%03d" % b for b in a.packed)


def net4(a, *lengths):
    bits = random.choice(lengths or range(0, 33))
    return ipaddress.IPv4Network((int(a), bits), strict=False)


def free_of_protected(net):
    first = int(net[0]) | (0xffff << 32 if net.version == 4 else 0)
    last = int(net[-1]) | (0xffff << 32 if net.version == 4 else 0)
    return not any(first <= b and a <= last for a, b in PROTECTED)


def holding(a):
    """A network around a; a small one where a is free."""
    size = a.max_prefixlen
    for _ in range(100):
        bits = random.randrange(0, size + 1)
        net = ipaddress.ip_network((int(a), bits) if size == 32 else
                                   (a.packed, bits), strict=False)
        if FREE_NOW is False or free_of_protected(net):
            return net
    return ipaddress.ip_network(a)


def mask(a):
    net = holding(a)
    return "%s/%s" % (net[0], pick(net.netmask, net.netmask, net.hostmask)
                      if 0 < net.prefixlen < 32 else net.netmask)


def masked_by_blank(a):
    net = net4(a, 24, 25, 28, 30) if FREE_NOW is False else net4(a, 31)
    return "%s%s%s" % (net[0], pick(" ", "  "), pick(net.netmask, net.hostmask))


def between(a):
    low, high = max(int(a) - random.randrange(3), 0), int(a)
    if FREE_NOW is False:
        high = min(high + random.randrange(3), (1 << a.max_prefixlen) - 1)
    else:
        low = high
    kind = type(a)
    return "%s-%s" % (kind(low), kind(high))


def short_between(a):
    low = int(a) & ~255
    return "%s-%d" % (a if FREE_NOW else ipaddress.IPv4Address(low),
                      int(a) & 255)


def pattern(a):
    parts = str(a).split(".")
    if FREE_NOW:
        at = 3
        parts[at] = pick("%s-%s", "%s,%s") % (parts[at], parts[at])
    else:
        at = random.randrange(4)
        value = int(parts[at])
        parts[at] = pick("*", "%d-%d" % (max(value - 1, 0), value),
                         "%d,%d" % (value, random.randrange(256)),
                         "%d,%d" % (random.randrange(256), value))
    return ".".join(parts)


def literal(a):
    text = str(a).replace(":", "-") + pick("", "s4") + ".ipv6-literal.net"
    return pick(case(text), text + ".", "\\\\" + text + "\\share")


def escaped(text):
    return "".join("%%%02X" % ord(c) if random.random() < .5 else c
                   for c in text)


def url_of(host):
    return pick("%s://%s", "%s://u@%s", "%s://u:p@%s", "%s://%s:8443",
                "%s://%s/x?y=1#z", "%s:\\\\%s\\x", "%s:///%s/") % (
        pick("http", "HTTPS", "ftp", "ssh"), host)


def confused(host):
    other = "evil.test"
    return "http://" + pick("%s#@%s/", "%s?@%s/", "%s\\@%s/", "%s:80@%s/",
                            "%s@%s/") % pick((other, host), (host, other))


def among(text):
    other = pick("198.18.0.1", "198.18.0.2", "x", "1")
    sign = pick(",", " ", ", ", ";", "|", "\t")
    return pick("%s%s%s" % (text, sign, other), "%s%s%s" % (other, sign, text))


def among_words(text):
    """Names are told apart by blanks and commas alone."""
    other = pick("198.18.0.1", "x", "1")
    sign = pick(",", " ", ", ", "\t")
    return pick("%s%s%s" % (text, sign, other), "%s%s%s" % (other, sign, text))


def quoted(text):
    return pick("[%s]", "(%s)", "<%s>", '"%s"', "'%s'", " %s ", "%s\n",
                "\u3000%s", "%s\u00a0", "{%s}") % text


def around(text):
    return pick("[%s]", "(%s)", "<%s>", '"%s"', "src=%s", "'%s'", " %s ",
                "%s\n", "\u3000%s", "%s\u00a0", "{%s}", "ip=%s") % text


V4_FORMS = {
    "dotted": str, "aton": aton, "octal": octal4, "hex": hex4,
    "leading zeros": zeros4, "integer": lambda a: str(int(a)),
    "hex integer": lambda a: pick("0x%x", "0X%08X") % int(a),
    "octal integer": lambda a: "0%o" % int(a),
    "trailing dot": lambda a: "%s." % a,
    "mapped": in_v6("::ffff:0:0"), "compatible": in_v6("::"),
    "NAT64": in_v6("64:ff9b::"), "local NAT64": in_v6("64:ff9b:1::"),
    "SIIT": in_v6("::ffff:0:0:0"), "ISATAP": in_v6("fe80::5efe:0:0"),
    "6to4": sixtofour,
    "mapped, port": lambda a: "[%s]:443" % in_v6("::ffff:0:0")(a),
    "port": lambda a: "%s:%d" % (a, random.randrange(1, 65536)),
    "aton, port": lambda a: "%s:%d" % (aton(a), random.randrange(1, 65536)),
    "brackets": lambda a: "[%s]" % a, "zone": lambda a: "%s%%eth0" % a,
    "CIDR": lambda a: str(holding(a)), "mask": mask,
    "mask behind a blank": masked_by_blank,
    "range": between, "short range": short_between, "pattern": pattern,
    "other alphabet": lambda a: alphabet(str(a)),
    "other alphabet, integer": lambda a: alphabet(str(int(a))),
    "hidden sign": lambda a: hidden(str(a)),
    "list": lambda a: among(str(a)), "list, aton": lambda a: among(aton(a)),
    "signs around": lambda a: around(str(a)),
    "URL": lambda a: url_of(str(a)), "URL, aton": lambda a: url_of(aton(a)),
    "URL, escaped": lambda a: url_of(escaped(str(a))),
    "URL, other alphabet": lambda a: url_of(alphabet(str(a))),
    "URL, tab": lambda a: "http://%s\t%s/" % (str(a)[:4], str(a)[4:]),
    "URL, two hosts": lambda a: confused(str(a)),
    "share": lambda a: "%s%s\\c$" % (pick("\\\\", "//"), a),
    "mail domain": lambda a: "x@[%s]" % a,
    "userinfo": lambda a: "u@%s" % aton(a),
    "path": lambda a: "%s/index.html" % a,
}
V6_FORMS = {
    "any": v6, "uncompressed": uncompressed, "compressed": compressed,
    "dotted end": dotted_end, "upper case": lambda a: a.exploded.upper(),
    "brackets": lambda a: "[%s]" % v6(a),
    "port": lambda a: "[%s]:%d" % (v6(a), random.randrange(1, 65536)),
    "zone": lambda a: "%s%%%s" % (v6(a), pick("eth0", "4", "25eth0")),
    "zone in brackets": lambda a: "[%s%%eth0]" % v6(a),
    "CIDR": lambda a: str(holding(a)),
    "brackets, CIDR": lambda a: "[%s]/%d" % (
        lambda n: (n[0], n.prefixlen))(holding(a)),
    "range": between, "literal": literal,
    "other alphabet": lambda a: alphabet(str(a)),
    "hidden sign": lambda a: hidden(str(a)),
    "list": lambda a: among(v6(a)), "signs around": lambda a: around(v6(a)),
    "URL": lambda a: url_of("[%s]" % v6(a)),
    "URL, two hosts": lambda a: confused("[%s]" % a),
    "mail domain": lambda a: "x@[IPv6:%s]" % v6(a),
}
HOST_FORMS = {
    "plain": str, "case": case, "trailing dot": lambda h: case(h) + ".",
    "other stop": lambda h: h.replace(".", pick("\u3002", "\uff0e", "\uff61")),
    "full width": lambda h: "".join(
        chr(ord(c) + 0xfee0) if c.isalnum() else c for c in h),
    "circled": lambda h: "".join(
        chr(0x24d0 + ord(c) - 97) if c.islower() else c for c in h),
    "hidden sign": hidden, "port": lambda h: h + ":22",
    "URL": url_of, "URL, two hosts": confused, "share": lambda h: "\\\\%s\\x" % h,
    "list": among_words, "signs around": quoted, "mailbox": lambda h: "x@" + h,
}
USER_FORMS = {
    "plain": str, "case": case, "domain": lambda u: "other\\" + case(u),
    "at": lambda u: case(u) + "@other.example", "hidden sign": hidden,
    "full width": lambda u: "".join(
        chr(ord(c) + 0xfee0) if c.isascii() and c.isalnum() else c for c in u),
    "list": among_words,
}
MAIL_FORMS = {
    "plain": str, "case": case, "dot": lambda m: m + ".",
    "angle": lambda m: "<%s>" % m, "name": lambda m: "The Boss <%s>" % m,
    "mailto": lambda m: "mailto:" + m,
    "quoted": lambda m: '"%s"@%s' % tuple(m.split("@")),
    "relay": lambda m: m.replace("@", "%") + "@relay.test",
    "full width": lambda m: m.replace("c", "\uff43"),
    "list": among_words,
}
FORMS = [("v4", V4_FORMS), ("v6", V6_FORMS), ("host", HOST_FORMS),
         ("user", USER_FORMS), ("mail", MAIL_FORMS)]
TYPES = ("ip", "cidr", "host", "user", "url", "email")
FREE_NOW = False


def thing(what):
    """Something that is protected, or is not."""
    if what == "v4":
        if FREE_NOW:
            return ipaddress.IPv4Address("198.18.%d.%d" % (
                random.randrange(256), random.randrange(256)))
        return pick(random.choice(V4), V4_NET[random.randrange(16)])
    if what == "v6":
        if FREE_NOW:
            return ipaddress.IPv6Address(
                int(ipaddress.IPv6Address("2001:db8:99::")) +
                random.randrange(1 << 20, 1 << 32))
        return pick(random.choice(V6), V6_NET[random.randrange(1 << 80)])
    if what == "host":
        name = "h%d.free.example" % random.randrange(1000)
        return name if FREE_NOW else pick(random.choice(HOSTS), "a.mgmt.example")
    if what == "user":
        return "u%d" % random.randrange(1000) if FREE_NOW else \
            random.choice(USERS)
    return "p%d@free.example" % random.randrange(1000) if FREE_NOW else MAILBOX


def make():
    what, forms = random.choices(FORMS, (10, 6, 3, 2, 2))[0]
    form = random.choice(list(forms))
    value = forms[form](thing(what))
    kinds = ["any"]
    # A type takes what it takes; what is no address is refused by it.
    if what in ("v4", "v6"):
        kinds += ["ip", "cidr", "host", "url", "email"]
    elif what == "host":
        kinds += ["host", "url", "email"]
    elif what == "user":
        kinds += ["user"]
    else:
        kinds += ["email", "user"]
    return {"AlarmRuleName": "spoofed", "what": what, "form": form,
            "kind": random.choice(kinds + ["any"] * 2), "value": value,
            "free": FREE_NOW or None}


alarms = [make() for _ in range(ALARMS - FREE)]
FREE_NOW = True
alarms += [make() for _ in range(FREE)]
FREE_NOW = False
random.shuffle(alarms)
for n, alarm in enumerate(alarms):
    alarm["n"] = n
    alarm["handled"] = n % HANDLED == 0 or None
spellings = {(a["what"], a["form"]) for a in alarms}
distinct = len({a["value"] for a in alarms if not a["free"]})
e2e.ok(len(spellings) >= 40 and len({s for w, s in spellings if w[0] == "v"})
       >= 40, "%d spellings, %d protected values in all" % (
           len(spellings), distinct))
e2e.equal([a["value"] for a in alarms
           if bool(a["free"]) == is_protected(a["kind"], a["value"])
           and (a["free"] or a["kind"] == "any")][:20], [],
          "names.py finds what is protected in every one, and nothing else")

# ---- the site ------------------------------------------------------------------

site = e2e.site()
recorder = os.path.join(site.path, "record")
subprocess.run(["cc", "-O1", "-o", recorder,
                os.path.join(e2e.ROOT, "tests/e2e/record.c")], check=True)
with open(recorder, "rb") as f:
    RECORD = {"record": f.read()}
os.unlink(recorder)
blocks = {}
for kind in ("any",) + TYPES:
    blocks["Block " + kind] = {
        "script": "record", "args": ["block"],
        "params": [("What", {"Type": kind} if kind != "any" else {})]}
e2e.plugin(site, "Wall", blocks, RECORD)
e2e.plugin(site, "Desk", {
    "Look": {"script": "record", "args": ["looks"], "kind": "context",
             "params": ["What"]},
    "Ticket": {"script": "record", "args": ["tickets"],
               "params": [("Text", {"Type": "text"})]},
}, RECORD)
e2e.policy(site, "spoofed", """
local riposte = require "riposte"
local look   = riposte.action("Desk", "Look")
local ticket = riposte.action("Desk", "Ticket")
local block  = {}
for _, kind in ipairs { "any", "ip", "cidr", "host", "user", "url", "email" } do
  block[kind] = riposte.action("Wall", "Block " .. kind)
end

return {
  name = "spoofed",
  on   = { AlarmRuleName = "spoofed" },
  run  = function(alarm)
    if alarm.handled then look { what = alarm.value } end
    block[alarm.kind]:try { what = alarm.value }
    if alarm.handled then ticket { text = "n" .. alarm.n } end
  end,
}
""")
site.file("lists/protected.txt", "".join("%s\n" % one for one in (
    V4 + [V4_NET] + V6 + [V6_NET] + HOSTS + [BELOW] + USERS + [MAILBOX])))
site.file("guards.lua", """return {
  never = { { list = "protected", reason = "ours" } },
  budgets = {
    { plugin = "Wall", count = %d, within = "1d", overflow = "refuse" },
    { action = "Wall / Block ip", count = %d, within = "1d",
      overflow = "refuse" },
  },
}
""" % (BUDGET, BUDGET_IP))

# ---- all of them ---------------------------------------------------------------

source = e2e.alarms(site, "in.ndjson", alarms)
began = time.monotonic()
result = e2e.run(site, "run", "--json", source, timeout=3600)
e2e.note("%d alarms in %.1f s" % (ALARMS, time.monotonic() - began))
e2e.equal((result.status, result.summary["alarms"], result.summary["runs"]),
          (0, ALARMS, ALARMS), "every alarm is run to its end")


def recorded(text):
    return text.replace("\n", "?")


started = site.lines("state/wall/block")
wrong = [line for line in started
         if is_protected("any", line)]
e2e.equal(wrong, [], "remediations that started on what is protected: 0 of %d"
          % (ALARMS - FREE))
step_of = {}
for step in result.of("step"):
    if step["plugin"] == "Wall":
        step_of[step["alarm"]] = step
by_alarm = {}
for event in result.of("run"):
    by_alarm[event["alarm"]] = int(event["run"][1:])
order = {number: alarms[i] for i, number in
         enumerate(sorted(by_alarm.values()))}
pairs = [(order[by_alarm[id_]], step) for id_, step in step_of.items()]
e2e.equal(len(pairs), ALARMS, "each alarm asks for one")
free = [(a, s) for a, s in pairs if a["free"]]
never = [a for a, s in free if s["rule"] == "never-act"]
e2e.equal([(a["kind"], a["value"]) for a in never][:20], [],
          "what is free is never refused as protected")
bound = collections.Counter(s["rule"] for a, s in pairs if not a["free"])
e2e.ok(set(bound) <= {"never-act", "type", "dash"} and
       bound["never-act"] > (ALARMS - FREE) // 2,
       "what is protected is refused by never-act, or is no value of its type:"
       " %s" % dict(bound))
e2e.equal({a["value"] for a, s in pairs if not a["free"] and
           a["kind"] == "any" and s["rule"] != "never-act"}, set(),
          "and wherever no type is said, by never-act")
e2e.equal(sorted(started), sorted(
    recorded(a["value"]) for a, s in pairs if s["status"] == "Executed"),
          "what is told is what was started")
e2e.equal(len(started), BUDGET, "%d free ones, and a budget of %d: started %d"
          % (FREE, BUDGET, len(started)))
ips = [s for a, s in pairs if a["kind"] == "ip" and s["status"] == "Executed"]
e2e.ok(len(ips) <= BUDGET_IP, "of the narrower one: %d of at most %d"
       % (len(ips), BUDGET_IP))
over = collections.Counter(s["rule"] for a, s in free)
e2e.ok(over["budget"] > 0 and set(over) <= {"budget", "type", None},
       "the others are over budget: %s" % dict(over))
handled = [a for a in alarms if a["handled"]]
e2e.equal(sorted(site.lines("state/desk/looks")),
          sorted(recorded(a["value"]) for a in handled),
          "%d look-ups of the same values" % len(handled))
e2e.equal(sorted(site.lines("state/desk/tickets")),
          sorted("n%d" % a["n"] for a in handled), "and as many tickets")

# ---- protected after it was blocked --------------------------------------------

fence = e2e.site()
BLOCKED = ["198.18.1.%d" % n for n in range(1, 21)]
SECONDS = 4
e2e.plugin(fence, "Fence", {
    "Block": {"script": "record", "args": ["blocks"], "undo": "Unblock",
              "target": "Address", "params": [("Address", {"Type": "ip"})]},
    "Unblock": {"script": "record", "args": ["unblocks"],
                "params": [("Address", {"Type": "ip"})]},
}, RECORD)
e2e.policy(fence, "fence", """
local riposte = require "riposte"
local block = riposte.action("Fence", "Block")

return {
  name = "fence",
  on   = { AlarmRuleName = "bad" },
  run  = function(alarm)
    block:try({ address = alarm.SIP }, { expires = "%ds" })
  end,
}
""" % SECONDS)
fence.file("guards.lua", """return {
  never = { { list = "protected" } },
  budgets = { { plugin = "Fence", count = %d, within = "1d",
                overflow = "refuse" } },
}
""" % len(BLOCKED))
fence.file("lists/protected.txt", "192.0.2.7\n")
log = fence.file("in.ndjson")


def offer(addresses):
    with open(log, "a") as f:
        for address in addresses:
            f.write('{"AlarmRuleName":"bad","SIP":"%s","n":%d}\n'
                    % (address, random.randrange(1 << 40)))


serving = e2e.start(fence, "serve", "--source", "generic", "--follow", log,
                    stdout=subprocess.DEVNULL)
e2e.until_said(serving, " in force (")
offer(BLOCKED)
e2e.wait_until(lambda: len(fence.lines("state/fence/blocks")) == len(BLOCKED))
# The engine has its own lock meanwhile; the list is swapped in by a reload.
fence.file("lists/protected.txt", "".join(a + "\n" for a in BLOCKED))
e2e.equal(e2e.run(fence, "reload").status, 0, "%d addresses are blocked for "
          "%d s, then protected" % (len(BLOCKED), SECONDS))
e2e.until_said(serving, " in force (")
undone = e2e.wait_until(
    lambda: sorted(fence.lines("state/fence/unblocks")) == sorted(BLOCKED))
e2e.ok(undone, "each of them is unblocked, once, over any budget",
       fence.read("state/fence/unblocks"))
offer(BLOCKED)
offer(["198.18.1.99"])
serving.send_signal(e2e.signal.SIGTERM)
serving.communicate(timeout=e2e.TIMEOUT)
result = e2e.run(fence, "run", "--json", log)
e2e.equal((sorted(fence.lines("state/fence/blocks")),
           sorted(fence.lines("state/fence/unblocks"))),
          (sorted(BLOCKED), sorted(BLOCKED)),
          "and is not blocked again; the budget holds")
journal = sqlite3.connect(os.path.join(fence.path, "state/journal.db"))
early = journal.execute("""
    SELECT count(*) FROM runs JOIN steps USING (run) JOIN owners USING (lease)
    WHERE cause = 'undo' AND steps.started < owners.until""").fetchone()
undos = journal.execute("SELECT count(*) FROM runs WHERE cause = 'undo'"
                        ).fetchone()
journal.close()
e2e.equal((undos, early), ((len(BLOCKED),), (0,)), "none before its time")
e2e.done()
