"""Good names for relays and their secrets."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection

_FUNCTION = re.compile(r"(?:e?mail|smtps?|mx|out|outbound|relay|mta|msa|submission|smarthost|send|gw|gateway)[0-9]*")
_SECOND_LEVEL = frozenset({"co", "com", "net", "org", "or", "ne", "ac", "ad", "go", "gov", "edu"})
_RESERVED = frozenset({"direct", "local", "mx"})


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_function(label: str) -> bool:
    return all(_FUNCTION.fullmatch(part) for part in label.split("-"))


def base_name(host: str) -> str:
    """The word of *host*, canonical, that tells whose it is: `asahi-net` of `mail.asahi-net.or.jp`."""
    if _is_address(host):
        return "relay-" + re.sub(r"[^0-9a-f]+", "-", host).strip("-")
    labels = host.split(".")
    if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL:
        labels = labels[:-2]
    elif len(labels) > 1:
        labels = labels[:-1]
    telling = [label for label in labels if not _is_function(label)] or labels
    name = re.sub(r"[^a-z0-9-]", "-", telling[-1]).strip("-")[:60] or "relay"
    return f"{name}-relay" if name in _RESERVED else name


def unique(name: str, port: int, taken: Collection[str]) -> str:
    """*name*, or the same with the port or a number behind it, that is not *taken*."""
    if name not in taken:
        return name
    with_port = f"{name}-{port}"
    number, found = 2, with_port
    while found in taken:
        found, number = f"{with_port}-{number}", number + 1
    return found


def variable(relay: str) -> str:
    """The environment variable for the password of *relay*."""
    word = re.sub(r"[^A-Z0-9]", "_", relay.upper())
    return f"{word}_PASSWORD" if word[0].isalpha() else f"RELAY_{word}_PASSWORD"
