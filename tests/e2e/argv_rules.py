"""The rules from an actions.xml and values to a command line, stated anew.

Independent of engine/model: written from the rules themselves (docs/plugins.md
"From parameters to a command line"), on Python's own XML parser. The tests
beside this file compare what riposte does with what this predicts.
"""

import datetime
import re
import xml.etree.ElementTree as ET

import dotnet_dates

NAMESPACE = "{RemediationVersion1.xsd}"
VALUE_MAX = 8 * 1024
TOTAL_MAX = 128 * 1024
SECRET = "***"
DATES = ("AlarmDate", "NormalMessageDate")
OLD_NAMES = {"DHostIP": "DIP", "SHostIP": "SIP"}


class Refused(Exception):
    """The action is not started; the text names the parameter and why."""


def split_words(text):
    """Words by the rules of Microsoft's C runtime."""
    tokens = re.findall(r'\\*"|\\+|[ \t]|[^\\" \t]+', text)
    words, word, quoted = [], None, False
    while tokens:
        token = tokens.pop(0)
        if token.endswith('"'):
            slashes = len(token) - 1
            word = (word or "") + "\\" * (slashes // 2)
            if slashes % 2:
                word += '"'
            elif quoted and tokens[:1] == ['"']:
                word += tokens.pop(0)
            else:
                quoted = not quoted
        elif token in " \t" and not quoted:
            words += [word] if word is not None else []
            word = None
        else:
            word = (word or "") + token
    return words + ([word] if word is not None else [])


class Parameter:
    def __init__(self, element, encrypted, place):
        kind = element.tag.removeprefix(NAMESPACE)
        self.constant = kind == "ConstantParameter"
        self.encrypted = encrypted
        self.name = element.get("Name", "").strip()
        self.switch = split_words(element.get("Switch", ""))
        order = element.get("Order", "").strip()
        number = re.fullmatch(r"[+-]?\d+", order)
        self.key = (0, int(order), place) if number else (1, 0, place)
        self.static = self.field = None
        self.zone = self.pattern = None  # of a date
        default = element.find(NAMESPACE + "DefaultInput")
        source = default[0] if default is not None and len(default) else None
        if source is not None:
            name = source.tag.removeprefix(NAMESPACE)
            if name == "StaticInput":
                self.static = source.get("Value", "")
            else:
                self.field = OLD_NAMES.get(name, name)
                time = source.find(NAMESPACE + "TimeFormat")
                if time is not None:
                    self.zone = time.get("TimeZone")
                    self.pattern = time.get("FormattingString")
        # What an overlay may say.
        self.dash = False
        self.flag = False
        self.via = None


class Action:
    def __init__(self, element):
        self.name = element.get("Name").strip()
        self.command = element.get("Command").strip()
        self.omit_empty = False
        found = []
        for child in element:
            encrypted = False
            while child.tag == NAMESPACE + "EncryptedParameter":
                encrypted = True
                child = child[0]
            if child.tag in (NAMESPACE + "ConstantParameter",
                             NAMESPACE + "StringParameter"):
                found.append(Parameter(child, encrypted, len(found)))
        self.parameters = sorted(found, key=lambda p: p.key)

    @property
    def inputs(self):
        return [p for p in self.parameters if not p.constant]


def load(path):
    """The plugin's name and its actions; ET.ParseError where ill-formed."""
    root = ET.parse(path).getroot()
    return (root.get("Name").strip(),
            [Action(e) for e in root if e.tag == NAMESPACE + "Action"])


def _date(value, parameter):
    """A date with a zone, as the parameter's TimeFormat has it; else None."""
    try:
        date = datetime.datetime.fromisoformat(value.decode())
    except ValueError:
        return None
    if date.tzinfo is None:
        return None
    return dotnet_dates.text(date, parameter.zone, parameter.pattern).encode()


def _value(parameter, values, fields):
    """The value as bytes, and whether it is the manifest's own."""
    if parameter in values:
        return values[parameter], False
    if parameter.static is not None:
        return parameter.static.encode(), True
    value = fields.get(parameter.field, b"")
    date = _date(value, parameter) if parameter.field in DATES else None
    return (value, False) if date is None else (date, True)


def _check(parameter, value, own):
    if b"\0" in value:
        raise Refused(f"{parameter.name}: NUL")
    if len(value) > VALUE_MAX:
        raise Refused(f"{parameter.name}: too long")
    if value.startswith(b"-") and not own and not parameter.dash:
        raise Refused(f"{parameter.name}: leading dash")


def predict(action, values, fields, secret=None):
    """The words as bytes, [0] the Command.

    values: {Parameter: bytes} as given; fields: {name: bytes} of the alarm.
    secret: what stands for encrypted values, as when they are printed.
    """
    words = [action.command.encode()]
    for parameter in action.parameters:
        switch = [word.encode() for word in parameter.switch]
        if parameter.constant:
            words += switch
            continue
        value, own = _value(parameter, values, fields)
        _check(parameter, value, own)
        if parameter.via:
            continue
        if parameter.flag:
            truth = value.lower() in (b"true", b"1", b"yes")
            words += switch if truth else []
        elif value or not switch or not action.omit_empty:
            hidden = parameter.encrypted and secret is not None
            words += switch + [secret if hidden else value]
    if sum(len(word) + 1 for word in words) > TOTAL_MAX:
        raise Refused("too long altogether")
    return words
