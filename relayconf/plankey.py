"""The user's own key: it turns secrets and fingerprints into digits that say equal or not, and nothing else.

A plain hash of a password is a way to guess it; a keyed one is not, as long as the key stays with its user.
"""

from __future__ import annotations

import contextlib
import hmac
import os
from pathlib import Path

from relayconf.errors import KeyFileError
from relayconf.userfiles import make_directory, read_key_file, state_folder

KEY_SIZE = 32
"""Bytes; as many as SHA-256 gives (RFC 2104, section 3)."""

KEY_FILE_VARIABLE = "RELAYCONF_KEY_FILE"

_NEW_KEY_HINT = "move the file away: a new key is made, and masked secrets get other digits from then on"


def _default_path() -> Path:
    named = os.environ.get(KEY_FILE_VARIABLE)
    if named:
        return Path(named)
    try:
        return state_folder() / "plan.key"
    except RuntimeError as error:
        raise KeyFileError("no home directory to keep the key in", hint=f"set {KEY_FILE_VARIABLE}") from error


def _create(path: Path) -> None:
    """Put a new key at *path* unless there is one by then: whole and on the disk, or not at all."""
    make_directory(path.parent)
    candidate = path.with_name(f".{path.name}.{os.urandom(8).hex()}")
    descriptor = os.open(candidate, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, 0o600)
            file.write(os.urandom(KEY_SIZE))
            file.flush()
            os.fsync(descriptor)
        with contextlib.suppress(FileExistsError):
            # Unlike a rename, a link never replaces the key that another process has made meanwhile.
            os.link(candidate, path)
    finally:
        candidate.unlink()


def _read(path: Path) -> bytes:
    key = read_key_file(path, KEY_SIZE + 1, hint=f"set {KEY_FILE_VARIABLE}")
    if len(key) != KEY_SIZE:
        raise KeyFileError(f"the key file {path} is not {KEY_SIZE} bytes long", hint=_NEW_KEY_HINT)
    return key


def load_key(path: Path | None = None) -> bytes:
    """The user's key, 32 bytes; a new random one when there is none yet.

    Without *path* it is `$RELAYCONF_KEY_FILE`, else `relayconf/plan.key` in `$XDG_STATE_HOME` (`~/.local/state`). Two
    processes that start at once get the same key. Raises KeyFileError when the file cannot be read or made, is not
    32 bytes long, belongs to another user or is open to others.
    """
    path = _default_path() if path is None else path
    try:
        if not os.path.lexists(path):
            _create(path)
        return _read(path)
    except OSError as error:
        message = f"the key file {path} cannot be read or made: {error.strerror}"
        raise KeyFileError(message, hint=f"set {KEY_FILE_VARIABLE}") from error


def keyed_digest(key: bytes, label: str, data: bytes) -> str:
    """HMAC-SHA256 (RFC 2104) of *data* in hex, 64 digits. Equal data under different labels have unrelated digests."""
    name = label.encode()
    # The label's length stands in front of it, so that no label and data together look like another pair.
    mac = hmac.new(key, len(name).to_bytes(4, "big") + name, "sha256")
    mac.update(data)
    return mac.hexdigest()


def key_id(key: bytes) -> str:
    """Eight hex digits that tell one key from another and say nothing about either."""
    return keyed_digest(key, "key id", b"")[:8]
