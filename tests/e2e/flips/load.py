"""Mail injected without pause into a host's own smtpd, each recipient with an address that is used once."""

from __future__ import annotations

import itertools
import smtplib
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from tests.lab import Machine

_HEADER = "From: load <load@lab.test>\r\nTo: undisclosed-recipients:;\r\nSubject: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Injected:
    """One message: its recipients with the class of each, when it was begun, and whether smtpd is known to have it."""

    recipients: Mapping[str, str]
    begun: float
    is_certain: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """The recipients of one message: the class of each, and `{}` in its address for the message's number.

    The sender is a plus address of `user@domain`, or without one of the load's own.
    """

    recipients: Mapping[str, str]
    sender: str = ""

    def fill(self, number: int) -> dict[str, str]:
        """Address → class, for this message."""
        return {address.format(number): kind for kind, address in self.recipients.items()}


class Load:
    """Several SMTP connections that take the patterns in turn, *rate* messages a second in all.

    A context manager: on leaving, all of them have ended and `injected` is complete. The sender is a plus address of
    *bounces_to*. A connection that the host drops is made anew; a message whose fate that leaves open is not certain.
    """

    def __init__(
        self, host: Machine, patterns: Sequence[Pattern], *, rate: float, bounces_to: str, connections: int = 4
    ) -> None:
        self.injected: list[Injected] = []
        self._host = host
        self._patterns = patterns
        self._interval = connections / rate
        self._sender = bounces_to
        self._numbers = itertools.count(1)
        self._stop = threading.Event()
        self._failures: list[BaseException] = []
        self._threads = [threading.Thread(target=self._work, args=(n / rate,)) for n in range(connections)]

    def _work(self, lag: float) -> None:
        try:
            self._stop.wait(lag)
            while not self._stop.is_set():
                self._serve_one_connection()
        except BaseException as failure:  # noqa: BLE001  it is raised in the thread that leaves the `with` block
            self._failures.append(failure)

    def _serve_one_connection(self) -> None:
        try:
            client = self._host.smtp()
        except OSError:  # smtplib's errors are such, too
            self._stop.wait(0.05)
            return
        with client:
            due = time.monotonic()
            while not self._stop.wait(max(0.0, due - time.monotonic())):
                due += self._interval
                if not self._inject(client):
                    return

    def _inject(self, client: smtplib.SMTP) -> bool:
        number = next(self._numbers)
        pattern = self._patterns[number % len(self._patterns)]
        recipients = pattern.fill(number)
        user, _, domain = (pattern.sender or self._sender).partition("@")
        sender = f"{user}+{number}@{domain}"
        begun = time.time()
        try:
            refused = client.sendmail(sender, list(recipients), f"{_HEADER}{number}\r\n\r\nA message of the load.\r\n")
        except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused):
            # said by the host: it does not have the message
            return False
        except (OSError, smtplib.SMTPException):
            self._add(recipients, begun, is_certain=False)
            return False
        self._add({name: kind for name, kind in recipients.items() if name not in refused}, begun, is_certain=True)
        return True

    def _add(self, recipients: Mapping[str, str], begun: float, *, is_certain: bool) -> None:
        self.injected.append(Injected(recipients=recipients, begun=begun, is_certain=is_certain))

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        if self._failures:
            raise self._failures[0]
