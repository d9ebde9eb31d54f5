"""Local sessions that a test listens to, or that drop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from relayconf.errors import ConnectionLost
from relayconf.remote.base import LIMIT, Completed
from relayconf.remote.local import LocalSession

Heard: TypeAlias = Callable[[int], None]


def _nothing(number: int) -> None:
    """Any number is fine."""
    del number


class HeardSession(LocalSession):
    """Tells *before* and *after* each script its number, from 1; *asked* may put another input in the place of it.

    What *before* or *after* raises is what the session raises.
    """

    def __init__(
        self,
        *,
        shell: str = "sh",
        before: Heard = _nothing,
        after: Heard = _nothing,
        asked: Callable[[bytes], bytes] = bytes,
    ) -> None:
        super().__init__(shell=shell)
        self._before, self._after, self._asked, self._count = before, after, asked, 0

    def run(
        self,
        script: str,
        args: Sequence[str] = (),
        stdin: bytes = b"",
        *,
        timeout: float = 120.0,
        limit: int = LIMIT,
        unknown_hint: str | None = None,
    ) -> Completed:
        """Run *script* as LocalSession does, and be heard."""
        self._count += 1
        self._before(self._count)
        stdin = self._asked(stdin)
        done = super().run(script, args, stdin, timeout=timeout, limit=limit, unknown_hint=unknown_hint)
        self._after(self._count)
        return done


def dropping(good: int, *, runs: bool = True) -> HeardSession:
    """A line that drops after *good* scripts: the next one *runs*, and what it printed is lost, or it does not."""

    def drop(number: int) -> None:
        if number > good:
            raise ConnectionLost("the line dropped", hint="look")

    return HeardSession(after=drop) if runs else HeardSession(before=drop)
