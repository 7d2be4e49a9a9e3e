"""Packages for test_package.py and test_package_hostile.py, sound and not.

Python's own tarfile, zipfile and gzip make and read them, so that the
engine's reading and writing are compared with somebody else's.
"""

import gzip
import io
import os
import re
import stat
import tarfile
import zipfile

MANIFEST = (
    '<?xml version="1.0" encoding="utf-8"?>\n'
    '<remv1:Remediation-Plugin xmlns:remv1="RemediationVersion1.xsd" '
    'Name="%s" Guid="%s" Version="%d">\n'
    '  <remv1:Action Name="%s" Command="sh">\n'
    '    <remv1:ConstantParameter Name="Script" Switch="x.sh" Order="1" />\n'
    '    <remv1:StringParameter Name="Host" Switch="-h" Order="2" />\n'
    '  </remv1:Action>\n'
    '</remv1:Remediation-Plugin>\n')
GUID = "11111111-2222-4333-8444-555555555555"


def manifest(name="Sample", guid=GUID, version=1, action="Do"):
    return (MANIFEST % (name, guid, version, action)).encode()


def member(name, data=b"", kind=tarfile.REGTYPE, mode=0o644, link=""):
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.linkname = kind, mode, link
    info.size = len(data) if kind == tarfile.REGTYPE else 0
    info.mtime = 1700000000
    return info, data


def sound():
    """The members of a package that imports."""
    return [member("Plugin", kind=tarfile.DIRTYPE),
            member("Plugin/bin", kind=tarfile.DIRTYPE),
            member("Plugin/bin/x.sh", b"#!/bin/sh\necho $2\n", mode=0o755),
            member("Plugin/config", kind=tarfile.DIRTYPE),
            member("Plugin/config/actions.xml", manifest())]


def tar(members, form=tarfile.USTAR_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for info, data in members:
            archive.addfile(info, io.BytesIO(data) if info.size else None)
    return out.getvalue()


def lpi(members, form=tarfile.USTAR_FORMAT):
    return gzip.compress(tar(members, form))


def zipped(files):
    """files: [(name, bytes, unix mode with its type, or None)]"""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data, mode in files:
            info = zipfile.ZipInfo(name, (2023, 11, 14, 22, 13, 20))
            info.compress_type = zipfile.ZIP_DEFLATED
            if mode is not None:
                info.create_system = 3
                info.external_attr = mode << 16
            archive.writestr(info, data)
    return out.getvalue()


def sound_zip():
    regular = stat.S_IFREG
    return [("Plugin/bin/x.sh", b"#!/bin/sh\necho $2\n", regular | 0o755),
            ("Plugin/config/actions.xml", manifest(), regular | 0o644)]


def scripts_of(xml):
    """The payload that a real manifest speaks of: dummy scripts."""
    words = re.findall(rb'[\w.\-]+\.(?:ps1|py|pl|sh|lua|exe)\b', xml)
    return sorted(set(words))


def payload(folder, xml):
    """Fills a flat plugin folder: the manifest's bytes and its scripts."""
    os.makedirs(folder)
    with open(os.path.join(folder, "actions.xml"), "wb") as f:
        f.write(xml)
    for name in scripts_of(xml):
        path = os.path.join(folder, name.decode())
        with open(path, "wb") as f:
            f.write(b"# dummy of " + name + b"\n")
        os.chmod(path, 0o755)
    os.makedirs(os.path.join(folder, "lib", "empty"))
    with open(os.path.join(folder, "lib", "notes.txt"), "wb") as f:
        f.write(b"\x00\xff not text\r\n")


def tree(folder, contents=True):
    """Every name below a folder, with kind, mode and bytes."""
    found = {}
    for root, folders, files in os.walk(folder):
        for name in folders + files:
            path = os.path.join(root, name)
            info = os.lstat(path)
            body = b""
            if contents and stat.S_ISREG(info.st_mode):
                with open(path, "rb") as f:
                    body = f.read()
            found[os.path.relpath(path, folder)] = (oct(info.st_mode), body)
    return found
