"""Files of the user's own: where they stand, closed to others, and written whole."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from contextlib import ExitStack
from pathlib import Path

from relayconf.errors import KeyFileError


def state_folder() -> Path:
    """Where relayconf keeps what outlives a run; perhaps not there yet. Raises RuntimeError for a user without home.

    It is `relayconf` in `$XDG_STATE_HOME`, else in `~/.local/state` (XDG base directory specification).
    """
    state = Path(os.environ.get("XDG_STATE_HOME", ""))
    if not state.is_absolute():
        # The specification: a relative path is to be ignored.
        state = Path.home() / ".local" / "state"
    return state / "relayconf"


def make_directory(directory: Path) -> None:
    """*directory* and what is missing above it, all of it closed to others (XDG base directory specification)."""
    missing = [folder for folder in (directory, *directory.parents) if not folder.exists()]
    for folder in reversed(missing):
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            # Under a umask that takes from the owner, too, the folder could not be entered.
            folder.chmod(0o700)


def _check(path: Path, status: os.stat_result, hint: str) -> None:
    """Refuse a file that someone else could have read, written or put there."""
    if not stat.S_ISREG(status.st_mode):
        raise KeyFileError(f"the key file {path} is not a regular file", hint=hint)
    # A link in a folder that others can write to leads where they like; root could replace the file anyway.
    if path.lstat().st_uid not in {os.geteuid(), 0} or status.st_uid != os.geteuid():
        raise KeyFileError(f"the key file {path} belongs to another user", hint=hint)
    mode = stat.S_IMODE(status.st_mode)
    if mode & 0o077:
        raise KeyFileError(f"the key file {path} is open to others (mode {mode:04o})", hint=f"chmod 600 {path}")


def read_key_file(path: Path, most: int, *, hint: str) -> bytes:
    """The first *most* bytes of the key file at *path*. *hint* is the way out where it is no file of the user's.

    Raises OSError, and KeyFileError when it is not a regular file, belongs to another user, or is open to others.
    """
    # Non-blocking, so that a FIFO in the key's place is refused and not waited for.
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        _check(path, os.fstat(descriptor), hint)
        return file.read(most)


def write_whole(folder: int, name: str, data: bytes) -> None:
    """Put *data* at *name* in the open *folder*, with mode 0600: whole and on the disk, or not at all. Raises OSError.

    What stands there is replaced.
    """
    candidate = f".{name}.{secrets.token_hex(8)}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with ExitStack() as undo:
        descriptor = os.open(candidate, flags, 0o600, dir_fd=folder)
        undo.callback(os.unlink, candidate, dir_fd=folder)
        with os.fdopen(descriptor, "wb") as file:
            # Under a umask that takes from the owner, too, nobody could read it.
            os.fchmod(descriptor, 0o600)
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        os.rename(candidate, name, src_dir_fd=folder, dst_dir_fd=folder)
        undo.pop_all()
        os.fsync(folder)
