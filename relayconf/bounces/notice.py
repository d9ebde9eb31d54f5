"""Bounces in words: qmail's QSBMF (https://cr.yp.to/proto/qsbmf.txt), and the text part of Postfix's."""

from __future__ import annotations

import re
from collections.abc import Iterator

from relayconf.bounces.rejection import Rejection, Told, domain_of, rejection

_MOST = 200
"""Paragraphs that are read."""

_INTRO = re.compile(r"^(?:Hi\. )?This is the [^\n]{1,200}? at (?:host )?([\w.-]{1,255})", re.MULTILINE)
_END = re.compile(r"^--[- ][^\n]{0,200}(?:Below|below|original|copy)|^--- |^Content-Type:", re.MULTILINE)
_RECIPIENT = re.compile(r"<([^<>\n]{0,320})>(?: \([^()\n]{0,400}\))?:\s*")
_DELIVERED = re.compile(r"delivery via \S{1,300}:\s+(?:2\d\d |delivers to)")
_QUOTED = re.compile(r"^(?:> ?)+", re.MULTILINE)


def _paragraphs(text: str) -> Iterator[tuple[str, str]]:
    for paragraph in re.split(r"\n[ \t]*\n", text)[:_MOST]:
        recipient = _RECIPIENT.match(paragraph.lstrip("\n"))
        if recipient:
            yield recipient[1], paragraph.lstrip("\n")[recipient.end() :]


def notice(text: str) -> tuple[Rejection, ...]:
    """The rejections of the bounce in words that *text* has; none where it has no such bounce."""
    plain = _QUOTED.sub("", text.replace("\r\n", "\n"))
    intro = _INTRO.search(plain)
    if intro is None:
        return ()
    body = plain[intro.end() :]
    end = _END.search(body)
    # qmail tells only of failures; Postfix tells of delays in a message of its own.
    final = None if "delayed" in body[:600] else True
    return tuple(
        rejection(reason, Told(domain=domain_of(address), reporter=intro[1].rstrip("."), final=final))
        for address, reason in _paragraphs(body[: end.start()] if end else body)
        if reason.strip() and not _DELIVERED.search(reason)
    )
