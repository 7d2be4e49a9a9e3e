"""Sites to ask about, and `riposte act` on a terminal, for test_ask*.py."""

import os

import e2e
import terminal
from e2e import plugin


class Terminal(terminal.Terminal):
    """riposte act on a terminal of its own."""

    def __init__(self, site, *words, **options):
        super().__init__(site, "act", *words, **options)


# ---- sites ----------------------------------------------------------------

SAY = """#!/bin/sh
for word in "$@"; do printf '<%s>' "$word"; done
echo
echo ran >> "$RIPOSTE_STATE/ran"
"""

ALARM = ('{"AlarmRuleName":"brute force","SIP":"198.51.100.7",'
         '"SHostName":"web 1","Login":"O\'Hara \\u001b[2Jx\\u202e",'
         '"Message":"-rf"}')


def talker():
    """A plugin with every kind of parameter, and one that cannot run."""
    site = e2e.site()
    plugin(site, "Talker", {
        "Say it": {"script": "say.sh", "params": [
            ("Address", {"field": "SIP", "Type": "ip", "Required": "true"}),
            ("Level", {"Type": "enum", "Values": "low normal high"}),
            ("Quiet", {"Type": "flag", "switch": "-q"}),
            "Text"]},
        "Say nothing": {"script": "nothing.sh", "kind": "context",
                        "timeout": "90s"},
        "Gone": {"script": "gone.sh"}},
        {"say.sh": SAY, "nothing.sh": ":\n"})
    plugin(site, "Talked about", {"Other": {"script": "say.sh"}},
           {"say.sh": SAY})
    plugin(site, "Nowhere", {"Missing": {"script": "gone.sh"}})
    site.file("plugins/locked/actions.xml", LOCKED)
    site.file("plugins/locked/say.sh", SAY)
    site.file("alarm.json", ALARM)
    return site


LOCKED = """<?xml version="1.0" encoding="utf-8"?>
<r:Remediation-Plugin xmlns:r="RemediationVersion1.xsd" Name="Locked"
 Version="1" Guid="5f0f7f5e-6a0c-4a7e-9d0c-1f0f3a8f2bfe"
 IsLogRhythmPlugin="false">
<r:Action Name="Open" Command="sh">
 <r:ConstantParameter Name="Script" Switch="say.sh" Order="1"/>
 <r:StringParameter Name="Door" Switch="-d" Order="2">
  <r:DefaultInput><r:StaticInput Value="-front"/></r:DefaultInput>
 </r:StringParameter>
 <r:EncryptedParameter><r:StringParameter Name="Key" Switch="-k" Order="3"/>
 </r:EncryptedParameter>
</r:Action>
</r:Remediation-Plugin>
"""


def ran(site):
    """How many times a plugin of talker() did something."""
    return sum(len(site.lines("state/%s/ran" % name))
               for name in os.listdir(site.path + "/state")
               if os.path.isdir(site.path + "/state/" + name)) \
        if os.path.isdir(site.path + "/state") else 0


def same(got, wanted, what=""):
    assert got == wanted, "%s: got %r, wanted %r" % (what, got, wanted)


def contains(text, wanted):
    assert wanted in text, "%r is not in %r" % (wanted, text)


QUESTIONS = [("Plugin: ", "Locked\n"), ("Action [Open]: ", "\n"),
             ("Door [-front]: ", "\n"), ("Key (hidden): ", "s3cret\n"),
             ("Run it? [y/N] ", "y\n")]
