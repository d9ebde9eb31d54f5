"""What the command line asks of a command that works on hosts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class SpfOptions:
    """How the SPF records of changed routes are looked at: by which resolvers, this machine's if none are named.

    `resolv_conf` names these. `port` is that of the zones' own servers. After `seconds` what was not answered is
    unknown.
    """

    resolvers: Sequence[str] = ()
    resolv_conf: str = "/etc/resolv.conf"
    port: int = 53
    seconds: float = 6.0


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the commands that work on hosts have in common."""

    inventory: Path
    hosts: Sequence[str] = ()
    templates: Path | None = None
    parallel: int = 20
    accept_new: bool = False
    json: bool = False
    spf: SpfOptions | None = None


@dataclass(frozen=True, kw_only=True)
class WaveOptions:
    """In which order hosts change: a number of hosts or their names first, and how many may fail after them."""

    canary: str | None = None
    max_failures: int | None = None
    all_at_once: bool = False


USUAL_WAVES = WaveOptions()
"""A canary of one host for each MTA where more than a few change."""


@dataclass(frozen=True, kw_only=True)
class VerifyOptions:
    """How hosts are verified.

    An MTA gets `wait` seconds to tell what became of a test, and a relay has `per_relay` of them at a time. With
    `recipient` a real message is sent there, from `sender` or from the address that the inventory has for tests.
    """

    wait: int = 60
    per_relay: int = 3
    recipient: str | None = None
    sender: str | None = None


USUAL_TESTS = VerifyOptions()
"""Each relay's test, and no message."""


@dataclass(frozen=True, kw_only=True)
class ApplyOptions:
    """How a plan is applied.

    `yes` answers the question beforehand. `flush` has the mail that waits on the changed hosts tried again. With
    `confirm` a host rolls back by itself after so many seconds unless this process lives to see its change verified.
    `reviewed` is the fingerprint of the plan that is meant, short or whole, and `saved` its file. `waves` is the order
    in which the hosts change; a host whose line dropped is looked after for `reconnect` seconds, as long as usual
    without. `allowed` has the codes of the limits that a plan may cross. Afterwards the relays of the changed hosts are
    tested as `verify` says, unless it is None.
    """

    yes: bool = False
    flush: bool = False
    confirm: int | None = None
    reviewed: str | None = None
    saved: Path | None = None
    waves: WaveOptions = USUAL_WAVES
    reconnect: int | None = None
    allowed: Collection[str] = ()
    verify: VerifyOptions | None = USUAL_TESTS


ASKING = ApplyOptions()
"""The plan of now, after a question."""
