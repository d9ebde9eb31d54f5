"""The measured vectors of tests/data/qmail-vectors.json, typed."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).parents[2] / "data" / "qmail-vectors.json"


@dataclass(frozen=True, kw_only=True)
class RouteVector:
    """One run of qmail-remote: the file, the recipient's host, and where the message went."""

    id: str
    smtproutes: bytes | None
    host: bytes
    via: str
    nexthop: bytes
    port: int
    observed_name: str | None
    observed_address: tuple[str, int] | None
    lint: str


@dataclass(frozen=True, kw_only=True)
class LocalityVector:
    """One recipient given to a live qmail-send."""

    id: str
    me: bytes
    locals_: bytes | None
    virtualdomains: bytes | None
    recipient: bytes
    channel: str
    address: bytes


def _bytes(text: str | None, encoded: str | None) -> bytes | None:
    """The exact bytes are in base64; the text beside them is for human eyes and absent when it is no UTF-8."""
    if encoded is not None:
        return base64.b64decode(encoded)
    return None if text is None else text.encode()


def _present(content: bytes | None) -> bytes:
    assert content is not None
    return content


def routes() -> tuple[RouteVector, ...]:
    """Every vector of the classic family."""
    found = []
    for item in json.loads(FILE.read_text(encoding="utf-8"))["vectors"]:
        connected = item["observed"]["connected_to"]
        found.append(
            RouteVector(
                id=item["id"],
                smtproutes=_bytes(item["smtproutes"], item["smtproutes_b64"]),
                host=_present(_bytes(item["host"], item["host_b64"])),
                via=item["expect"]["via"],
                nexthop=item["expect"]["nexthop"].encode(),
                port=item["expect"]["port"],
                observed_name=item["observed"]["dns_name"],
                observed_address=None if connected is None else (connected[0], connected[1]),
                lint=item["suggested_lint"],
            )
        )
    return tuple(found)


@dataclass(frozen=True, kw_only=True)
class FlavourVector:
    """One file read by the parser of another flavour, or given to its binary."""

    id: str
    flavour: str
    files: Mapping[str, bytes | None]
    environment: frozenset[str]
    host: bytes
    sender: bytes
    observed: Mapping[str, str | int]


_NAMES = {"aqmail": "aqmail", "netqmail": "netqmail-auth", "qmail-ldap": "qmail-ldap", "eQmail": "eqmail"}


def flavours() -> tuple[FlavourVector, ...]:
    """Every vector of the other flavours."""
    return tuple(
        FlavourVector(
            id=item["id"],
            flavour=_NAMES.get(item["flavour"].split()[0], "indimail"),
            files={
                "me": b"qmail.test\n",
                "smtproutes": item["smtproutes"].encode(),
                **{name: content.encode() for name, content in item.get("other_files", {}).items()},
            },
            environment=frozenset(item.get("env", {})),
            host=item["host"].encode(),
            sender=item.get("sender", "a@qmail.test").encode(),
            observed=item["observed"],
        )
        for item in json.loads(FILE.read_text(encoding="utf-8"))["flavour_vectors"]
    )


def flavour_contents() -> tuple[bytes, ...]:
    """Every smtproutes of every other flavour."""
    return tuple(
        item["smtproutes"].encode() for item in json.loads(FILE.read_text(encoding="utf-8"))["flavour_vectors"]
    )


def localities() -> tuple[LocalityVector, ...]:
    """Every recipient that a live qmail-send decided."""
    return tuple(
        LocalityVector(
            id=f"{item['id']}-{item['recipient']}",
            me=item["me"].encode(),
            locals_=_bytes(item["locals"], None),
            virtualdomains=_bytes(item["virtualdomains"], None),
            recipient=item["recipient"].encode(),
            channel=item["expect"]["channel"],
            address=item["expect"]["address"].encode(),
        )
        for item in json.loads(FILE.read_text(encoding="utf-8"))["local_or_remote"]
    )
