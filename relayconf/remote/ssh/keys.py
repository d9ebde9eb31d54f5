"""The keys that a user can prove to own: the agent's and those in files. Files are read once per run."""

from __future__ import annotations

import base64
import binascii
import struct
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import paramiko
from paramiko.pkey import UnknownKeyType

from relayconf.remote.ssh.known_hosts import fingerprint

DEFAULT_NAMES = ("id_rsa", "id_ecdsa", "id_ed25519")
"""Looked for in ~/.ssh when no IdentityFile is named, as ssh does (less the types that Paramiko does not know)."""

_MAGIC = b"openssh-key-v1\0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A key that can be offered, and how to call it in a message (never its secret part)."""

    label: str
    key: paramiko.PKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusable:
    """A key file that cannot be offered, and why. `encrypted` ones want an agent."""

    label: str
    reason: str
    encrypted: bool = False


def _public_line(data: bytes) -> bytes | None:
    fields = data.split(maxsplit=2)
    try:
        return base64.b64decode(fields[1]) if len(fields) > 1 and not data.startswith(b"-") else None
    except binascii.Error:
        return None


def _openssh_public(data: bytes) -> bytes | None:
    # PROTOCOL.key of OpenSSH: magic, cipher, kdf, kdf options, number of keys, first public key; each with its length.
    try:
        raw = base64.b64decode(b"".join(data.split(b"\n")[1:]).split(b"-")[0])
        if not raw.startswith(_MAGIC):
            return None
        at = len(_MAGIC)
        for _ in range(3):
            at += 4 + struct.unpack_from(">I", raw, at)[0]
        size: int = struct.unpack_from(">I", raw, at + 4)[0]
    except (binascii.Error, struct.error):
        return None
    return raw[at + 8 : at + 8 + size]


def public_part(path: Path) -> bytes | None:
    """The public key of an identity file, in SSH's wire format, without decrypting it; None when it cannot be told.

    The file may itself be a public key whose private half only the agent has.
    """
    for file, read in ((path, _public_line), (path, _openssh_public), (Path(f"{path}.pub"), _public_line)):
        try:
            found = read(file.read_bytes())
        except OSError:
            continue
        if found is not None:
            return found
    return None


def _load(path: Path) -> Identity | Unusable:
    label = str(path)
    try:
        return Identity(label=label, key=paramiko.PKey.from_path(path))
    except OSError as error:
        return Unusable(label=label, reason=(error.strerror or "cannot be read").lower())
    except (paramiko.PasswordRequiredException, TypeError):  # the latter from the library beneath, for other formats
        return Unusable(label=label, reason="encrypted, and the agent does not hold it", encrypted=True)
    except (paramiko.SSHException, UnknownKeyType, ValueError, IndexError):
        if public_part(path) is not None:
            return Unusable(
                label=label, reason="only a public key or of an unknown type, and the agent does not hold it"
            )
        return Unusable(label=label, reason="no private key that Paramiko can read")


class Keyring:
    """Identity files by path, read when first needed. Safe to share between threads."""

    def __init__(self, ssh_folder: Path) -> None:
        self._folder = ssh_folder
        self._lock = threading.Lock()
        self._loaded: dict[Path, Identity | Unusable] = {}

    def _get(self, path: Path) -> Identity | Unusable:
        with self._lock:
            if path not in self._loaded:
                self._loaded[path] = _load(path)
            return self._loaded[path]

    def candidates(
        self, files: Sequence[str], held: Sequence[paramiko.AgentKey], *, only: bool
    ) -> Iterator[Identity | Unusable]:
        """What to offer, in order: the *files* named, the agent's other keys unless *only* these files, the defaults.

        *held* are the agent's keys; a named file that the agent holds is signed for by the agent. The defaults are
        tried when no file was named. Each key comes once.
        """
        by_blob = {key.asbytes(): Identity(label=_agent_label(key), key=key) for key in held}
        offered: set[bytes] = set()
        for path in (Path(file) for file in files if file.lower() != "none"):
            yield from self._from_file(path, by_blob, offered)
        for blob, identity in by_blob.items():
            if blob not in offered and not only:
                offered.add(blob)
                yield identity
        for path in (self._folder / name for name in DEFAULT_NAMES if not files):
            if path.is_file():
                yield from self._from_file(path, by_blob, offered)

    def _from_file(
        self, path: Path, by_blob: Mapping[bytes, Identity], offered: set[bytes]
    ) -> Iterator[Identity | Unusable]:
        public = public_part(path)
        held = None if public is None else by_blob.get(public)
        found = held or self._get(path)
        if isinstance(found, Unusable):
            if public not in offered:
                yield found
        elif found.key.asbytes() not in offered:
            offered.add(found.key.asbytes())
            yield found


def _agent_label(key: paramiko.AgentKey) -> str:
    return f"agent: {key.get_name()} {fingerprint(key.asbytes())}"
