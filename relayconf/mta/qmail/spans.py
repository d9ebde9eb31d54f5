"""Where passwords stand in control/smtproutes, for every flavour's syntax at once.

`relay:port|user|password` and `relay;port|user|password` (AUTH patches, s/qmail), `relay:port user password`
(qmail-ldap, eQmail, indimail). Which flavour reads the file does not matter for hiding: what could be a password is
treated as one, in comments and dead lines too, and so is all that stands behind a separator in none of these forms.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

# Lines without one of these hold no credentials in any flavour.
_SUSPECT = re.compile(rb"^.*[| \t].*$", re.MULTILINE)
_COMMENT = re.compile(rb"#[# \t]*")
_SEPARATOR = re.compile(rb"[| \t]")
# Relay, port, user, and the separator in front of the password.
_KNOWN_FORMS = re.compile(rb"[^|:; \t]*(?:[:;][0-9]*)?(?:\|[^|]*\||[ \t]+[^|:; \t]+[ \t]+)")


def _value_start(line: bytes) -> int:
    """Where the value begins in *line*: behind the key's colon, or at the start when the key is no key."""
    comment = _COMMENT.match(line)
    start = comment.end() if comment else 0
    colon = line.find(b":", start)
    if colon < 0:
        # A comment of words alone is prose; any other line may be a relay whose colon is missing.
        return len(line) if comment and b"|" not in line else start
    key = line[start:colon]
    if b"|" in key or (not comment and _SEPARATOR.search(key)):
        return start
    return colon + 1


def _secret_start(line: bytes) -> int:
    value = _value_start(line)
    known = _KNOWN_FORMS.match(line, value)
    if known:
        return known.end()
    separator = _SEPARATOR.search(line, value)
    return separator.end() if separator else len(line)


def secret_spans(content: bytes) -> Sequence[tuple[int, int]]:
    """The (start, end) offsets of what has to be hidden in *content*, in order; ends exclude trailing blanks."""
    spans = []
    for match in _SUSPECT.finditer(content):
        line = match.group()
        start, end = _secret_start(line), len(line.rstrip(b" \t"))
        if start < end:
            spans.append((match.start() + start, match.start() + end))
    return tuple(spans)
