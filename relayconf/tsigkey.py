"""The key of a dynamic update: a BIND key file, or a variable as `nsupdate -y` has it (RFC 8945)."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from pathlib import Path

from relayconf.errors import KeyFileError, SecretError
from relayconf.model import SecretRef
from relayconf.secrets import Secrets
from relayconf.userfiles import read_key_file

ALGORITHMS = ("hmac-sha256", "hmac-sha384", "hmac-sha512", "hmac-sha224", "hmac-sha1")
"""RFC 8945 6, the mandatory and the optional ones; MD5 is to be used no more."""

_MOST = 10_000  # bytes; a key has a few hundred
_NAME = r"[A-Za-z0-9_.-]+"
_COMMENT = re.compile(r"//[^\n]*|#[^\n]*|/\*.*?\*/|(\"[^\"\n]*\")", re.DOTALL)
_FILE = re.compile(rf'\s*key\s+("?)(?P<name>{_NAME})\1\s*\{{(?P<body>[^{{}}]*)\}}\s*;\s*')
_CLAUSE = re.compile(r'\s*(algorithm|secret)\s+("?)([A-Za-z0-9+/=.-]+)\2\s*;')
_HOW = "`tsig-keygen NAME` writes one"


@dataclass(frozen=True, slots=True, kw_only=True)
class TsigKey:
    """A shared secret with its name, as both sides know it."""

    name: str
    algorithm: str
    secret: bytes = field(repr=False)


def _key(name: str, algorithm: str, secret: str, place: str) -> TsigKey:
    if algorithm.lower() not in ALGORITHMS:
        # Not repeated: where the parts were mixed up, it is the secret.
        raise KeyFileError(f"{place} names no algorithm that is known", hint=f"known are {', '.join(ALGORITHMS)}")
    try:
        found = base64.b64decode(secret, validate=True)
    except binascii.Error:
        # Whatever the error says, it may say with the secret.
        raise KeyFileError(f"the secret in {place} is not base64", hint=_HOW) from None
    if not found:
        raise KeyFileError(f"the secret in {place} is empty", hint=_HOW)
    return TsigKey(name=name, algorithm=algorithm.lower(), secret=found)


def _parse(text: str, place: str) -> TsigKey:
    bare = _COMMENT.sub(lambda found: found[1] or " ", text)
    if whole := _FILE.fullmatch(bare):
        clauses = _CLAUSE.findall(whole["body"])
        values = {word: value for word, _, value in clauses}
        if not _CLAUSE.sub("", whole["body"]).strip() and len(clauses) == 2 and len(values) == 2:
            return _key(whole["name"], values["algorithm"], values["secret"], place)
    raise KeyFileError(f'{place} does not have the form `key "NAME" {{ algorithm …; secret …; }};`', hint=_HOW)


def from_file(path: Path) -> TsigKey:
    """The one key in the file *path*, which only its owner may read. Raises KeyFileError, which never has the secret.

    The form is that of named.conf(5), as `tsig-keygen` and `rndc-confgen` write it.
    """
    try:
        data = read_key_file(path, _MOST, hint="name the file itself, owned by you")
    except OSError as error:
        raise KeyFileError(f"the key file {path} cannot be read: {error.strerror}", hint=_HOW) from error
    return _parse(data.decode("utf-8", "replace"), f"the key file {path}")


def from_environment(variable: str) -> TsigKey:
    """The key in *variable*: `[ALGORITHM:]NAME:SECRET`, the algorithm hmac-sha256 where none is named (nsupdate(1)).

    Raises KeyFileError, and SecretError when there is no such variable; neither has the secret.
    """
    parts = Secrets().resolve(SecretRef(kind="env", value=variable)).split(":")
    algorithm, name, secret = parts if len(parts) == 3 else ("hmac-sha256", *parts) if len(parts) == 2 else ("", "", "")
    if not re.fullmatch(_NAME, name):
        raise SecretError(f"{variable} does not hold [ALGORITHM:]NAME:SECRET", hint="as `nsupdate -y` takes it")
    return _key(name, algorithm, secret, variable)
