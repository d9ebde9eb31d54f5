"""What becomes of one message, from a whole control directory: qmail-send's decision, then qmail-remote's.

Sources: `rewrite` in qmail-send.c, `main` in qmail-remote.c of each flavour.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from relayconf.model import TlsLevel
from relayconf.mta.qmail.control import fold, suffixes
from relayconf.mta.qmail.encryption import Encryption, encrypted, read_encryption
from relayconf.mta.qmail.flavours import SMTP_PORT, Around, Flavour
from relayconf.mta.qmail.flavours.base import Read
from relayconf.mta.qmail.locality import Controls, Locality, locality, read_controls
from relayconf.mta.qmail.route import QmailRoute, direct, through
from relayconf.mta.qmail.smtproutes import lookup_key, parse, stored_behind
from relayconf.mta.qmail.words import key_words

QMTP_PORT = 209
_BOUNCES = b"!@"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What becomes of one message.

    `address` is the recipient as it goes on from qmail-send. `nexthop` and `port` are those of `route`; nothing for
    mail that stays here. `user` is that of AUTH; the password is not here. `why` names what decided.
    """

    via: Literal["local", "virtual", "relay", "mx", "literal"]
    address: bytes
    why: str
    nexthop: bytes = b""
    port: int = 0
    user: bytes = b""
    tls: TlsLevel | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One file of routes: its name, its bytes, and what is in it."""

    name: str
    content: bytes
    lines: Mapping[bytes, bytes]
    port: int = SMTP_PORT


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """A control directory as its flavour reads it, ready for any number of messages."""

    flavour: Flavour
    controls: Controls
    smtproutes: Table
    senders: Table
    qmtproutes: Table
    encryption: Encryption
    environment: frozenset[str] = frozenset()
    has_me: bool = True
    has_locals: bool = True


def _table(name: str, content: bytes | None, port: int = SMTP_PORT) -> Table:
    return Table(name=name, content=content or b"", lines=parse(content), port=port)


def read_directory(
    flavour: Flavour, files: Mapping[str, bytes | None], environment: frozenset[str] = frozenset()
) -> Directory:
    """The directory with these *files* by name (`smtproutes`, `tlshosts/relay.pem`); a name that lacks is absent.

    *environment* are the names in qmail-rspawn's environment.
    """
    return Directory(
        flavour=flavour,
        controls=read_controls(
            me=files.get("me"),
            locals_=files.get("locals"),
            virtualdomains=files.get("virtualdomains"),
            percenthack=files.get("percenthack"),
            envnoathost=files.get("envnoathost"),
        ),
        smtproutes=_table("smtproutes", files.get("smtproutes")),
        senders=_table("authsenders", files.get("authsenders") if flavour.read_sender else None),
        qmtproutes=_table("qmtproutes", files.get("qmtproutes") if flavour.qmtproutes else None, QMTP_PORT),
        encryption=read_encryption(flavour, files),
        environment=environment,
        has_me=files.get("me") is not None,
        has_locals=files.get("locals") is not None,
    )


def sender_keys(sender: bytes) -> Iterator[bytes]:
    """The keys of authsenders that *sender* is looked for by: itself, what follows from each `.` or `@` on, nothing."""
    yield sender
    for place in range(1, len(sender)):
        if sender[place : place + 1] in {b".", b"@"}:
            yield sender[place:]
    if sender:
        yield b""


def _taken(directory: Directory, table: Table, read: Read, key: bytes, words: str) -> tuple[QmailRoute, str]:
    """The relay that the value of *key* names, and why it is the one."""
    hop = read(table.lines[key], Around(port=table.port, environment=directory.environment))
    why = f"{table.name}: {words}"
    if hop.password is None:
        hop = replace(hop, password=stored_behind(table.content, key))
        why += "; its password is missing, so that of the line behind it is sent" if hop.password else "; no password"
    return through(hop), why


def _by_sender(directory: Directory, sender: bytes) -> tuple[QmailRoute, str] | None:
    """By authsenders: then nothing else is asked. An empty value is as good as none."""
    read, table = directory.flavour.read_sender, directory.senders
    key = next((key for key in sender_keys(fold(sender)) if key in table.lines), None)
    if read is None or key is None or not table.lines[key]:
        return None
    return _taken(directory, table, read, key, key_words(key) if key else "any sender")


def _line(directory: Directory, host: bytes, sender: bytes) -> tuple[Table, bytes] | None:
    """The table and the key that decide for *host*; where there are both files, qmtproutes first for each name."""
    tables = (directory.qmtproutes, directory.smtproutes)
    if directory.flavour.bounce_route and not sender:
        for table in tables:
            if _BOUNCES in table.lines:
                if table.lines[_BOUNCES]:
                    return table, _BOUNCES
                break
    if not directory.qmtproutes.lines:
        key = lookup_key(directory.smtproutes.lines, host)
        return None if key is None else (directory.smtproutes, key)
    keys = ((table, key) for key in suffixes(fold(host)) for table in tables)
    return next(((table, key) for table, key in keys if key in table.lines), None)


def _by_host(directory: Directory, host: bytes, sender: bytes) -> tuple[QmailRoute, str]:
    found = _line(directory, host, sender)
    if found is None:
        return direct(host), "no line of smtproutes is for it"
    table, key = found
    words = "bounces" if key == _BOUNCES else key_words(key)
    if not table.lines[key]:
        return direct(host), f"{table.name}: {words}, by MX"
    return _taken(directory, table, directory.flavour.read, key, words)


def by_host(directory: Directory, host: bytes, sender: bytes) -> QmailRoute:
    """The next hop for mail to *host* that no line of authsenders takes, before TLS is looked at."""
    return _by_host(directory, host, sender)[0]


def _remarks(directory: Directory, found: QmailRoute) -> Iterator[str]:
    if not directory.has_me:
        yield "control/me is missing: all of it waits in the queue"
    if found.via == "relay" and not found.host:
        yield "the relay has no name: it bounces"
    elif found.port == 0:
        yield "port 0: it waits in the queue"


def _local_why(directory: Directory, place: Locality) -> str:
    if place.channel == "virtual":
        return f"virtualdomains: {key_words(place.key)}"
    return f"{'locals' if directory.has_locals else 'me, since there are no locals'}: {key_words(place.key)}"


def decide(directory: Directory, sender: bytes, recipient: bytes) -> Decision:
    """What becomes of mail from *sender*, empty for a bounce, to *recipient*."""
    place = locality(directory.controls, recipient)
    if place.channel != "remote":
        return Decision(via=place.channel, address=place.address, why=_local_why(directory, place))
    host = place.address.rpartition(b"@")[2]
    found, why = _by_sender(directory, sender) or _by_host(directory, host, sender)
    found, tls = encrypted(directory.encryption, found)
    return Decision(
        via=found.via,
        address=place.address,
        nexthop=found.host,
        port=found.port,
        user=found.user,
        tls=tls,
        why="; ".join((why, *_remarks(directory, found))),
    )
