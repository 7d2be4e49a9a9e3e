#!/usr/bin/env python3
"""Where did this user log in before, and can one have travelled from there?

usage: history.py check|last|forget [--user USER] [--address ADDRESS]
       [--country COUNTRY] [--city CITY] [--latitude DEGREES]
       [--longitude DEGREES] [--time TIME] [--alarm ALARM]

An option without a value is one with the empty value. Each user's last logins
stand in a file of their own in $RIPOSTE_STATE. A login is known by its alarm:
check with the same alarm again changes nothing and gives the same answer.
"""

import datetime
import fcntl
import hashlib
import json
import math
import os
import sys

OPTIONS = ("user", "address", "country", "city", "latitude", "longitude",
           "time", "alarm")
EARTH_KM = 6371
# A row of a country's, in countries.txt.
CODE, LATITUDE, LONGITUDE, REACH, NAMES = range(5)
# How far off the coordinates of an address may be.
ADDRESS_REACH_KM = 100
# Airliners fly at 900 km/h, and have the wind behind them.
FASTEST_KMH = 1000
# Nearer than this it is the look-up of addresses that errs, not the traveller.
NEAR_KM = 500
# Logins by the same second are no reason to divide by zero.
SHORTEST_HOURS = 1 / 3600
# Of each user so many logins are kept, the last ones to come: alarms can come
# late and out of order, and a clock that is wrong must not keep others out.
KEPT = 20


def options(words):
    """The options by name; the engine gives each one its value, even an
    empty one, so that a value is never taken for an option."""
    found = dict.fromkeys(OPTIONS, "")
    if len(words) % 2:
        sys.exit(__doc__)
    for name, value in zip(words[::2], words[1::2]):
        if name[:2] != "--" or name[2:] not in found:
            sys.exit(f"unknown option {name}")
        found[name[2:]] = value.strip()
    return found


def country(name):
    """(code, latitude, longitude, reach) of a code or English name, or None."""
    beside = os.path.dirname(os.path.abspath(__file__))
    wanted = name.casefold()
    with open(os.path.join(beside, "countries.txt"), encoding="utf-8") as rows:
        for row in rows:
            if row.startswith("#"):
                continue
            row = row.rstrip("\n").split(" ", NAMES)
            names = [row[CODE]] + row[NAMES].split("; ")
            if wanted in (each.casefold() for each in names):
                return (row[CODE], float(row[LATITUDE]),
                        float(row[LONGITUDE]), int(row[REACH]))
    return None


def degrees(text, limit):
    """A number of degrees, or None where the text is none."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) <= limit else None


def point_of(given):
    """(latitude, longitude, reach) of the login, or None."""
    latitude = degrees(given["latitude"], 90)
    longitude = degrees(given["longitude"], 180)
    # 0, 0 is in the sea: what look-ups say that have found nothing.
    if None not in (latitude, longitude) and (latitude or longitude):
        return latitude, longitude, ADDRESS_REACH_KM
    found = country(given["country"])
    return found[1:] if found else None


def time_of(text):
    """Seconds since 1970; a time that names no zone is UTC."""
    try:
        time = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        sys.exit(f"no time: {text!r}")
    if time.tzinfo is None:
        time = time.replace(tzinfo=datetime.timezone.utc)
    return time.timestamp()


def login_of(given):
    """The login as it is kept, or None where nobody knows its place."""
    point = point_of(given)
    if not point:
        return None
    found = country(given["country"])
    place = [given["city"], found[0] if found else given["country"]]
    return {"alarm": given["alarm"] or given["time"],
            "seconds": time_of(given["time"]), "time": given["time"],
            "address": given["address"], "point": point,
            "place": ", ".join(filter(None, place)) or "%.1f %.1f" % point[:2]}


def kilometres(one, other):
    """What lies between two places at the least: the great circle's arc
    without what each of them may be off."""
    lat1, lon1, lat2, lon2 = map(math.radians, (*one[:2], *other[:2]))
    half = (math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2)
            * math.sin((lon2 - lon1) / 2) ** 2)
    arc = 2 * EARTH_KM * math.asin(min(1, math.sqrt(half)))
    return max(0, arc - one[2] - other[2])


def journey(login, other):
    """From one login to the other, whichever came first."""
    km = kilometres(login["point"], other["point"])
    hours = abs(login["seconds"] - other["seconds"]) / 3600
    return {"other": {key: other[key]
                      for key in ("place", "time", "address", "alarm")},
            "km": round(km), "hours": round(hours, 2),
            "kmh": round(km / max(hours, SHORTEST_HOURS))}


def moment(login):
    return login["seconds"], login["alarm"]


def answer(user, login, logins):
    """What is to be said of a login, by the ones before and after it: alarms
    of one moment are looked at in any order."""
    said = {"user": user, "place": login["place"], "time": login["time"]}
    logins = sorted(logins, key=moment)
    at = logins.index(login)
    beside = logins[max(0, at - 1):at] + logins[at + 1:at + 2]
    if not beside:
        return {**said, "verdict": "first"}
    worst = max((journey(login, other) for other in beside),
                key=lambda each: each["kmh"] if each["km"] >= NEAR_KM else -1)
    impossible = worst["km"] >= NEAR_KM and worst["kmh"] > FASTEST_KMH
    return {**said, **worst,
            "verdict": "impossible" if impossible else "possible"}


def file_of(user):
    """A user's file: the name may be anything, a file's name may not."""
    digest = hashlib.sha256(user.encode("utf-8", "surrogateescape"))
    return os.path.join(os.environ["RIPOSTE_STATE"],
                        digest.hexdigest() + ".json")


def read(user):
    try:
        with open(file_of(user), encoding="utf-8") as file:
            return json.load(file)["logins"]
    except FileNotFoundError:
        return []


def write(user, logins):
    """Replaces the file, durably."""
    path = file_of(user)
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump({"user": user, "logins": logins}, file, indent=1)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(path + ".new", path)
    folder = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY)
    os.fsync(folder)
    os.close(folder)


def check(user, given):
    login = login_of(given)
    if not login:
        return {"user": user, "verdict": "unknown place"}
    logins = read(user)
    known = [each for each in logins if each["alarm"] == login["alarm"]]
    if known:
        return known[0].get("said") or answer(user, known[0], logins)
    login["said"] = answer(user, login, logins + [login])
    write(user, (logins + [login])[-KEPT:])
    return login["said"]


def last(user):
    logins = read(user)
    if not logins:
        return {"user": user, "logins": 0}
    latest = max(logins, key=moment)
    shown = {key: latest[key]
             for key in ("place", "time", "address", "alarm")}
    return {"user": user, "logins": len(logins), **shown}


def forget(user):
    try:
        os.unlink(file_of(user))
    except FileNotFoundError:
        return {"user": user, "forgotten": False}
    return {"user": user, "forgotten": True}


def main():
    verb = sys.argv[1] if len(sys.argv) > 1 else ""
    given = options(sys.argv[2:])
    user = given["user"].casefold()
    if verb == "last":
        print(json.dumps(last(user)))
        return
    if verb not in ("check", "forget"):
        sys.exit(__doc__)
    # One at a time: two alarms of one user may come at once.
    lock = os.path.join(os.environ["RIPOSTE_STATE"], "lock")
    with open(lock, "w", encoding="utf-8") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        print(json.dumps(check(user, given) if verb == "check"
                         else forget(user)))


main()
