"""Delivery status notifications (RFC 3464), as far as they can be read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from email import message_from_bytes
from email.message import Message

from relayconf.bounces.notice import notice
from relayconf.bounces.rejection import MOST_TEXT, Rejection, Told, domain_of, rejection

_MOST = 200
"""Recipients that are read."""

_MOST_NESTED = 60
"""Parts of a message beyond which the MIME parser is not asked: each level costs a look at every line below it."""

_LONG = re.compile(rb"([^\n]{2000})[^\n]*")
_EMPTY = re.compile(rb"\n(?:\r?\n){2,}")
_FOLDED = re.compile(rb"((?:\n[ \t][^\n]*){50})(?:\n[ \t][^\n]*)+")

# The parser takes the groups of a delivery status for messages, and loses them where they are encoded.
_STATUS_TYPE = re.compile(rb"message/(?:global-)?delivery-status", re.IGNORECASE)

_NESTING = re.compile(rb"boundary\s*=|message/", re.IGNORECASE)
_FIELD = re.compile(r"([A-Za-z][\w-]{1,60})[ \t]*:[ \t]*(.*)")
_RECIPIENT_FIELDS = frozenset({"final-recipient", "original-recipient", "diagnostic-code", "action", "status"})
_FINAL: Mapping[str, bool] = {"failed": True, "undeliverable": True, "delayed": False}
_ACTIONS_DONE = frozenset({"delivered", "relayed", "expanded", "deliverable"})


def _decoded(part: Message) -> str:
    """The text of a leaf, whatever its headers claim."""
    payload = part.get_payload(decode=True)
    raw = payload if isinstance(payload, bytes) else b""
    try:
        return raw.decode(str(part.get_content_charset("utf-8")), "surrogateescape")
    except (LookupError, ValueError):
        return raw.decode("utf-8", "surrogateescape")


def _texts(message: Message, *, inside: bool) -> Iterator[str]:
    """The texts of *message* that can tell a status, those of mail that is attached only where *inside* says so."""
    kind = message.get_content_type()
    if kind.startswith("message/") and not inside:
        return
    if message.is_multipart():
        for part in [part for part in message.get_payload() if isinstance(part, Message)]:
            yield from _texts(part, inside=inside)
    elif kind.startswith(("text/", "message/")) and kind != "text/rfc822-headers":
        yield _decoded(message)


def _groups(text: str) -> Iterator[dict[str, str]]:
    """Groups of fields, unfolded; the first of a name counts."""
    group: dict[str, str] = {}
    last = ""
    for line in text.replace("\r\n", "\n").split("\n"):
        if line[:1] in {" ", "\t"} and last:
            if len(group[last]) < MOST_TEXT:
                group[last] += f" {line.strip()[:MOST_TEXT]}"
        elif found := _FIELD.match(line):
            last = found[1].lower()
            group.setdefault(last, found[2][:MOST_TEXT])
        else:
            last = ""
            if not line.strip() and group:
                yield group
                group = {}
    if group:
        yield group


def _value(field: str) -> str:
    """A field's value without its type (`rfc822;`, `dns;`, `smtp;`)."""
    return field.partition(";")[2].strip() if ";" in field[:40] else field.strip()


def _of(group: Mapping[str, str], reporter: str | None) -> Rejection:
    diagnostic = group.get("diagnostic-code", "")
    address = _value(group.get("final-recipient") or group.get("original-recipient", ""))
    status = re.search(r"[45]\.\d{1,3}\.\d{1,3}", group.get("status", "")[:80])
    told = Told(
        domain=domain_of(address),
        reporter=reporter,
        host=_value(group.get("remote-mta", ""))[:255] or None,
        enhanced=status[0] if status else None,
        final=_FINAL.get(group.get("action", "").strip().lower()),
        remote=diagnostic.lower().startswith("smtp"),
    )
    return rejection(_value(diagnostic), told)


def fields(text: str) -> tuple[Rejection, ...]:
    """The rejections that the fields of a delivery status in *text* tell."""
    reporter: str | None = None
    found: list[Rejection] = []
    for group in _groups(text):
        if "reporting-mta" in group:
            reporter = _value(group["reporting-mta"])[:255] or None
        if group.get("action", "").strip().lower() in _ACTIONS_DONE:
            continue
        if len(_RECIPIENT_FIELDS & set(group)) > 1 and len(found) < _MOST:
            found.append(_of(group, reporter))
    return tuple(found)


def _best(texts: tuple[str, ...]) -> tuple[Rejection, ...]:
    """The rejections of a message's texts: its fields say most, its words the rest."""
    by_fields = tuple(item for text in texts for item in fields(text))
    if by_fields and all(item.text for item in by_fields):
        return by_fields
    return tuple(item for text in texts for item in notice(text)) or by_fields


def _tamed(data: bytes) -> bytes:
    """*data* without what the MIME parser is slow at and no report has: endless lines, fields, runs of empty lines."""
    return _EMPTY.sub(b"\n\n", _FOLDED.sub(rb"\1", _LONG.sub(rb"\1", data)))


def _parsed(data: bytes) -> tuple[Rejection, ...]:
    message = message_from_bytes(_STATUS_TYPE.sub(b"text/delivery-status", data))
    return _best(tuple(_texts(message, inside=False))) or _best(tuple(_texts(message, inside=True)))


def bounce(data: bytes) -> tuple[Rejection, ...]:
    """The rejections of a bounce: a raw message, or what is left of one. None where it is no bounce."""
    found: tuple[Rejection, ...] = ()
    if len(_NESTING.findall(data)) <= _MOST_NESTED:
        found = _parsed(_tamed(data))
    return found or _best((data.decode("utf-8", "surrogateescape"),))
