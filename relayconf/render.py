"""From a host of the inventory to its files: in memory for the plan, or into a folder for a human to look at."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path, PurePosixPath

from relayconf.errors import RelayconfError
from relayconf.files import DesiredFile
from relayconf.model import Host
from relayconf.mta.base import Resolve
from relayconf.mtas import MTAS
from relayconf.templating import Templates

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def render(host: Host, templates: Templates, secret: Resolve) -> tuple[DesiredFile, ...]:
    """The managed files of *host* as the inventory alone says them; *secret* resolves references.

    Raises TemplateError, SecretError, and RenderMismatch for a file that would route otherwise than the inventory says.
    """
    return tuple(MTAS[host.mta].render(host, templates, secret))


def _parts(host: Host, file: DesiredFile) -> tuple[str, ...]:
    """`HOST/MTA/FILE` for the symbolic path `MTA:FILE`, as names that stay below the folder."""
    mta, _, name = file.path.partition(":")
    parts = (host.name, mta, *PurePosixPath(name).parts)
    if any(part in {"", ".", ".."} or "/" in part for part in parts):
        raise RelayconfError(f"no file name can be made of {host.name} and {file.path}")
    return parts


@contextmanager
def _no_symlinks(path: Path) -> Iterator[None]:
    """Turn errors of the operating system into ours, and name a symbolic link for what it is."""
    try:
        yield
    except OSError as error:
        if path.is_symlink():
            raise RelayconfError(f"will not write through the symbolic link {path}") from error
        raise RelayconfError(f"cannot write {path}: {error.strerror}") from error


def _enter(stack: ExitStack, parent: int, name: str, path: Path, *, private: bool) -> int:
    """A descriptor of the folder *name* in *parent*, made when it is not there; 0700 when *private*."""
    with _no_symlinks(path):
        with suppress(FileExistsError):
            os.mkdir(name, 0o700 if private else 0o755, dir_fd=parent)
        descriptor = os.open(name, _DIRECTORY, dir_fd=parent)
        stack.callback(os.close, descriptor)
        if private:
            os.fchmod(descriptor, 0o700)
    return descriptor


def _root(stack: ExitStack, directory: Path, *, private: bool) -> int:
    with _no_symlinks(directory):
        directory.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            directory.mkdir(mode=0o700 if private else 0o755)
        descriptor = os.open(directory, _DIRECTORY)
        stack.callback(os.close, descriptor)
    return descriptor


def _is_there(parent: int, name: str) -> bool:
    """Whether *name* is in *parent* as a file. Raises OSError for anything else, symbolic links among it."""
    try:
        mode = os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode
    except FileNotFoundError:
        return False
    if not stat.S_ISREG(mode):
        raise FileExistsError(0, "something that is no file is in the way")
    return True


def _replace(parent: int, name: str, file: DesiredFile, content: bytes) -> None:
    """Write beside, then rename: a secret has its mode from the first byte, whatever was there before."""
    _is_there(parent, name)
    temporary = f".{name}.{secrets.token_hex(6)}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(temporary, flags, 0o600 if file.secret else 0o644, dir_fd=parent)
    with ExitStack() as undo:
        undo.callback(os.unlink, temporary, dir_fd=parent)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
        os.rename(temporary, name, src_dir_fd=parent, dst_dir_fd=parent)
        undo.pop_all()


def write_tree(directory: Path, host: Host, files: Sequence[DesiredFile]) -> tuple[Path, ...]:
    """Write *files* as DIRECTORY/HOST/MTA/FILE and return the paths written.

    A file that must not exist is removed when an earlier run left it. With a secret among *files* the host's folders
    are 0700 and the secret files 0600. Raises RelayconfError when something cannot be written, or is a symbolic link.
    """
    written = []
    with ExitStack() as stack:
        private = any(file.secret for file in files)
        root = _root(stack, directory, private=private)
        for file in files:
            *folders, name = _parts(host, file)
            parent, path = root, directory
            for folder in folders:
                path /= folder
                parent = _enter(stack, parent, folder, path, private=private)
            path /= name
            with _no_symlinks(path):
                if file.content is not None:
                    _replace(parent, name, file, file.content)
                    written.append(path)
                elif _is_there(parent, name):
                    os.unlink(name, dir_fd=parent)
    return tuple(written)
