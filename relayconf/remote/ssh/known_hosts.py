"""known_hosts files as sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT", describes them. Pure but for reading and appending.

Each file is parsed once; keys are compared as bytes, so that a key type which no library knows is no reason to fail.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path

from relayconf.errors import HostKeyError


class Mark(StrEnum):
    """The marker in front of a line."""

    NONE = ""
    REVOKED = "@revoked"
    CERT_AUTHORITY = "@cert-authority"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line: what it says of the hosts that its patterns name. `text` is the key in base64."""

    mark: Mark
    patterns: tuple[str, ...]
    key_type: str
    text: str
    place: str

    def holds(self, key: bytes) -> bool:
        """Whether this is *key*, a public key in SSH's wire format."""
        try:
            return base64.b64decode(self.text) == key
        except binascii.Error:
            return False

    def names(self, name: str) -> bool:
        """Whether the patterns match *name*, a lower-case host or `[host]:port`; a matching `!pattern` forbids it."""
        matched = False
        for pattern in self.patterns:
            if pattern.startswith("!"):
                if _matches(pattern[1:], name):
                    return False
            elif not matched:
                matched = _matches(pattern, name)
        return matched


class Verdict(StrEnum):
    """What the files say of a host's key."""

    KNOWN = "known"
    UNKNOWN = "unknown"
    CHANGED = "changed"
    REVOKED = "revoked"
    ONLY_AUTHORITY = "only an authority"


def fingerprint(key: bytes) -> str:
    """The SHA-256 fingerprint as OpenSSH prints it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(key).digest()).decode().rstrip("=")


def marked_name(host: str, port: int) -> str:
    """The name that stands in known_hosts: the host alone on port 22, else `[host]:port`."""
    return host if port == 22 else f"[{host}]:{port}"


def _hashed(pattern: str, name: str) -> bool:
    try:
        salt, digest = (base64.b64decode(part) for part in pattern.split("|")[2:4])
    except ValueError:  # binascii.Error is one
        return False
    return hmac.compare_digest(hmac.digest(salt, name.encode(), "sha1"), digest)


def _matches(pattern: str, name: str) -> bool:
    if pattern.startswith("|1|"):
        return _hashed(pattern, name)
    if "*" in pattern or "?" in pattern:
        parts = ("." if char == "?" else ".*" if char == "*" else re.escape(char) for char in pattern.lower())
        return re.fullmatch("".join(parts), name, re.DOTALL) is not None
    return pattern.lower() == name


def _entry(line: str, place: str) -> Entry | None:
    fields = line.split(maxsplit=4)
    mark = Mark.NONE
    if fields and fields[0].startswith("@"):
        if fields[0] not in tuple(Mark):
            return None
        mark = Mark(fields.pop(0))
    if len(fields) < 3 or fields[0].startswith("#"):
        return None
    return Entry(mark=mark, patterns=tuple(fields[0].split(",")), key_type=fields[1], text=fields[2], place=place)


def _append(file: Path, line: str) -> int:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600), "r+b", buffering=0) as stream:
        before = stream.read()
        gap = b"" if not before or before.endswith(b"\n") else b"\n"
        stream.write(gap + line.encode() + b"\n")
    return (before + gap).count(b"\n") + 1


class KnownHosts:
    """Several files, the first of which takes new keys. Safe to share between threads."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._files = tuple(files)
        self._lock = threading.RLock()
        self._added: list[Entry] = []

    @cached_property
    def _entries(self) -> tuple[Entry, ...]:
        return tuple(entry for file in self._files for entry in self._read(file))

    @cached_property
    def _index(self) -> dict[str, list[Entry]]:
        # Plain names are looked up; "" holds the lines that must be tried one by one, hashed ones and patterns.
        index: dict[str, list[Entry]] = {"": []}
        for entry in self._entries:
            if any(char in pattern for pattern in entry.patterns for char in "*?!|"):
                index[""].append(entry)
            else:
                for pattern in entry.patterns:
                    index.setdefault(pattern.lower(), []).append(entry)
        return index

    @staticmethod
    def _read(file: Path) -> Iterator[Entry]:
        try:
            text = file.read_text("utf-8", "surrogateescape")
        except FileNotFoundError:
            return
        except OSError as error:
            raise HostKeyError(f"cannot read {file}: {(error.strerror or 'unreadable').lower()}") from error
        for number, line in enumerate(text.split("\n"), 1):
            entry = _entry(line, f"{file}:{number}")
            if entry is not None:
                yield entry

    def entries(self, name: str) -> tuple[Entry, ...]:
        """The lines that speak of *name* (lower case). Raises HostKeyError for an unreadable file."""
        with self._lock:
            lines = [*self._index.get(name, ()), *self._index[""], *self._added]
        return tuple(entry for entry in lines if entry.names(name))

    def key_types(self, names: Sequence[str]) -> tuple[str, ...]:
        """The types of the keys known for any of *names*, so that the host can be asked for one of these first."""
        entries = (entry for name in names for entry in self.entries(name))
        return tuple(dict.fromkeys(entry.key_type for entry in entries if entry.mark is Mark.NONE))

    def judge(self, names: Sequence[str], key: bytes) -> tuple[Verdict, Entry | None]:
        """What is known of *key* under *names*, and the line that says so.

        The first name decides; the others (the host without its port, as in ssh) can only confirm that very key.
        A host that is known by keys of other types alone counts as changed: who can offer a key of a type never seen
        before may be anybody.
        """
        first, *others = (self.entries(name) for name in names)
        everything = [entry for entries in (first, *others) for entry in entries]
        plain = [entry for entry in first if entry.mark is Mark.NONE]
        authorities = [entry for entry in first if entry.mark is Mark.CERT_AUTHORITY]
        same = {entry.mark: entry for entry in reversed(everything) if entry.holds(key)}
        for mark, verdict in ((Mark.REVOKED, Verdict.REVOKED), (Mark.NONE, Verdict.KNOWN)):
            if mark in same:
                return verdict, same[mark]
        if plain:
            return Verdict.CHANGED, plain[0]
        return (Verdict.ONLY_AUTHORITY, authorities[0]) if authorities else (Verdict.UNKNOWN, None)

    def add(self, name: str, key_type: str, key: bytes) -> bool:
        """Append *key* for *name* to the first file (0600, its folder 0700), unless it is there. Whether it was new.

        Raises HostKeyError when the file cannot be written.
        """
        file = self._files[0]
        text = base64.b64encode(key).decode()
        with self._lock:
            if self.judge([name], key)[0] is Verdict.KNOWN:
                return False
            try:
                place = f"{file}:{_append(file, f'{name} {key_type} {text}')}"
            except OSError as error:
                raise HostKeyError(f"cannot write {file}: {(error.strerror or 'failed').lower()}") from error
            self._added.append(Entry(mark=Mark.NONE, patterns=(name,), key_type=key_type, text=text, place=place))
            return True
