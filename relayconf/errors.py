"""Everything relayconf raises on purpose.

RelayconfError
├── UsageError                 the command line asks for something that makes no sense
├── InventoryError             the inventory has problems; carries all of them
├── TemplateError              a template is missing, broken or uses an unknown name
├── RenderMismatch             a rendered file would route otherwise than the inventory says
├── MainCfError                main.cf, or a change asked of it, is something that Postfix would misread
├── MapError                   a lookup table's source holds, or would have to hold, what Postfix would misread
├── SecretError                a secret reference cannot be resolved
├── KeyFileError               the key that masks secrets, or one of TSIG, cannot be read or made
├── PlanFileError              a saved plan cannot be read, written or used here
├── StateError                 what an earlier run left in the user's state folder cannot be read or written
├── DnsError                   a DNS server did not do what it was asked
│   └── RecordChanged          the records are no longer what the plan saw: nothing was changed
├── SessionError               something between this machine and one host
│   ├── ConnectError           no session came to be: nothing ran on the host
│   │   ├── Unreachable        name, route, port or time-out
│   │   ├── HostKeyError       the host key is unknown, changed or revoked
│   │   └── AuthenticationFailed
│   ├── BecomeError            connected, but sudo refused: nothing ran on the host
│   ├── ConnectionLost         the line dropped while a script ran: its outcome is unknown here
│   │   └── RecoveryLost       the same, while the script put right what had been cut short
│   └── TcpRefused             a connection asked for from the host's side did not open
└── HostError                  the script ran on the host and says why it cannot go on
    ├── HostCrash              relayconf itself failed while it worked on this host
    ├── LimitCrossed           the plan does something for which a flag is to be given first
    ├── ObserveError           what came back from `observe` cannot be used
    └── DeployError            the deploy failed; says what the host was left as
        ├── StalePlan          the host changed since the plan
        └── RollbackFailed     the host could not be put back; needs a human
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

TcpReason: TypeAlias = Literal["forbidden", "refused", "no route", "no name", "timeout", "unknown"]
"""Why a connection did not open."""


class RelayconfError(Exception):
    """Base of all errors that relayconf explains to its user.

    `hint` says what to do next; the error handler prints it on a line of its own.
    """

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(RelayconfError):
    """The command line asks for something that makes no sense, such as a host that is not in the inventory."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Problem:
    """One mistake in the inventory: where, what, and the way out.

    `place` is the dotted path of the value (`hosts.mx1.relay`), empty for the file as a whole.
    Lines and columns count from 1.
    """

    file: str
    line: int
    column: int
    place: str
    text: str
    hint: str | None = field(default=None, compare=False)

    def __str__(self) -> str:
        place = f" {self.place}:" if self.place else ""
        return f"{self.file}:{self.line}:{self.column}:{place} {self.text}"


class InventoryError(RelayconfError):
    """The inventory has problems; all of them, sorted by file, line and column."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        count = len(self.problems)
        super().__init__(f"the inventory has {count} problem{'s' if count != 1 else ''}")


class TemplateError(RelayconfError):
    """A template is missing, has a syntax error, or uses a name that relayconf does not give it."""


class RenderMismatch(RelayconfError):
    """A rendered file, read back by the route model, routes otherwise than the inventory says."""


class MainCfError(RelayconfError):
    """main.cf, or a change asked of it, is something that Postfix would misread."""


class MapError(RelayconfError):
    """A lookup table's source holds, or would have to hold, what Postfix would misread. Never carries a value."""


class SecretError(RelayconfError):
    """A secret reference cannot be resolved. Never carries the secret or the command's output."""


class KeyFileError(RelayconfError):
    """A key file (`plan.key`, or one of TSIG) cannot be read, is not of its form, or is open to others."""


class PlanFileError(RelayconfError):
    """A saved plan cannot be read or written, was not written by this key, or was made of another inventory."""


class StateError(RelayconfError):
    """What an earlier run left in the user's state folder cannot be read, or that of this run cannot be written."""


class DnsError(RelayconfError):
    """A DNS server did not do what it was asked; the message says whether something was changed."""


class RecordChanged(DnsError):
    """The TXT records are no longer what the plan saw. Nothing was changed."""


class SessionError(RelayconfError):
    """Something between this machine and one host."""


class ConnectError(SessionError):
    """No session came to be: nothing ran on the host."""


class Unreachable(ConnectError):
    """The name does not resolve, no route, refused, or nobody answered in time."""


class HostKeyError(ConnectError):
    """The host key is unknown, differs from known_hosts, or is revoked."""


class AuthenticationFailed(ConnectError):
    """The host accepted none of the keys offered."""


class BecomeError(SessionError):
    """Connected, but sudo refused (wants a password, or has no rule), or the helper did: nothing ran on the host."""


class ConnectionLost(SessionError):
    """The line dropped while a script ran, or it was given up: what the host did is unknown here, its journal knows."""


class RecoveryLost(ConnectionLost):
    """The line dropped while the host put right what had been cut short there: whether it changed is unknown here."""


class TcpRefused(SessionError):
    """A TCP connection asked for from the host's side did not open.

    `reason` says why as far as that is known: an SSH server tells no more than that it is forbidden or took too long.
    """

    def __init__(self, message: str, *, hint: str | None = None, reason: TcpReason = "unknown") -> None:
        super().__init__(message, hint=hint)
        self.reason = reason


class HostError(RelayconfError):
    """The script ran on the host and says why it cannot go on."""


class HostCrash(HostError):
    """relayconf itself failed while it worked on this host; the message names the report. The other hosts went on."""


class LimitCrossed(HostError):
    """The plan crosses a limit whose flag was not given; the hint names it. Nothing was changed."""


class ObserveError(HostError):
    """What came back from `observe` cannot be used: no MTA found, unreadable files, broken framing."""


class DeployError(HostError):
    """The deploy failed; the message says at which step, why, and what the host was left as.

    That is as it was before, but for what the message names when it was done *partly*.
    """

    def __init__(self, message: str, *, hint: str | None = None, partly: bool = False) -> None:
        super().__init__(message, hint=hint)
        self.partly = partly


class StalePlan(DeployError):
    """A managed value is no longer what the plan saw. Nothing was written."""


class RollbackFailed(DeployError):
    """The deploy failed and the host could not be put back; the message says what to do by hand."""
