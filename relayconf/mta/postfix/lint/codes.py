"""Faults of a Postfix configuration: their codes, how much each matters, and where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from relayconf.facts import Finding, Severity

_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTE

CODES: Mapping[str, Severity] = {
    # main.cf
    "main-line": _E,
    "expansion": _E,
    "duplicate": _W,
    "misspelt": _W,
    "boolean": _E,
    "time": _E,
    "value": _E,
    "obsolete": _N,
    # master.cf
    "service-line": _E,
    "service-port": _E,
    "service-option": _E,
    "service-twice": _W,
    # lookup tables
    "table-form": _E,
    "table-type": _E,
    "table-missing": _E,
    "table-unbuilt": _E,
    "table-stale": _W,
    "table-line": _W,
    "table-duplicate": _W,
    "table-unavailable": _E,
    # routing
    "transport-unknown": _E,
    "nexthop": _E,
    "nexthop-mx": _N,
    "nexthop-family": _E,
    "transport-key": _W,
    "transport-wildcard": _W,
    "sender-key": _E,
    "relay-self": _E,
    "relayhost-beaten": _W,
    "content-filter": _N,
    "null-sender": _N,
    "two-classes": _W,
    "parked": _W,
    # passwords
    "sasl-off": _W,
    "sasl-no-table": _E,
    "sasl-key": _E,
    "sasl-missing": _W,
    "sasl-shadow": _W,
    "sasl-sender-key": _E,
    "sasl-value": _E,
    "sasl-mechanism": _E,
    "sasl-plugin": _E,
    "sasl-noplaintext": _W,
    "sasl-clear": _W,
    "sasl-open": _W,
    # TLS
    "tls-file": _E,
    "tls-no-ca": _E,
    "tls-ca-chroot": _E,
    "tls-policy-key": _E,
    "tls-policy-level": _E,
    "tls-implicit": _E,
    "tls-wrapped": _E,
    "tls-dane": _W,
    "tls-dane-only": _E,
    # chroot and access
    "chroot-resolver": _E,
    "chroot-resolver-old": _W,
    "mynetworks": _E,
    "open-relay": _E,
    "smtpd-restrictions": _E,
}
"""Every code, without its `postfix-`. By an error mail stops, bounces or goes wrong; by a warning it may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A line of a file, from 1, as the admin names it; a file as a whole has none."""

    file: str
    line: int | None = None

    def __str__(self) -> str:
        return self.file if self.line is None else f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong, with its place, what it does to mail, and the ways out. No password is in it."""

    code: str
    severity: Severity
    place: Place
    text: str
    ways_out: tuple[str, ...]

    @property
    def finding(self) -> Finding:
        """The same with its place in front of the text."""
        text = f"{self.place}: {self.text}"
        return Finding(code=self.code, severity=self.severity, text=text, ways_out=self.ways_out)


def fault(code: str, place: Place, text: str, *ways_out: str) -> Fault:
    """The fault *code* of `CODES`."""
    return Fault(code=f"postfix-{code}", severity=CODES[code], place=place, text=text, ways_out=ways_out)
