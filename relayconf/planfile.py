"""A saved plan as a file: JSON that anybody can read and only the key's holder can have written (docs/plan-format.md).

The last line carries an HMAC over all the bytes before it. Nothing but format, kind and key is looked at before that
is compared, and what is looked at is matched byte by byte: no parser meets what somebody else wrote.
"""

from __future__ import annotations

import hmac
import json
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from relayconf.errors import PlanFileError
from relayconf.plankey import KEY_FILE_VARIABLE, key_id, keyed_digest
from relayconf.result import Status
from relayconf.savedplan import SavedChange, SavedHost, SavedPlan
from relayconf.userfiles import write_whole

FORMAT = 1
"""Grows with every change that a reader of the older format would misunderstand."""

MAX_SIZE = 64 * 1024 * 1024
"""Bytes that a plan file may have."""

_HEAD = re.compile(
    rb'\{\n "format": ([1-9][0-9]{0,8}),\n "kind": "relayconf-plan",\n "key_id": "([0-9a-f]{8})",\n', re.ASCII
)
_TAIL = re.compile(rb',\n "mac": "([0-9a-f]{64})"\n\}\n')
_TAIL_SIZE = len(',\n "mac": ""\n}\n') + 64
_HEAD_SIZE = 200
_LABEL = "plan file"
_PLAN_AGAIN = "plan again: `relayconf plan --out FILE`"


def encode(saved: SavedPlan, shown: object, key: bytes) -> bytes:
    """The file's bytes. *shown* is the plan for human eyes, as JSON values: it goes in as it is."""
    document = {
        "format": FORMAT,
        "kind": "relayconf-plan",
        "key_id": key_id(key),
        "created": saved.created,
        "relayconf": saved.version,
        "fingerprint": saved.fingerprint,
        "inventory": saved.inventory,
        "hosts": [asdict(host) for host in saved.hosts],
        "shown": shown,
    }
    signed = json.dumps(document, indent=1).removesuffix("\n}").encode("ascii")
    return signed + f',\n "mac": "{keyed_digest(key, _LABEL, signed)}"\n}}\n'.encode("ascii")


def _change(value: object) -> SavedChange:
    match value:
        case {
            "path": str(path),
            "phase": int(phase),
            "target": str(target),
            "kind": str(kind),
            "base": str(base),
            "wish": str(wish),
        }:
            return SavedChange(path=path, phase=phase, target=target, kind=kind, base=base, wish=wish)
        case _:
            raise ValueError("no change")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value


def _host(value: object) -> SavedHost:
    match value:
        case {
            "name": str(name),
            "status": str(status),
            "fingerprint": str() | None as fingerprint,
            "errors": [*errors],
            "settings": dict(settings),
            "changes": [*changes],
        }:
            return SavedHost(
                name=name,
                status=Status(status),
                fingerprint=fingerprint,
                errors=tuple(map(_text, errors)),
                settings={_text(key): _text(digest) for key, digest in settings.items()},
                changes=tuple(map(_change, changes)),
            )
        case _:
            raise ValueError("no host")


def _plan(value: object) -> SavedPlan:
    match value:
        case {
            "created": str(created),
            "relayconf": str(version),
            "fingerprint": str(fingerprint),
            "inventory": str(inventory),
            "hosts": [*hosts],
        }:
            return SavedPlan(
                created=created,
                version=version,
                fingerprint=fingerprint,
                inventory=inventory,
                hosts=tuple(map(_host, hosts)),
            )
        case _:
            raise ValueError("no plan")


def decode(data: bytes, name: str, key: bytes) -> SavedPlan:
    """The plan in *data*, the bytes of the file *name*. Raises PlanFileError unless *key* signed all of them."""
    head, tail = _HEAD.match(data), _TAIL.fullmatch(data[-_TAIL_SIZE:])
    if head is None:
        raise PlanFileError(f"{name} is no plan that relayconf saved", hint=_PLAN_AGAIN)
    number, author = int(head[1]), head[2].decode()
    if number != FORMAT:
        what = f"{name} has the format {number}, this relayconf knows {FORMAT}"
        raise PlanFileError(what, hint="use the relayconf that saved it, or plan again with this one")
    if author != key_id(key):
        what = f"{name} was saved with the key {author}, the key here is {key_id(key)}"
        raise PlanFileError(what, hint=f"name the key file in {KEY_FILE_VARIABLE}, or plan again here")
    signed = data[:-_TAIL_SIZE]
    if tail is None or not hmac.compare_digest(tail[1], keyed_digest(key, _LABEL, signed).encode()):
        raise PlanFileError(f"{name} was changed or cut short after it was saved", hint=_PLAN_AGAIN)
    try:
        return _plan(json.loads(data))
    except (ValueError, TypeError, RecursionError) as error:
        raise PlanFileError(f"{name} is signed, but says nothing that relayconf knows", hint=_PLAN_AGAIN) from error


@contextmanager
def _explained(path: Path, what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PlanFileError(f"the plan file {path} cannot be {what}: {error.strerror}") from error


def _open(path: str, flags: int) -> int:
    # Non-blocking, so that a FIFO is refused and not waited for.
    return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)


def read(path: Path, key: bytes) -> SavedPlan:
    """The plan that was saved at *path*, which may be a link to it. Raises PlanFileError for anything else."""
    with _explained(path, "read"), open(path, "rb", opener=_open) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise PlanFileError(f"the plan file {path} is not a regular file", hint=_PLAN_AGAIN)
        data = file.read(MAX_SIZE + 1)
    if len(data) > MAX_SIZE:
        raise PlanFileError(f"the plan file {path} has more than {MAX_SIZE} bytes", hint=_PLAN_AGAIN)
    return decode(data, str(path), key)


def _check(folder: int, path: Path) -> None:
    """Refuse to replace anything but an earlier plan, or an empty file."""
    try:
        mode = os.stat(path.name, dir_fd=folder, follow_symlinks=False).st_mode
    except FileNotFoundError:
        return
    if stat.S_ISLNK(mode):
        raise PlanFileError(f"will not write a plan through the symbolic link {path}", hint="name the file itself")
    if not stat.S_ISREG(mode):
        raise PlanFileError(f"will not write a plan to {path}: it is not a regular file", hint="name a new file")
    descriptor = os.open(path.name, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    with os.fdopen(descriptor, "rb") as file:
        head = file.read(_HEAD_SIZE)
    if head and not _HEAD.match(head):
        raise PlanFileError(f"will not write a plan over {path}: that is no plan", hint="name a new file")


@contextmanager
def _folder(path: Path) -> Iterator[int]:
    """The folder that *path* is in; OSErrors become ours."""
    if path.name in {"", "-", ".."}:
        raise PlanFileError(f"a plan cannot be saved as {str(path)!r}", hint="name a file")
    with _explained(path, "written"):
        descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            yield descriptor
        finally:
            os.close(descriptor)


def check_target(path: Path) -> None:
    """Raise PlanFileError when `write` to *path* would be refused, as far as that can be told before."""
    with _folder(path) as folder:
        _check(folder, path)


def write(path: Path, data: bytes) -> None:
    """Put *data* (from `encode`) at *path* with mode 0600: whole and on the disk, or not at all.

    An earlier plan there is replaced. Raises PlanFileError for anything else that stands there, for too many bytes, and
    for what the operating system says.
    """
    if len(data) > MAX_SIZE:
        what = f"the plan has {len(data)} bytes, a plan file may have {MAX_SIZE}"
        raise PlanFileError(what, hint="plan fewer hosts at a time: name them")
    with _folder(path) as folder:
        _check(folder, path)
        write_whole(folder, path.name, data)
