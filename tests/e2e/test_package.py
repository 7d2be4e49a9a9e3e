"""plugin pack, import, remove, new: what a plugin is stays what it is."""

import fcntl
import glob
import gzip
import io
import json
import os
import re
import resource
import shutil
import subprocess
import tarfile

import package_make as make
from e2e import (ROOT, Skip, alarms, attempt, done, kill_all, plugin, policy,
                 run, shared, site, skip, start, wait_until)
from package_make import member
from terminal import Terminal

VENDOR = ["Plugin", "Plugin/bin", "Plugin/config",
          "Plugin/config/actions.xml"]


def pack(where, folder, name="out.lpi", **options):
    """The package's bytes, and what the command said of it."""
    path = os.path.join(where.path, name)
    result = run(where, "plugin", "pack", folder, "--output", path, "--json",
                 **options)
    assert result.status == 0, result.out + result.err
    with open(path, "rb") as f:
        return f.read(), result.of("pack")[0]


def catalogue(where, guid=None):
    """Every plugin as ls and show tell it, but for where it lies. guid: that
    of a plugin that has none."""
    payload = re.compile(re.escape(where.path) + r"/plugins/it(/Plugin/bin)?")
    told = []
    for entry in run(where, "ls", "plugins", "--json").events:
        shown = run(where, "show", entry["plugin"], "--json")
        assert shown.status == 0, shown.err
        for event in [entry] + shown.events:
            event.pop("file", None)
            event.pop("folder", None)
            if "guid" in event:
                event["guid"] = event["guid"] or guid
            told.append(payload.sub("PAYLOAD", json.dumps(event)))
    return told


def names_in(package):
    with tarfile.open(fileobj=io.BytesIO(package)) as archive:
        return [m.name for m in archive]


def check_vendor_layout(package, said):
    base = "ARPlugin_%s_" % said["guid"]
    assert package[:4] == b"\x1f\x8b\x08\x08", "gzip with a name, no more"
    assert package[8:10] == b"\x00\x0b", "XFL 0, made on NTFS"
    name = package[10:package.index(b"\0", 10)].decode()
    assert name.startswith(base) and name.endswith(".tar"), name
    tar = gzip.decompress(package)
    assert tar.endswith(b"\0" * 1024)
    for info in tarfile.open(fileobj=io.BytesIO(tar)):
        assert info.isdir() or info.isreg(), info.name
        assert (info.uid, info.gid, info.uname) == (0, 0, ""), info.name
        assert info.mtime % 86400 == 0, info.mtime
        assert not info.name.endswith("/")
    assert b"Plugin/bin/\0" not in tar  # no slash behind a folder
    names = names_in(package)
    assert [n for n in names if n in VENDOR] == VENDOR, names


def round_trip(folder):
    """A plugin's folder, packed, imported, packed again."""
    home, away = site(), site()
    shutil.copytree(folder, os.path.join(home.path, "plugins", "it"))
    package, said = pack(home, os.path.join(home.path, "plugins", "it"))
    again, _ = pack(home, os.path.join(home.path, "plugins", "it"))
    assert package == again, "packing twice gives other bytes"
    check_vendor_layout(package, said)

    file = os.path.join(home.path, "out.lpi")
    result = run(away, "plugin", "import", file, "--accept-license", "--json",
                 "--as", "it")
    assert result.status == 0, result.out + result.err
    assert catalogue(home, said["guid"]) == catalogue(away), "the catalogue"

    bin = os.path.join(away.path, "plugins", "it", "Plugin", "bin")
    flat, there = make.tree(folder), make.tree(bin)
    bytes_of = [{n: b for n, (_, b) in t.items()} for t in (flat, there)]
    assert bytes_of[0] == bytes_of[1], "the payload's bytes"
    third, _ = pack(away, os.path.join(away.path, "plugins", "it"))
    assert third == package, "packed after import it has other bytes"
    return "%d bytes" % len(package)


# ---- every shipped plugin, every real manifest ---------------------------

for folder in sorted(glob.glob(os.path.join(ROOT, "plugins", "*", ""))):
    attempt("round trip of %s" % os.path.basename(folder[:-1]), round_trip,
            folder)


def every_real_manifest():
    kept = site()
    passed, faulty = 0, []
    for path in sorted(glob.glob(os.path.join(
            shared("corpus/actions-xml"), "*", "[aA]ctions.xml"))):
        name = os.path.basename(os.path.dirname(path))
        with open(path, "rb") as f:
            xml = f.read()
        folder = os.path.join(kept.path, name)
        make.payload(folder, xml)
        if run(kept, "plugin", "check", folder).status:
            faulty.append(name)
            refused = run(kept, "plugin", "pack", folder)
            assert refused.status == 1, "packed though faulty: " + name
            continue
        try:
            round_trip(folder)
        except AssertionError as wrong:
            raise AssertionError("%s: %s" % (name, wrong))
        passed += 1
    assert passed >= 45, "%d passed, faulty: %s" % (passed, faulty)
    return "%d the same, %d ill-formed and refused" % (passed, len(faulty))


if shared("corpus/actions-xml"):
    attempt("round trip of every real manifest", every_real_manifest)
else:
    skip("round trip of every real manifest", "no ../shared")


# ---- the manifest's official form ------------------------------------------

def canonical_of(xml):
    where = site()
    folder = os.path.join(where.path, "it")
    make.payload(folder, xml)
    package, _ = pack(where, folder)
    with tarfile.open(fileobj=io.BytesIO(package)) as archive:
        return archive.extractfile("Plugin/config/actions.xml").read()


def as_the_official_packager():
    """A real pair: what its author wrote, what LogRhythm's packager made of
    it (with the line ends that its repository gave it)."""
    base = "corpus/actions-xml/logrhythm__SRP-IDE__Dumps-Temp-and-Tests-" \
           "SRP-pxGridV2-Plugin-%s/actions.xml"
    with open(shared(base % "bin"), "rb") as f:
        written = f.read()
    with open(shared(base % "config"), "rb") as f:
        official = f.read().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    assert canonical_of(written) == official
    assert canonical_of(official) == official


if shared("corpus/actions-xml"):
    attempt("the manifest is as the official packager writes it",
            as_the_official_packager)
else:
    skip("the manifest is as the official packager writes it", "no ../shared")


# ---- the same bytes --------------------------------------------------------

def no_clock():
    where = site()
    folder = os.path.join(where.path, "it")
    make.payload(folder, make.manifest())
    for root, _, files in os.walk(folder):
        for name in files:
            os.utime(os.path.join(root, name), (1700000000, 1600000000))
    package, _ = pack(where, folder)
    assert b"_20200913.tar\0" in package[:100]
    os.environ["SOURCE_DATE_EPOCH"] = "1234567890"
    try:
        package, _ = pack(where, folder)
        os.utime(os.path.join(folder, "actions.xml"))
        again, _ = pack(where, folder)
    finally:
        del os.environ["SOURCE_DATE_EPOCH"]
    assert b"_20090213.tar\0" in package[:100]
    assert package == again


attempt("the day is SOURCE_DATE_EPOCH's, or the newest file's", no_clock)


def links_refused():
    where = site()
    folder = os.path.join(where.path, "it")
    make.payload(folder, make.manifest())
    os.symlink("/etc/passwd", os.path.join(folder, "lib", "secret"))
    result = run(where, "plugin", "pack", folder, "-o",
                 os.path.join(where.path, "out.lpi"))
    assert result.status == 2 and "lib/secret" in result.err, result.err
    assert not os.path.exists(os.path.join(where.path, "out.lpi"))


attempt("pack refuses a link", links_refused)


# ---- upgrades ---------------------------------------------------------------

BIND = """local riposte = require "riposte"
local act = riposte.action("Sample", "Do")
return { name = "uses-sample", on = { AlarmRuleName = "x" },
         run = function() act { host = "h" } end }
"""


def package_file(where, file, **options):
    members = make.sound()
    members[4] = make.member("Plugin/config/actions.xml",
                             make.manifest(**options))
    path = os.path.join(where.path, file)
    with open(path, "wb") as f:
        f.write(make.lpi(members))
    return path


def imports(where, path, *options):
    return run(where, "plugin", "import", path, *options)


def upgrades():
    where = site()
    where.file("plugins/.keep")
    one = package_file(where, "1.lpi")
    two = package_file(where, "2.lpi", version=2)
    assert imports(where, one).status == 0
    policy(where, "uses", BIND)
    assert run(where, "check").status == 0
    before = make.tree(where.path)
    result = imports(where, one)
    assert result.status == 0 and "already imported" in result.out
    assert make.tree(where.path) == before
    result = imports(where, two)
    assert result.status == 0 and "upgraded" in result.out, result.err
    assert "version 2 (was 1)" in result.out
    assert run(where, "check").status == 0
    result = imports(where, one)
    assert result.status == 2 and "not newer" in result.err, result.err
    assert imports(where, one, "--replace").status == 0
    other = package_file(where, "3.lpi", action="Do ")
    result = imports(where, other)
    assert result.status == 2 and "not the same" in result.err
    assert os.listdir(os.path.join(where.path, "plugins")).count(
        ".incoming") == 0


attempt("same Guid and name: the Version decides", upgrades)


def bound_action_gone():
    where = site()
    assert imports(where, package_file(where, "1.lpi")).status == 0
    policy(where, "uses", BIND)
    before = make.tree(os.path.join(where.path, "plugins"))
    result = imports(where, package_file(where, "2.lpi", version=2,
                                         action="Another"))
    assert result.status == 2, result.status
    assert "policies/uses.lua:2" in result.err, result.err
    assert make.tree(os.path.join(where.path, "plugins")) == before
    os.unlink(os.path.join(where.path, "policies", "uses.lua"))
    result = imports(where, os.path.join(where.path, "2.lpi"))
    assert result.status == 0
    assert "  - Do\n" in result.out and "  + Another\n" in result.out


attempt("an upgrade that takes a bound action away is refused",
        bound_action_gone)


def overlay_stays():
    where = site()
    assert imports(where, package_file(where, "1.lpi")).status == 0
    where.file("overlays/sample.xml",
               '<Overlay xmlns="urn:riposte:overlay:1">'
               '<Action Name="Do" Kind="context" Timeout="7s"/></Overlay>')
    result = imports(where, package_file(where, "2.lpi", version=2))
    assert result.status == 0, result.err
    assert "~" not in result.out, result.out


attempt("an upgrade: what the site's overlay says is no change",
        overlay_stays)


def guids():
    where = site()
    zero = "00000000-0000-0000-0000-000000000011"
    assert imports(where, package_file(where, "1.lpi", guid=zero)).status == 0
    result = imports(where, package_file(where, "2.lpi", guid=zero,
                                         name="Another", version=2))
    assert result.status == 2
    assert '"Another"' in result.err and '"Sample"' in result.err
    assert "plugin remove" in result.err
    assert imports(where, os.path.join(where.path, "2.lpi"),
                   "--replace").status == 2
    third = package_file(where, "3.lpi")
    result = imports(where, third)
    assert result.status == 2 and "--replace" in result.err, result.err
    assert imports(where, third, "--replace").status == 0
    names = [p["plugin"] for p in run(where, "ls", "plugins", "--json").events]
    assert names == ["Sample"], names


attempt("colliding Guids and names are refused, both named", guids)


def overlay_in_config():
    """An overlay that lies beside the manifest goes along."""
    where = site()
    folder = os.path.join(where.path, "it")
    make.payload(folder + "/Plugin/bin", b"")
    os.unlink(folder + "/Plugin/bin/actions.xml")
    where.file("it/Plugin/bin/x.sh", "#!/bin/sh\n")
    where.file("it/Plugin/config/actions.xml", make.manifest())
    where.file("it/Plugin/config/riposte.xml",
               '<Overlay xmlns="urn:riposte:overlay:1">'
               '<Action Name="Do" Kind="context" Timeout="7s"/></Overlay>')
    package, _ = pack(where, folder)
    assert "Plugin/config/riposte.xml" in names_in(package)
    assert imports(where, where.path + "/out.lpi", "--as", "it").status == 0
    shown = run(where, "show", "Sample", "--json").out
    assert '"context"' in shown, shown
    again, _ = pack(where, where.path + "/plugins/it")
    assert again == package


attempt("pack takes an overlay beside the manifest along", overlay_in_config)


# ---- licence ----------------------------------------------------------------

def licences():
    where = site()
    rtf = (rb"{\rtf1\ansi{\fonttbl{\f0 Arial;}}\f0 Sample \b Code\b0  "
           rb"License\par No \'93warranty\'94 \u8217? at all.\par}")
    members = make.sound() + [make.member("Plugin/bin/License.RTF", rtf)]
    path = os.path.join(where.path, "l.lpi")
    with open(path, "wb") as f:
        f.write(make.lpi(members))
    before = make.tree(where.path)
    result = imports(where, path)
    assert result.status == 2 and "--accept-license" in result.err
    assert "Sample Code License\n" in result.out, result.out
    assert "No \u201cwarranty\u201d \u2019 at all." in result.out, result.out
    assert "Arial" not in result.out
    assert make.tree(where.path) == before
    assert imports(where, path, "--accept-license").status == 0
    assert len(os.listdir(os.path.join(where.path, "state/licences"))) == 1
    assert run(where, "plugin", "remove", "Sample").status == 0
    assert imports(where, path).status == 0, "it was accepted once"


attempt("a licence is shown and accepted once", licences)


def asked_for_the_licence():
    """On a terminal it is a question, and only y is a yes."""
    where = site()
    members = make.sound() + [member("Plugin/bin/license.txt",
                                     b"No warranty\x1b[2J at all\n")]
    path = where.file("l.lpi", make.lpi(members))
    for answer in ("\n", "n\n", "\x04", "maybe\n"):
        terminal = Terminal(where, "plugin", "import", path)
        shown = terminal.answer("Accept license.txt? [y/N] ", answer)
        assert "No warranty" in shown and b"\x1b[2J" not in terminal.raw
        terminal.wait("not accepted")
        assert terminal.end() == 2
        assert not os.path.exists(where.path + "/plugins"), answer
    terminal = Terminal(where, "plugin", "import", path)
    terminal.answer("Accept license.txt? [y/N] ", "\x03")
    assert terminal.end() != 0
    assert run(where, "plugin", "import", path).status == 2
    terminal = Terminal(where, "plugin", "import", path)
    terminal.answer("Accept license.txt? [y/N] ", "y\n")
    terminal.wait("imported: Sample")
    assert terminal.end() == 0
    terminal = Terminal(where, "plugin", "import", path, "--replace")
    terminal.wait("already imported")
    assert terminal.end() == 0
    assert "Accept" not in terminal.text


attempt("on a terminal the licence is asked for", asked_for_the_licence)


# ---- no room, and somebody else --------------------------------------------

def no_room():
    """A file that may not grow is an error: nothing is left, nothing lost."""
    where = site()
    assert imports(where, package_file(where, "1.lpi")).status == 0
    before = make.tree(where.path + "/plugins")
    members = make.sound() + [member("Plugin/bin/big", b"x" * 100000)]
    members[4] = make.member("Plugin/config/actions.xml",
                             make.manifest(version=2))
    path = where.file("2.lpi", make.lpi(members))
    kept = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50000, kept[1]))
    try:
        result = imports(where, path)
        fresh = run(where, "plugin", "pack", where.path + "/plugins/sample",
                    "-o", where.path + "/small.lpi")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, kept)
    assert result.status == 2 and "Plugin/bin/big" in result.err, result.err
    assert fresh.status == 0, fresh.err
    assert make.tree(where.path + "/plugins") == before
    assert imports(where, path).status == 0


attempt("where a file may not grow, nothing is left", no_room)


def disk_full():
    where = site()
    folder = where.path + "/plugins"
    os.mkdir(folder)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128k,mode=755",
                       "none", folder], stderr=subprocess.PIPE).returncode:
        raise Skip("nothing can be mounted here")
    try:
        assert imports(where, package_file(where, "1.lpi")).status == 0
        before = make.tree(folder)
        members = make.sound() + [member("Plugin/bin/big", os.urandom(200000))]
        result = imports(where, where.file("2.lpi", make.lpi(members)),
                         "--replace")
        assert result.status == 2 and "No space" in result.err, result.err
        assert make.tree(folder) == before
    finally:
        subprocess.run(["umount", folder], check=True)


attempt("a disk that is full keeps what is there", disk_full)


def one_at_a_time():
    """What an import goes by is looked at once nobody else can change it:
    the version never goes down."""
    where = site()
    files = [package_file(where, "%d.lpi" % v, version=v) for v in (1, 2, 3)]
    for turn in range(10):
        assert imports(where, files[0], "--replace").status == 0
        both = [start(where, "plugin", "import", path) for path in files[1:]]
        statuses = []
        for process in both:
            process.communicate()
            statuses.append(process.returncode)
        version = run(where, "ls", "plugins", "--json").events[0]["version"]
        assert all(s in (0, 2, 69) for s in statuses), statuses
        assert 0 in statuses, statuses
        assert version == (3 if statuses[1] == 0 else 2), (statuses, version)


attempt("two imports at once are one after the other", one_at_a_time)


def busy():
    where = site()
    path = package_file(where, "1.lpi")
    assert imports(where, path).status == 0
    before = make.tree(where.path)
    fd = os.open(where.path + "/plugins", os.O_RDONLY)
    fcntl.flock(fd, fcntl.LOCK_EX)
    try:
        for words in (["import", path], ["remove", "Sample"], ["new", "N"]):
            result = run(where, "plugin", *words)
            assert result.status == 69, (words, result.err)
    finally:
        os.close(fd)
    assert make.tree(where.path) == before


attempt("import, remove and new wait for each other's end", busy)


# ---- remove and new ---------------------------------------------------------

def removes():
    where = site()
    assert imports(where, package_file(where, "1.lpi")).status == 0
    policy(where, "uses", BIND)
    result = run(where, "plugin", "remove", "Sample")
    assert result.status == 2 and "policies/uses.lua:2" in result.err
    assert run(where, "check").status == 0
    os.unlink(os.path.join(where.path, "policies", "uses.lua"))
    result = run(where, "plugin", "remove", "Simple")
    assert result.status == 3 and '"Sample"' in result.err
    assert run(where, "plugin", "remove", "Sample").status == 0
    assert os.listdir(os.path.join(where.path, "plugins")) == []


attempt("remove refuses while a policy binds an action", removes)


SLOW = """mkdir -p "$RIPOSTE_STATE"; : > "$RIPOSTE_STATE/began"
exec sleep 600
"""
ASKS_SLOW = """local riposte = require "riposte"
local act = riposte.action("Slow", "Wait")
return { name = "waits", on = { AlarmRuleName = "x" },
         run = function() act {} end }
"""


def open_run_needs_it():
    """A run that was cut off is replayed in the set that it began in."""
    where = site()
    plugin(where, "Slow", {"Wait": {"script": "wait.sh"}}, {"wait.sh": SLOW})
    policy(where, "waits", ASKS_SLOW)
    input = alarms(where, "a.ndjson", [{"AlarmRuleName": "x", "AlarmId": "1"}])
    process = start(where, "run", input)
    began = os.path.join(where.path, "state", "slow", "began")
    assert wait_until(lambda: os.path.exists(began))
    result = run(where, "plugin", "remove", "Slow")
    assert result.status == 2 and "policies/waits.lua:2" in result.err
    os.unlink(os.path.join(where.path, "policies", "waits.lua"))
    result = run(where, "plugin", "remove", "Slow")
    assert result.status == 69, result.err
    kill_all(process)
    result = run(where, "plugin", "remove", "Slow")
    assert result.status == 2, result.err
    assert "run r1 of policy waits" in result.err, result.err
    assert run(where, "check").status == 0
    run(where, "run", input)  # parks it: nobody knows what the action did
    result = run(where, "plugin", "remove", "Slow")
    assert result.status == 0, result.err


attempt("remove refuses while an open run needs it", open_run_needs_it)


def makes():
    where = site()
    name = 'Asset "Owner" & <more>'
    result = run(where, "plugin", "new", name, "--json")
    assert result.status == 0, result.err
    folder = os.path.join(where.path, "plugins", result.events[0]["folder"])
    check = run(where, "plugin", "check", folder)
    assert check.status == 0 and not check.err, check.out + check.err
    assert run(where, "act", name, "Look up host", "-p",
               "host=h.example").status == 0
    _, said = pack(where, folder)
    assert not said["guid_added"] and said["plugin"] == name
    assert run(where, "plugin", "new", name).status == 2
    for file, mode in (("", 0o755), ("lookup.sh", 0o755),
                       ("actions.xml", 0o644)):
        assert os.stat(os.path.join(folder, file)).st_mode & 0o777 == mode


attempt("new makes a plugin that checks, runs and packs", makes)


# ---- nothing is started -----------------------------------------------------

def starts_nothing():
    """Without riposte-exec beside it the program does all this too."""
    import e2e
    alone = site()
    program = os.path.join(alone.path, "riposte")
    shutil.copy(e2e.RIPOSTE, program)
    kept, e2e.RIPOSTE = e2e.RIPOSTE, program
    try:
        assert run(alone, "plugin", "new", "A").status == 0
        pack(alone, os.path.join(alone.path, "plugins", "a"))
        assert run(alone, "plugin", "remove", "A").status == 0
        assert imports(alone, os.path.join(alone.path,
                                           "out.lpi")).status == 0
    finally:
        e2e.RIPOSTE = kept


attempt("these commands need no executor", starts_nothing)
done()
