"""Changes become real on one host: one script run that ends in the whole new or the whole old state (docs/wire.md)."""

from __future__ import annotations

import gzip
import hashlib
import shlex
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from relayconf.errors import StalePlan
from relayconf.files import Change
from relayconf.model import Host
from relayconf.mta.base import Mta, Question
from relayconf.observe import request_text
from relayconf.remote.base import Session
from relayconf.report import End, Report, failure_of, read_report
from relayconf.safety import FLAGS
from relayconf.shell import DEPLOY, UNDO, assemble

PATIENCE = 60
"""Seconds that the host waits for the next byte of the payload."""

_TIMEOUT = 900.0  # seconds for the whole script; a host that is still at work then goes on alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """A deploy that was applied and verified: its transaction, its steps in order, and what a human should know.

    `verified` is what the MTA showed of it: `pass` or `unknown`, and why.
    """

    transaction: str
    steps: tuple[str, ...]
    verified: str
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is asked of a deploy besides its changes.

    *flush* has waiting mail tried again afterwards. With *confirm* the host rolls back by itself after so many seconds
    unless it is confirmed in time. The MTA's own router is *asked* about the candidate; where it answers otherwise
    nothing is changed. *allowed* has the codes of the limits that may be crossed.
    """

    flush: bool = False
    confirm: int | None = None
    asked: Sequence[Question] = ()
    allowed: Collection[str] = ()

    def lines(self) -> list[str]:
        """Their lines of the request."""
        questions = (f"{one.sender} {one.recipient} {one.transport} {one.nexthop}" for one in self.asked)
        return [
            *(["flush yes"] if self.flush else []),
            *([] if self.confirm is None else [f"confirm {self.confirm}"]),
            *(f"allow {code}" for code in sorted(self.allowed)),
            *(f"ask {question}" for question in questions),
        ]


PLAIN = Terms()
"""The changes and nothing else."""


def _octal(mode: int | None) -> str:
    return "-" if mode is None else f"{mode:o}"


def _line(index: int, change: Change, offset: int) -> str:
    before, after = change.before, change.after
    base = (before.sha256, _octal(before.mode), before.owner, before.group) if before.present else ("-",) * 4
    wanted: tuple[str, ...] = ("-", "-")
    if after.content is not None:
        wanted = (str(len(after.content)), hashlib.sha256(after.content).hexdigest())
    dress = (_octal(after.mode), after.owner or "-", after.group or "-")
    return "\t".join([str(index), str(after.phase), change.path, *base, str(offset), *wanted, *dress, before.target])


def _payload(changes: Sequence[Change], undo: bytes) -> tuple[bytes, int, int]:
    """The packed payload; how many bytes of it, unpacked, are the request in front; and where *undo* is after that."""
    lines, contents, offset = [], [], 0
    for index, change in enumerate(changes, 1):
        lines.append(_line(index, change, offset))
        content = change.after.content or b""
        contents.append(content)
        offset += len(content)
    request = "".join(f"{line}\n" for line in [*lines, "end"]).encode()
    return gzip.compress(b"".join([request, *contents, undo]), compresslevel=1, mtime=0), len(request), offset


def _conclude(report: Report, host: Host, transaction: str) -> Deployed:
    match report.status:
        case End.DONE:
            (verified,) = report.all("verified")[:1] or ("unknown",)
            return Deployed(
                transaction=transaction, steps=report.all("step"), verified=verified, warnings=report.warnings
            )
        case End.STALE:
            before = "".join(f"; before that, {done}" for done in report.done_before)
            what = f"the host changed since the plan, nothing of it was written: {report.list_of('stale')}{before}"
            raise StalePlan(what, hint="plan again", partly=bool(before))
        case _:
            broken = next(iter(report.all("recovering")), transaction)
            error = failure_of(report, action="deploy", folder=f"{host.state_directory}/txn/{broken}")
            flags = [FLAGS[code] for code in report.all("crosses") if code in FLAGS]
            error.hint = f"if that is meant: {' '.join(flags)}" if flags else error.hint
            raise error


def _stdin(
    host: Host,
    mta: Mta,
    changes: Sequence[Change],
    transaction: str,
    patience: int = PATIENCE,
    *,
    terms: Terms = PLAIN,
) -> bytes:
    undo = undo_script(host, mta) if changes else b""
    payload, request, offset = _payload(changes, undo)
    head = [
        f"transaction {transaction}",
        f"patience {patience}",
        f"request {request}",
        f"undo {offset} {len(undo)}",
        *terms.lines(),
        f"payload {len(payload)} {hashlib.sha256(payload).hexdigest()}",
    ]
    return request_text(host, mta, head) + payload


def undo_script(host: Host, mta: Mta) -> bytes:
    """The script that stays on *host* as `undo`: it puts the host back without relayconf.

    Raises HostError for parameters that no line can hold.
    """
    *request, _ = request_text(host, mta, ()).decode().splitlines()
    arguments = " ".join(shlex.quote(line) for line in request)
    script = assemble(mta.SHELL, *UNDO).removesuffix('relayconf "$@"\n')
    head = "# Undoes relayconf's newest change; --list shows all that are here, --to TRANSACTION goes back to one."
    return f'#!/bin/sh\n{head}\n{script}relayconf {arguments} -- "$@"\n'.encode()


def deploy(
    session: Session,
    host: Host,
    mta: Mta,
    changes: Sequence[Change],
    transaction: str,
    *,
    terms: Terms = PLAIN,
) -> Deployed:
    """Make *changes* on *host* in their order, all or none, as the transaction that is named.

    *transaction* consists of ASCII letters, digits and `-`, and sorts by time. A transaction that was cut short on the
    host is finished or rolled back first; without changes that is all.

    Raises StalePlan (nothing written), DeployError (the host is as it was before), RollbackFailed (it is not),
    HostError for parameters that cannot be sent, and what the session raises; after ConnectionLost the host finishes or
    rolls back alone.
    """
    script = assemble(mta.SHELL, *DEPLOY)
    stdin = _stdin(host, mta, changes, transaction, terms=terms)
    report = read_report(session.run(script, stdin=stdin, timeout=_TIMEOUT).stdout)
    return _conclude(report, host, transaction)
