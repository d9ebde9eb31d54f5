"""relayconf's services in master.cf: appended and taken out as whole entries, all else as it is (master(5))."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from relayconf.mta.postfix.names import BY_SENDER, SERVICES, Lane, service

# An entry with the lines that continue it; comments and empty lines end it unless more of it follows them.
_ENTRY = re.compile(
    rb"^(?P<name>[^\s#]\S*)(?P<rest>[^\n]*(?:\n|\Z)"
    rb"(?:(?:[ \t\v\f\r]*(?:#[^\n]*)?\n)*[ \t\v\f\r]+[^\s#][^\n]*(?:\n|\Z))*)",
    re.MULTILINE,
)
_COMMENT = re.compile(rb"^[ \t\v\f\r]*#[^\n]*$", re.MULTILINE)
_COLUMNS = 7

_DEFAULT = (b"unix", b"-", b"-", b"-", b"-", b"-", b"smtp")


def entries(text: bytes) -> Mapping[str, tuple[bytes, ...]]:
    """The `unix` services by name: type, six columns with the program as the last, and the program's arguments."""
    found: dict[str, tuple[bytes, ...]] = {}
    for match in _ENTRY.finditer(text):
        words = _COMMENT.sub(b"", match["rest"]).split(None, _COLUMNS)
        if len(words) >= _COLUMNS and words[0] == b"unix":
            found[match["name"].decode("utf-8", "surrogateescape")] = tuple(words)
    return found


def options(name: str) -> tuple[str, ...]:
    """The `-o` options that make a copy of `smtp` the service *name*."""
    lane: Lane
    found = []
    for lane in ("a", "b"):
        if name in {service(lane, implicit_tls=tls, by_sender=own) for tls in (False, True) for own in (False, True)}:
            found += [
                f"smtp_sasl_password_maps=$relayconf_{lane}_sasl_password_maps",
                f"smtp_tls_policy_maps=$relayconf_{lane}_tls_policy_maps",
            ]
    if name in BY_SENDER:
        found += ["smtp_sender_dependent_authentication=yes"]
    if name.endswith("-tls"):
        found += ["smtp_tls_wrappermode=yes", "smtp_tls_security_level=encrypt"]
    return tuple(found)


def _entry(name: str, smtp: tuple[bytes, ...]) -> bytes:
    """The service *name*: what the host's own `smtp` service is, with the options that make it ours."""
    columns, arguments = smtp[:_COLUMNS], b" ".join(b" ".join(smtp[_COLUMNS:]).split())
    widths = (5, *[7] * (_COLUMNS - 2), 0)
    fields = (b"%-*b" % pair for pair in zip(widths, columns, strict=True))
    lines = [b" ".join((b"%-9b" % name.encode(), *fields))]
    lines += [b"    " + arguments] if arguments else []
    lines += [f"    -o {option}".encode() for option in options(name)]
    return b"\n".join(lines) + b"\n"


def with_services(text: bytes, wanted: Iterable[str]) -> bytes:
    """master.cf with exactly the services *wanted* of `SERVICES`: missing ones at the end, others taken out.

    A service that is there already is never touched.
    """
    names = set(wanted)
    kept: set[str] = set()

    def keep(match: re.Match[bytes]) -> bytes:
        name = match["name"].decode("utf-8", "surrogateescape")
        if name not in SERVICES:
            return match[0]
        if name in names:
            kept.add(name)
            return match[0]
        return b""

    result = _ENTRY.sub(keep, text)
    smtp = entries(text).get("smtp", _DEFAULT)
    missing = [name for name in SERVICES if name in names - kept]
    if missing and result and not result.endswith(b"\n"):
        result += b"\n"
    return result + b"".join(_entry(name, smtp) for name in missing)
