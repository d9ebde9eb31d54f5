"""Files on a host, as wanted and as found. Paths are symbolic (`qmail:smtproutes`); the host resolves them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedFile:
    """A file that `observe` reads. Only `managed` ones are ever written; `secret` contents are never cached."""

    path: str
    managed: bool
    secret: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DesiredFile:
    """A managed file as it should be.

    `content` of None means that it must not exist. `mode`, `owner` and `group` of None keep what is on the host
    (0644 root and the directory's group for a new file).

    A deploy makes all files of one `phase` live, activates them, and goes on with the next; one path may have a file in
    several phases. `target` is the absolute path of a file that cannot be on the host yet, so that `observe` did not
    look for it. `replaces` is the path of the file whose part this one takes over; reviewers see the difference to that
    one. An `internal` file is not shown: it is there only until a later phase, or for relayconf itself.
    """

    path: str
    content: bytes | None
    secret: bool = False
    mode: int | None = None
    owner: str | None = None
    group: str | None = None
    phase: int = 0
    target: str | None = None
    replaces: str | None = None
    internal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ActualFile:
    """A file as it is on the host.

    `target` is the absolute path with every symbolic link resolved, the one that a rename replaces. An absent file has
    `present` false and only `path` and `target`. `content` is None when its hash was already known to the caller.
    """

    path: str
    target: str
    present: bool
    content: bytes | None = None
    sha256: str = ""
    size: int = 0
    mode: int = 0
    owner: str = ""
    group: str = ""
    immutable: bool = False


class ChangeKind(StrEnum):
    """What a change does to the file."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One managed file that is to become something else. `before` is the base that the deploy insists on.

    `before.content` is always there when `before.present`, so that the diff is exact.
    """

    before: ActualFile
    after: DesiredFile

    @property
    def path(self) -> str:
        """The symbolic path."""
        return self.after.path

    @property
    def kind(self) -> ChangeKind:
        """Create, update or delete, by presence before and after."""
        if not self.before.present:
            return ChangeKind.CREATE
        return ChangeKind.DELETE if self.after.content is None else ChangeKind.UPDATE
