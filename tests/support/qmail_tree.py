"""A qmail home as installed, in a folder of the test's own. A double of the layout: no qmail program is in it."""

from __future__ import annotations

from pathlib import Path

CONTROL = {
    "me": b"edge.kamata-net.com\n",
    "locals": b"edge.kamata-net.com\n",
    "rcpthosts": b"kamata-net.com\n",
}


def make_qmail(home: Path, **files: bytes) -> Path:
    """The control directory of a new qmail home; *files* are added to, or replace, the usual ones."""
    control = home / "control"
    control.mkdir(parents=True)
    for name, content in {**CONTROL, **files}.items():
        (control / name).write_bytes(content)
        (control / name).chmod(0o644)
    return control


def snapshot(folder: Path) -> dict[str, tuple[int, int, int, bytes]]:
    """Everything in *folder* by name: mode, owner, group, content."""
    found = {}
    for path in sorted(folder.iterdir()):
        status = path.lstat()
        found[path.name] = (status.st_mode, status.st_uid, status.st_gid, path.read_bytes())
    return found


# What the table of measured strings says of each flavour's binary.
BINARIES = {
    "classic": ("control/smtproutes",),
    "netqmail-auth": ("control/smtproutes", "control/authsenders", "AUTH LOGIN", "AUTH PLAIN"),
    "netqmail-tls": ("control/smtproutes", "STARTTLS", "tlshosts/"),
    "sagredo": ("control/smtproutes", "control/authsenders", "AUTH LOGIN", "AUTH PLAIN", "STARTTLS", "tlshosts/"),
    "qmail-ldap": ("control/smtproutes", "AUTH LOGIN", "AUTH PLAIN", "control/outgoingip", "smtpclustercookie"),
    "sqmail": ("control/smtproutes", "control/authsenders", "AUTH LOGIN", "STARTTLS", "control/tlsdestinations"),
    "aqmail": ("etc/smtproutes", "etc/authsenders", "AUTH LOGIN", "STARTTLS", "etc/tlsdestinations"),
    "eqmail": ("etc/smtproutes", "AUTH LOGIN", "AUTH PLAIN", "STARTTLS", "tlshosts/"),
    "indimail": ("smtproutes", "qmtproutes", "moresmtproutes.cdb", "AUTH LOGIN", "STARTTLS", "tlshosts/"),
}


def binary(*strings: str) -> bytes:
    """A program with these strings in it."""
    return b"\x7fELF" + b"\0".join(string.encode() for string in strings) + b"\0"


def make_remote(home: Path, flavour: str) -> Path:
    """A double of a flavour's qmail-remote: its tell-tale strings, and nothing that could be run."""
    program = home / "bin" / "qmail-remote"
    program.parent.mkdir(exist_ok=True)
    program.write_bytes(binary(*BINARIES[flavour]))
    return program
