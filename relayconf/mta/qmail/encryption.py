"""The TLS that a delivery gets, by the flavour and the files that enforce it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from relayconf.model import TlsLevel
from relayconf.mta.qmail.flavours import SMTP_PORT, Flavour
from relayconf.mta.qmail.route import QmailRoute
from relayconf.mta.qmail.smtproutes import parse
from relayconf.mta.qmail.tlsdestinations import SMTPS_PORT, Destination, destination

FOLDER = "tlshosts/"
"""One file a relay, named as the relay is written in smtproutes, with `.pem` behind it."""

_BY_FLAG = {3: TlsLevel.ENCRYPT, 4: TlsLevel.ENCRYPT, 5: TlsLevel.VERIFY, 6: TlsLevel.SECURE, 7: TlsLevel.FINGERPRINT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Encryption:
    """The files of a control directory that enforce TLS: names in the folders, the table of destinations."""

    flavour: Flavour
    enforced: frozenset[str] = frozenset()
    excluded: frozenset[str] = frozenset()
    only_enforced: bool = False
    destinations: Mapping[bytes, bytes] = field(default_factory=dict)


def read_encryption(flavour: Flavour, files: Mapping[str, bytes | None]) -> Encryption:
    """What *files*, by their names in the control directory, enforce."""
    if flavour.tls_file == "tlsdestinations":
        return Encryption(flavour=flavour, destinations=parse(files.get("tlsdestinations")))
    there = [name for name, content in files.items() if content is not None]
    folder = [name.removeprefix(FOLDER) for name in there if name.startswith(FOLDER)]
    return Encryption(
        flavour=flavour,
        enforced=frozenset(name.removesuffix(".pem") for name in folder if name.endswith(".pem")),
        excluded=frozenset(name.removeprefix("notlshosts/") for name in there if name.startswith("notlshosts/")),
        only_enforced="exhaustivelist" in folder,
    )


def _by_destination(found: Destination) -> TlsLevel:
    level = _BY_FLAG.get(found.flag % 10, TlsLevel.MAY)
    if found.flag <= 0:
        return TlsLevel.NONE
    if level in {TlsLevel.VERIFY, TlsLevel.SECURE} and not found.cafile:
        return TlsLevel.ENCRYPT
    return TlsLevel.ENCRYPT if level is TlsLevel.MAY and found.port == SMTPS_PORT else level


def _by_folder(encryption: Encryption, route: QmailRoute) -> TlsLevel:
    name = route.host.decode("utf-8", "surrogateescape")
    if route.via == "relay" and encryption.flavour.tls_file and name in encryption.enforced:
        return TlsLevel.SECURE
    if route.port == SMTPS_PORT and encryption.flavour.implicit_tls:
        return TlsLevel.ENCRYPT
    if encryption.only_enforced or name in encryption.excluded:
        return TlsLevel.NONE
    return TlsLevel.MAY


def demands_tls(destinations: Mapping[bytes, bytes], relay: bytes) -> bool:
    """Whether the table *destinations* lets no mail go to *relay* without TLS, whatever the port."""
    return _by_destination(destination(destinations, relay, SMTP_PORT)) not in {TlsLevel.NONE, TlsLevel.MAY}


def encrypted(encryption: Encryption, route: QmailRoute) -> tuple[QmailRoute, TlsLevel]:
    """*route* as it is in the end, since a table of destinations can name another port, and the level of its TLS."""
    if not encryption.flavour.starttls:
        return route, TlsLevel.NONE
    if encryption.flavour.tls_file == "tlsdestinations":
        found = destination(encryption.destinations, route.host, route.port)
        return replace(route, port=found.port), _by_destination(found)
    return route, _by_folder(encryption, route)
