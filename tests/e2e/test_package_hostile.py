"""Hostile packages: nothing outside the folder, nothing left behind. And an
import that is killed: the site is the old one or the new one.

SEED repeats a run; KILLS is how many imports are killed (20).
"""

import gzip
import os
import random
import shutil
import signal
import stat
import struct
import tarfile
import tempfile
import time

import package_make as make
from e2e import attempt, done, note, run, site, start
from package_make import lpi, member, sound, sound_zip, tar, zipped

SEED = int(os.environ.get("SEED", random.randrange(1 << 32)))
KILLS = int(os.environ.get("KILLS", 20))
MIB = 1 << 20


def extra(*members, form=tarfile.PAX_FORMAT):
    """A sound package with something more, as lpi."""
    return lpi(sound() + list(members), form)


def kind(name, type, link="", **options):
    return member(name, kind=type, link=link, **options)


def cut_tar(members):
    """A tar without its end, to add raw blocks to."""
    whole = tar(members)
    while whole.endswith(b"\0" * 512):
        whole = whole[:-512]
    return whole


def with_raw(name):
    info, _ = member("x", b"x")
    info.name = name.decode("latin-1")
    header = bytearray(info.tobuf(tarfile.USTAR_FORMAT, "latin-1"))
    header[0:100] = name[:100].ljust(100, b"\0")
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header[:512])
    return gzip.compress(cut_tar(sound()) + bytes(header) + b"x" +
                         b"\0" * 511 + b"\0" * 1024)


def pax_path(value):
    """A pax header whose path is those bytes."""
    record = b" path=" + value + b"\n"
    length = len(record)
    while len(b"%d" % length + record) != length:
        length = len(b"%d" % length + record)
    body = b"%d" % length + record
    info = tarfile.TarInfo("pax")
    info.type, info.size = tarfile.XHDTYPE, len(body)
    blocks = info.tobuf(tarfile.USTAR_FORMAT) + body
    blocks += b"\0" * (-len(body) % 512)
    plain, data = member("Plugin/bin/plain", b"x")
    blocks += plain.tobuf(tarfile.USTAR_FORMAT) + b"x" + b"\0" * 511
    return gzip.compress(cut_tar(sound()) + blocks + b"\0" * 1024)


def sparse_giant():
    """A GNU sparse member: 8 GiB of hole, one byte behind it."""
    plan = b"1\n%d\n1\n" % ((8 << 30) - 1)
    info, data = member("Plugin/bin/giant", plan.ljust(512, b"\0") + b"x")
    info.pax_headers = {
        "GNU.sparse.major": "1", "GNU.sparse.minor": "0",
        "GNU.sparse.name": "Plugin/bin/giant",
        "GNU.sparse.realsize": str(8 << 30)}
    return extra((info, data))


def zip_claims_little():
    """A zip whose directory says 10 bytes where 300 MiB come out."""
    data = bytearray(zipped(sound_zip() + [
        ("Plugin/bin/zeros", b"\0" * (300 * MIB), stat.S_IFREG | 0o644)]))
    at = 0
    while (at := data.find(b"PK\x01\x02", at)) >= 0:
        if data[at + 46:].startswith(b"Plugin/bin/zeros"):
            data[at + 24:at + 28] = struct.pack("<I", 10)
        at += 4
    return bytes(data)


def encrypted():
    """A zip whose members say that they are encrypted."""
    data = bytearray(zipped(sound_zip()))
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := data.find(mark, at + 1)) >= 0:
            data[at + flags] |= 1
    return bytes(data)


def other_names():
    """A zip whose directory calls things by harmless names."""
    data = bytearray(zipped(sound_zip() + [("Plugin/bin/abc", b"x", None)]))
    at = data.find(b"Plugin/bin/abc")
    data[at:at + 14] = b"../../../../ab"
    return bytes(data)


def pax_size(size):
    """A member whose pax header says another size."""
    info, data = member("Plugin/bin/n", b"x")
    info.pax_headers = {"size": size}
    return extra((info, data))


def noise(size, seed=1):
    return random.Random(seed).randbytes(size)


def inside(prefix):
    """A sound package with folders around it."""
    members = sound()
    for info, _ in members:
        info.name = prefix + info.name
    return members


def manifest_at(path, body):
    return [m for m in sound() if not m[0].name.endswith(".xml")] + [
        member(path, body)]


CONFIG = "Plugin/config/actions.xml"
DOCTYPE = make.manifest().replace(
    b"<remv1:Rem", b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    b"<remv1:Rem", 1)
LONG = "Plugin/bin/" + "n" * 230

# name → (bytes, a word of the reason); made when it is wanted.
HOSTILE = {
    "tar: absolute name": lambda: (
        tar(sound() + [member("/tmp/riposte-hostile", b"x")]), "absolute"),
    "lpi: absolute name": lambda: (
        extra(member("/etc/cron.d/riposte-hostile", b"x")), "absolute"),
    "lpi: .. at the start": lambda: (
        extra(member("../outside", b"x")), '".."'),
    "lpi: .. in the middle": lambda: (
        extra(member("Plugin/bin/../../../../outside", b"x")), '".."'),
    "lpi: .. at the end": lambda: (
        extra(kind("Plugin/bin/..", tarfile.DIRTYPE)), '".."'),
    "lpi: ./.. behind a dot": lambda: (
        extra(member("./../outside", b"x")), '".."'),
    "pax: .. in a long name": lambda: (pax_path(b"../" * 20 + b"out"), '".."'),
    "zip: .. at the start": lambda: (
        zipped(sound_zip() + [("../outside", b"x", None)]), '".."'),
    "zip: absolute name": lambda: (
        zipped(sound_zip() + [("/tmp/riposte-hostile", b"x", None)]), "abs"),
    "zip: backslashes": lambda: (
        zipped(sound_zip() + [("..\\outside", b"x", None)]), '".."'),
    "lpi: a drive": lambda: (
        extra(member("C:outside", b"x")), "colon"),
    "lpi: link out, then a file through it": lambda: (
        extra(kind("Plugin/bin/l", tarfile.SYMTYPE, "/tmp"),
              member("Plugin/bin/l/riposte-hostile", b"x")), "link"),
    "lpi: link to its own folder": lambda: (
        extra(kind("Plugin/bin/l", tarfile.SYMTYPE, ".")), "link"),
    "lpi: link in place of Plugin": lambda: (
        lpi([kind("Plugin", tarfile.SYMTYPE, "/tmp")] + sound()[2:]), "link"),
    "lpi: hard link to a file outside": lambda: (
        extra(kind("Plugin/bin/h", tarfile.LNKTYPE, "/etc/passwd")), "hard"),
    "lpi: hard link to a member": lambda: (
        extra(kind("Plugin/bin/h", tarfile.LNKTYPE, CONFIG)), "hard"),
    "zip: symbolic link": lambda: (
        zipped(sound_zip() + [("Plugin/bin/l", b"/etc/passwd",
                               stat.S_IFLNK | 0o777)]), "link"),
    "lpi: character device": lambda: (
        extra(kind("Plugin/bin/null", tarfile.CHRTYPE)), "device"),
    "lpi: block device": lambda: (
        extra(kind("Plugin/bin/disk", tarfile.BLKTYPE)), "device"),
    "lpi: pipe": lambda: (
        extra(kind("Plugin/bin/pipe", tarfile.FIFOTYPE)), "pipe"),
    "lpi: bomb by ratio": lambda: (
        extra(member("Plugin/bin/zeros", b"\0" * (40 * MIB))), "100 times"),
    "zip: bomb by ratio": lambda: (
        zipped(sound_zip() + [("Plugin/bin/zeros", b"\0" * (40 * MIB), None)]),
        "100 times"),
    "zip: bomb that claims little": lambda: (zip_claims_little(), ""),
    "lpi: a gzip in a gzip in a gzip": lambda: (
        gzip.compress(gzip.compress(extra(member(
            "Plugin/bin/zeros", b"\0" * (200 * MIB))))), "sound"),
    "lpi: bomb by size": lambda: (
        extra(*[member("Plugin/bin/%d" % i, noise(MIB) + b"\0" * (24 * MIB))
                for i in range(11)]), "256 MiB"),
    "tar: a packed size of 65 MiB": lambda: (
        tar(sound() + [member("Plugin/bin/big", b"\0" * (65 * MIB))]),
        "64 MiB"),
    "lpi: bomb by count": lambda: (
        extra(*[member("Plugin/bin/%d" % i, b"") for i in range(10001)]),
        "10000"),
    "lpi: sparse giant": lambda: (sparse_giant(), "100 times"),
    "lpi: names that differ in case": lambda: (
        extra(member("Plugin/bin/X.SH", b"x")), "case"),
    "lpi: folders that differ in case": lambda: (
        extra(member("plugin/bin/y", b"x")), "case"),
    "lpi: umlauts that differ in case": lambda: (
        extra(member("Plugin/bin/\u00c4", b"x"),
              member("Plugin/bin/\u00e4", b"y")), "case"),
    "lpi: accents spelt in two ways": lambda: (
        extra(member("Plugin/bin/\u00e4", b"x"),
              member("Plugin/bin/a\u0308", b"y")), "twice"),
    "lpi: a dot at the end of a name": lambda: (
        extra(member("Plugin/bin/x.sh.", b"x")), "end of a name"),
    "zip: a blank at the end of a folder": lambda: (
        zipped(sound_zip() + [("Plugin /x", b"x", None)]), "end of a name"),
    "lpi: a device of Windows": lambda: (
        extra(member("Plugin/bin/NUL.txt", b"x")), "device"),
    "lpi: a wildcard": lambda: (
        extra(member("Plugin/bin/*", b"x")), "Windows"),
    "zip: encrypted": lambda: (encrypted(), "sound"),
    "zip: other names in its directory": lambda: (other_names(), ""),
    "gnu: .. in a long name": lambda: (
        extra(member("d/" * 60 + "../" * 62 + "out", b"x"),
              form=tarfile.GNU_FORMAT), ""),
    "gnu: a name of a megabyte": lambda: (
        extra(member("n" * MIB, b"x"), form=tarfile.GNU_FORMAT), ""),
    "pax: a size that is none": lambda: (pax_size("-1"), ""),
    "pax: a size of 8 EiB": lambda: (pax_size(str((1 << 63) - 1)), "sound"),
    "lpi: one name twice": lambda: (
        extra(member("Plugin/bin/x.sh", b"y")), "twice"),
    "lpi: a file that is a folder": lambda: (
        extra(member("Plugin/bin/x.sh/y", b"y")), "twice"),
    "lpi: long name": lambda: (extra(member(LONG, b"x")), "200 bytes"),
    "lpi: deep name": lambda: (
        extra(member("Plugin/" + "d/" * 17 + "f", b"x")), "deep"),
    "lpi: name that is not UTF-8": lambda: (
        with_raw(b"Plugin/bin/\xff\xfe"), "UTF-8"),
    "pax: name that is not UTF-8": lambda: (
        pax_path(b"Plugin/bin/\xc0\xaf"), ""),
    "pax: name with a NUL": lambda: (pax_path(b"Plugin/\0/../../out"), ""),
    "lpi: name with escapes": lambda: (
        extra(member("Plugin/bin/\x1b[2J", b"x")), "control"),
    "lpi: name with a line end": lambda: (
        extra(member("Plugin/bin/a\nb", b"x")), "control"),
    "lpi: empty parts": lambda: (
        extra(member("Plugin//bin/x", b"x")), "empty"),
    "lpi: cut in the gzip": lambda: (extra(member(
        "Plugin/bin/n", noise(100000)))[:50000], "sound"),
    "lpi: cut in a file": lambda: (
        gzip.compress(tar(sound())[:2600]), "sound"),
    "zip: cut": lambda: (zipped(sound_zip())[:-30], "sound"),
    "lpi: one byte of its middle changed": lambda: (
        (lambda b: b[:150] + bytes([b[150] ^ 255]) + b[151:])(lpi(sound())),
        ""),
    "lpi: another checksum": lambda: (
        (lambda b: b[:-8] + b"abcd" + b[-4:])(lpi(sound())), "data check"),
    "lpi: another length": lambda: (
        (lambda b: b[:-4] + b"abcd")(lpi(sound())), "length check"),
    "lpi: cut in the checksum": lambda: (lpi(sound())[:-2], "cut"),
    "lpi: something behind the gzip": lambda: (
        lpi(sound()) + b"x", "behind its gzip"),
    "lpi: zeros behind the gzip": lambda: (
        lpi(sound()) + b"\0" * 512, "behind its gzip"),
    "lpi: two gzips": lambda: (
        lpi(sound()) + lpi(sound()), "behind its gzip"),
    "lpi: two tars": lambda: (
        gzip.compress(tar(sound()) * 2), "end of its tar"),
    "tar: two tars": lambda: (tar(sound()) * 2, "end of its tar"),
    "lpi: a bomb behind the tar": lambda: (
        gzip.compress(tar(sound()) + b"\0" * (40 * MIB)), "100 times"),
    "lpi: folders around the folder": lambda: (
        lpi(inside("a/b/")), "actions.xml"),
    "lpi: a plugin's folder beside another": lambda: (
        lpi(inside("a/") + [member("b/x", b"x")]), "actions.xml"),
    "lpi: .. in the folder around it": lambda: (
        lpi(inside("a/") + [member("a/../../out", b"x")]), '".."'),
    "lpi: the folder around it in another case": lambda: (
        lpi(inside("a/") + [member("A/x", b"x")]), "case"),
    "lpi: nothing in it": lambda: (lpi([]), "actions.xml"),
    "zip: nothing in it": lambda: (zipped([]), "sound"),
    "zip: something in front of it": lambda: (
        b"#!/bin/sh\n" + zipped(sound_zip()), "sound"),
    "nothing at all": lambda: (b"", "sound"),
    "noise": lambda: (noise(100000), "sound"),
    "a gzip of noise": lambda: (gzip.compress(noise(100000)), "sound"),
    "lpi: no manifest": lambda: (
        lpi([m for m in sound() if "xml" not in m[0].name]), "actions.xml"),
    "lpi: manifest with a DOCTYPE": lambda: (
        lpi(manifest_at(CONFIG, DOCTYPE)), "DOCTYPE"),
    "lpi: ill-formed manifest": lambda: (
        lpi(manifest_at(CONFIG, b"<a")), "ill-formed"),
    "lpi: two manifests by case": lambda: (
        extra(member("Plugin/config/Actions.xml", make.manifest())), "case"),
    "lpi: a huge manifest": lambda: (
        lpi(manifest_at(CONFIG, make.manifest() + b" " * (300 << 10))),
        "256 KiB"),
    "lpi: a folder in place of the manifest": lambda: (
        lpi([m for m in sound() if "xml" not in m[0].name] + [
            kind(CONFIG, tarfile.DIRTYPE)]), "actions.xml"),
}


def listing(*folders):
    """Names, kinds, modes, sizes and times: whatever a write would change."""
    found = set()
    for folder in folders:
        for root, names, files in os.walk(folder):
            for name in names + files:
                path = os.path.join(root, name)
                try:
                    info = os.lstat(path)
                except FileNotFoundError:
                    continue
                found.add((path, info.st_mode, info.st_size, info.st_ino))
    return found


class Box:
    """A site with one plugin, in a folder of its own with its own TMPDIR, so
    that whatever gets out of the site is seen."""

    def __init__(self):
        self.where = site()
        self.site = site()
        self.site.path = os.path.join(self.where.path, "a", "site")
        os.makedirs(os.path.join(self.site.path, "plugins"))
        first = self.file("first", lpi(sound_named("First")))
        assert run(self.site, "plugin", "import", first).status == 0

    def file(self, name, data):
        return self.where.file(name, data)


def sound_named(name, guid="99999999-2222-4333-8444-555555555555", version=1):
    return manifest_at(CONFIG, make.manifest(name, guid, version))


OUTSIDE = ["/tmp/riposte-hostile", "/etc/cron.d/riposte-hostile"]
box = Box()


def refused(maker):
    data, reason = maker()
    path = box.file("package", data)
    before = listing(box.where.path)
    result = run(box.site, "plugin", "import", path)
    after = listing(box.where.path)
    assert result.status in (1, 2), "status %d: %s" % (result.status,
                                                       result.out)
    assert reason in result.err, result.err
    assert "\x1b" not in result.err
    assert before == after, sorted(before ^ after)
    for path in OUTSIDE:
        assert not os.path.lexists(path), path
    assert "AddressSanitizer" not in result.err
    return "status %d, 0 bytes left" % result.status


def empty_site():
    """Nor does a refused one leave a plugins folder that was not there."""
    where = site()
    path = where.file("p.lpi", HOSTILE["lpi: .. at the start"]()[0])
    before = make.tree(where.path)
    assert run(where, "plugin", "import", path).status == 1
    assert make.tree(where.path) == before


for name, maker in HOSTILE.items():
    attempt(name, refused, maker)
attempt("a refused package leaves an empty site empty", empty_site)


# ---- what is merely odd imports ------------------------------------------

def modes():
    """setuid, setgid, sticky, no permissions, world-writable: none counts."""
    where = site()
    members = [member("Plugin", kind=tarfile.DIRTYPE, mode=0o644),
               member("Plugin/bin", kind=tarfile.DIRTYPE, mode=0),
               member("Plugin/bin/suid", b"x", mode=0o6777),
               member("Plugin/bin/x.sh", b"x", mode=0o001),
               member("Plugin/bin/none", b"x", mode=0),
               member("Plugin/bin/wide", b"x", mode=0o1666),
               member("Plugin/config", kind=tarfile.DIRTYPE, mode=0o1777),
               member(CONFIG, make.manifest())]
    path = where.file("m.lpi", lpi(members))
    kept = os.umask(0o077)
    try:
        result = run(where, "plugin", "import", path, "--as", "m")
    finally:
        os.umask(kept)
    assert result.status == 0, result.err
    for name, (mode, _) in make.tree(where.path + "/plugins/m").items():
        want = 0o100644
        if "." not in name and "/none" not in name and "/wide" not in name:
            want = 0o100755 if "suid" in name else 0o40755
        if name.endswith("x.sh"):
            want = 0o100755
        assert mode == oct(want), (name, mode)


def odd_forms():
    """Plain tars, zips, folders, dots in front, members in another order."""
    dotted = [(tarfile.TarInfo("."), b"")]
    dotted[0][0].type = tarfile.DIRTYPE
    for info, data in sound():
        info.name = "./" + info.name
        dotted.append((info, data))
    folder = tempfile.mkdtemp()
    with open(os.path.join(folder, "Actions.XML"), "wb") as f:
        f.write(make.manifest())
    flat = [("repo-main/actions.xml", make.manifest(), None),
            ("repo-main/x.sh", b"#!/bin/sh\n", None)]
    forms = {"a folder around it": lpi(inside("Sample-1.0/")),
             "as GitHub's": zipped([("repo-main/", b"", None)] + flat),
             "its own name in it": zipped(flat + [
                 ("repo-main/repo-main/repo-main", b"x", None)]),
             "tar": tar(sound()), "pax": lpi(sound(), tarfile.PAX_FORMAT),
             "gnu": lpi(sound(), tarfile.GNU_FORMAT),
             "zip": zipped(sound_zip()), "dots": lpi(dotted),
             "backwards": lpi(sound()[::-1])}
    for form, data in forms.items():
        where = site()
        result = run(where, "plugin", "import", where.file("p", data))
        assert result.status == 0, form + ": " + result.err
        assert len(os.listdir(where.path + "/plugins/sample")) < 4, form
        assert run(where, "act", "Sample", "Do", "-p",
                   "host=h").status == 0, form
    where = site()
    assert run(where, "plugin", "import", folder).status == 0
    shutil.rmtree(folder)
    return "%d forms and a folder" % len(forms)


def at_the_limits():
    """The greatest that a limit allows is taken, as one more is not."""
    where = site()
    depth = "Plugin/bin/" + "d/" * 14 + "f"
    name = "Plugin/bin/" + "n" * 94 + "/" + "m" * 94
    assert len(name) == 200
    path = where.file("p.lpi", extra(member(depth, b"x"), member(name, b"x"),
                                     *[member("Plugin/bin/%d" % i, b"")
                                       for i in range(9978)]))
    result = run(where, "plugin", "import", path)
    assert result.status == 0, result.err
    count = len(make.tree(os.path.join(where.path, "plugins/sample"), False))
    assert count == 10000, count
    again = run(where, "plugin", "pack", where.path + "/plugins/sample",
                "-o", where.path + "/again.lpi")
    assert again.status == 0, again.err


attempt("no mode of an archive counts", modes)
attempt("odd but honest packages import", odd_forms)
attempt("what a limit just allows imports, and packs again", at_the_limits)


# ---- killed ----------------------------------------------------------------

def killed():
    """kill -9 at any moment of imports that go up and down in versions."""
    chooser = random.Random(SEED)
    where = site()
    bulk = [member("Plugin/bin/%d" % i, noise(20000, i)) for i in range(100)]
    files = [where.file("%d.lpi" % v, lpi(bulk + sound_named("First",
                                                             version=v)))
             for v in (1, 2)]
    assert run(where, "plugin", "import", files[0]).status == 0
    began = time.monotonic()
    assert run(where, "plugin", "import", files[1]).status == 0
    whole = time.monotonic() - began
    versions, left = set(), 0
    for i in range(KILLS):
        process = start(where, "plugin", "import", files[i % 2], "--replace")
        time.sleep(chooser.uniform(0, whole))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        check = run(where, "check")
        assert check.status == 0, check.err
        told = run(where, "ls", "plugins", "--json").events
        assert len(told) == 1, told
        versions.add(told[0]["version"])
        left += os.path.exists(where.path + "/plugins/.incoming")
        digest = run(where, "plugin", "import", files[told[0]["version"] - 1])
        assert "already imported" in digest.out, "not whole: " + digest.err
    assert not os.path.exists(where.path + "/plugins/.incoming")
    assert len(os.listdir(where.path + "/plugins")) == 1
    return "%d killed, %d left something aside, versions seen: %s" % (
        KILLS, left, sorted(versions))


note("SEED=%d" % SEED)
attempt("an import that is killed leaves the old plugin or the new", killed)
done()
