"""Files that an import leaves on this machine: new ones, or replaced where that is asked for; whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from relayconf.errors import RelayconfError

_IN_THE_WAY = "name another place, or say --overwrite"


def _failed(path: Path, error: OSError) -> RelayconfError:
    return RelayconfError(f"cannot write {path}: {error.strerror}")


def _taken(path: Path) -> RelayconfError:
    return RelayconfError(f"{path} is already there", hint=_IN_THE_WAY)


def check_free(path: Path, *, overwrite: bool) -> None:
    """Raise RelayconfError when `write` would find something at *path*, as far as that can be told before."""
    if not overwrite and os.path.lexists(path):
        raise _taken(path)


def write(path: Path, content: str, *, mode: int, overwrite: bool) -> None:
    """Put *content* at *path*, with at most *mode*; what is there is replaced only with *overwrite*.

    Raises RelayconfError when it cannot be written.
    """
    candidate = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with ExitStack() as undo:
            descriptor = os.open(candidate, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
            undo.callback(candidate.unlink, missing_ok=True)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(content)
                file.flush()
                os.fsync(descriptor)
            if overwrite:
                candidate.rename(path)
            else:
                # A rename would replace what came to be there since it was looked for.
                path.hardlink_to(candidate)
    except FileExistsError as error:
        raise _taken(path) from error
    except OSError as error:
        raise _failed(path, error) from error


def write_secrets(folder: Path, passwords: Mapping[str, str], *, overwrite: bool) -> None:
    """Put every password into a file of its own in *folder*, which nobody else may enter when it is new.

    All files are looked at before the first is written. Raises RelayconfError.
    """
    for name in passwords:
        check_free(folder / name, overwrite=overwrite)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _failed(folder, error) from error
    for name, password in passwords.items():
        write(folder / name, f"{password}\n", mode=0o600, overwrite=overwrite)
