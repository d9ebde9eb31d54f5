"""One rejection, and how its text is taken apart."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass

from relayconf.rejections import Category, Speaker, classify

MOST_TEXT = 2000
"""Characters of a rejection's text that are read; what matters stands at its beginning."""

_SUBMISSION_PORTS = frozenset({465, 587, 2465, 2525, 2587})

_SAID = re.compile(
    r"(?:host|server) ([^\s\[\]]{1,255})\[([0-9A-Fa-f.:]{2,45})\](?::(\d{1,5}))? (?:said|refused to talk to me):"
)
_NEAR = re.compile(r"([^\s\[\]]{1,255})\[([0-9A-Fa-f.:]{2,45})\](?::(\d{1,5}))?")
_QMAIL = re.compile(
    r"(?:Connected to )?([0-9A-Fa-f.:]{2,45}) (?:does not like|failed on|failed after|but (?:sender|my name|greeting))"
)
_QMAIL_SAID = re.compile(r"Remote host said:", re.IGNORECASE)
_REPLY = re.compile(r"(?<![\w.#\[-])([45][0-5]\d)(?:[ -]|$)#?(?:([45]\.\d{1,3}\.\d{1,3})(?![\w.]))?")
_LOCAL_STATUS = re.compile(r"\(#([45]\.\d{1,3}\.\d{1,3})\)")
_LOCAL_PART = re.compile(r"[^\s<>()\[\],;:\"@]+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """What became of one recipient: who refused it, in which words, and what that means.

    `domain` is the recipient's; local parts are left out everywhere. `host`, `address` and `port` are those of the
    server that spoke or was called, `reporter` the MTA that tells of it. `final` is None where nothing says whether it
    is tried again.
    """

    domain: str | None
    speaker: Speaker
    host: str | None
    address: str | None
    port: int | None
    reply: int | None
    enhanced: str | None
    text: str
    category: Category | None
    final: bool | None
    reporter: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is known beside the text: each from the part of a report that says it."""

    domain: str | None = None
    reporter: str | None = None
    host: str | None = None
    port: int | None = None
    enhanced: str | None = None
    final: bool | None = None
    remote: bool = False


NOTHING = Told()


def domain_of(address: str) -> str | None:
    """The domain of *address* as a lower-case A-label where it can be one; None where it has none."""
    domain = address.strip().strip("<>").rpartition("@")[2].strip("> .").lower()
    if "@" not in address or not re.fullmatch(r"[^\s<>@\[\]/]{1,255}", domain):
        return None
    with suppress(UnicodeError):
        domain = domain.encode("idna").decode("ascii")
    return domain


def masked(text: str) -> str:
    """*text* with each local part of an address replaced by `…`: it is other people's mail."""
    plain = re.sub("%40", "@", text, flags=re.IGNORECASE)
    parts = plain.split("@")
    for number, part in enumerate(parts[:-1]):
        local = _LOCAL_PART.search(part)
        if part.endswith('"'):
            quote = max(part.rfind('"', 0, -1), 0)
            parts[number] = f"{part[:quote]}…"
        elif local:
            parts[number] = f"{part[: len(part) - len(local[0])]}…"
    return "@".join(parts)


def _port(word: str | None) -> int | None:
    return int(word) if word else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """Who spoke, by the text alone, and where in it the reply begins."""

    remote: bool
    host: str | None = None
    address: str | None = None
    port: int | None = None
    start: int = 0


def _words(text: str) -> _Words:
    if said := _SAID.search(text):
        return _Words(remote=True, host=said[1], address=said[2], port=_port(said[3]), start=said.end())
    qmail, remote = _QMAIL.search(text), _QMAIL_SAID.search(text)
    if qmail or remote:
        start = remote.end() if remote else 0
        return _Words(remote=True, address=qmail[1] if qmail else None, start=start)
    near = _NEAR.search(text)
    if near and not _REPLY.match(text):
        return _Words(remote=False, host=near[1], address=near[2], port=_port(near[3]))
    return _Words(remote=False)


def _speaker(*, remote: bool, port: int | None, by: Speaker | None) -> Speaker:
    if not remote:
        return by or Speaker.OWN
    if port in _SUBMISSION_PORTS or by is Speaker.RELAY:
        return Speaker.RELAY
    return Speaker.RECEIVER


def _final(told: Told, reply: int | None, enhanced: str | None) -> bool | None:
    if told.final is not None:
        return told.final
    first = str(reply or enhanced or "")[:1]
    return first == "5" if first else None


def _reply(text: str, words: _Words) -> tuple[int | None, str | None]:
    """The SMTP reply code and the enhanced status code that *text* itself has."""
    if found := _REPLY.search(text, words.start):
        return int(found[1]), found[2]
    local = _LOCAL_STATUS.search(text)
    return None, local[1] if local else None


def rejection(text: str, told: Told = NOTHING) -> Rejection:
    """The rejection that *text* is, with what is *told* beside it."""
    text = text[:MOST_TEXT].strip()
    words = _words(text)
    reply, own_status = _reply(text, words)
    enhanced = own_status or told.enhanced
    verdict = classify(text, reply=reply, enhanced=enhanced)
    port = words.port or told.port
    remote = words.remote or told.remote or reply is not None
    return Rejection(
        domain=told.domain,
        speaker=_speaker(remote=remote, port=port, by=None if verdict is None else verdict.by),
        host=words.host or told.host,
        address=words.address,
        port=port,
        reply=reply,
        enhanced=enhanced,
        text=masked(" ".join(text.split())),
        category=None if verdict is None else verdict.category,
        final=_final(told, reply, enhanced),
        reporter=told.reporter,
    )
