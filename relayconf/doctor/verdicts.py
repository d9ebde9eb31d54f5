"""What follows from the symptoms of a host, and the lines of the inventory that cure it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from relayconf.bounces.cure import through_a_relay
from relayconf.bounces.newrelay import yaml_key
from relayconf.doctor.targets import Door, sends_directly
from relayconf.doctor.values import Code, Level, Ruling, Symptom, Verdict, codes_of
from relayconf.model import Host, Inventory

_DIRECT_IS_CLOSED = (
    Code.PORT25_FILTERED,
    Code.PORT25_REFUSED,
    Code.PORT25_NO_ROUTE,
    Code.PORT25_PROXIED,
    Code.DNSBL_POLICY,
)
_DOOR_IS_CLOSED = (
    Code.RELAY_FILTERED,
    Code.RELAY_REFUSED,
    Code.RELAY_NO_ROUTE,
    Code.RELAY_WRONG_MODE,
    Code.RELAY_UNUSABLE,
    Code.RELAY_NO_TLS,
    Code.RELAY_TLS_FAILED,
    Code.RELAY_AUTH_ABSENT,
    Code.RELAY_AUTH_NEEDS_TLS,
)

_ADVICE: Mapping[Code, tuple[Ruling, str]] = {
    Code.RELAY_NO_NAME: (Ruling.WRONG_RELAY_NAME, "correct `host:` of the relay: its name does not exist"),
    Code.RELAY_LOGIN_REFUSED: (
        Ruling.WRONG_LOGIN,
        "correct `auth:` of the relay: the form of the user name, and the kind of password",
    ),
    Code.RELAY_AUTH_XOAUTH2: (
        Ruling.NEEDS_OAUTH2,
        "the relay takes no password: use another relay, or a hop on 127.0.0.1 that has OAuth2",
    ),
    Code.RELAY_CERTIFICATE_NAME: (
        Ruling.WRONG_CERTIFICATE,
        "write the name that is in the certificate as `host:` of the relay, if that is meant",
    ),
    Code.RELAY_CERTIFICATE_CA: (
        Ruling.WRONG_CERTIFICATE,
        "give the relay the authority that it uses (`ca_file:`), once you know that it is the relay's",
    ),
    Code.RELAY_CERTIFICATE_DATE: (
        Ruling.WRONG_CERTIFICATE,
        "look at the clocks; else the relay's owner has to renew its certificate",
    ),
    Code.SASL_MISSING: (Ruling.NO_SASL, "install the plug-ins on the host: libsasl2-modules, cyrus-sasl-plain"),
}


def _smarthost(
    symptoms: Sequence[Symptom], host: Host, inventory: Inventory, provider: str | None
) -> Iterator[Verdict]:
    because = codes_of(symptoms, *_DIRECT_IS_CLOSED)
    if because and sends_directly(host):
        edit = through_a_relay(None, host, inventory, provider)
        text = f"this host needs a smarthost: it cannot send to the world itself; {edit.why}"
        yield Verdict(
            code=Ruling.NEEDS_SMARTHOST,
            level=Level.ERROR,
            text=text,
            because=because,
            place=edit.place,
            lines=edit.lines,
        )


def _listed(symptoms: Sequence[Symptom], host: Host) -> Iterator[Verdict]:
    if sends_directly(host) and (because := codes_of(symptoms, Code.DNSBL_LISTED)):
        text = "find and stop what sends abuse, then ask the list for removal; a smarthost is the quick way out"
        yield Verdict(code=Ruling.LISTED, level=Level.ERROR, text=text, because=because)


def _other_port(door: Door, usable: Mapping[tuple[str, int], str]) -> tuple[str, ...]:
    """The lines that use another port of the relay behind *door*; with TLS first, none at all where a login is."""
    found = {port: how for (host, port), how in usable.items() if host == door.host and port != door.port and how}
    ranked = sorted(found.items(), key=lambda item: (("secure", "encrypt", "none").index(item[1]), item[0]))
    for port, how in ranked:
        if door.relay and not (door.credentials and how == "none"):
            return ("relays:", f"  {yaml_key(door.relay)}:", f"    port: {port}", f"    tls: {how}")
    return ()


def _closed_doors(
    symptoms: Sequence[Symptom], doors: Sequence[Door], usable: Mapping[tuple[str, int], str]
) -> Iterator[Verdict]:
    for door in doors:
        because = codes_of([item for item in symptoms if item.about == door.name], *_DOOR_IS_CLOSED)
        if not because:
            continue
        lines = _other_port(door, usable)
        text = f"{door.name} cannot be used as the inventory says"
        text += ", but another port can" if lines else "; ask its owner which port, and whether this host may use it"
        yield Verdict(
            code=Ruling.WRONG_PORT if lines else Ruling.CLOSED_RELAY,
            level=Level.ERROR,
            text=text,
            because=because,
            lines=lines,
        )


def _advice(symptoms: Sequence[Symptom]) -> Iterator[Verdict]:
    for symptom in symptoms:
        if symptom.level is Level.ERROR and symptom.code in _ADVICE:
            code, text = _ADVICE[symptom.code]
            about = f"{symptom.about}: " if symptom.about else ""
            yield Verdict(code=code, level=Level.ERROR, text=f"{about}{text}", because=(symptom.code,))


def verdicts(
    symptoms: Sequence[Symptom],
    host: Host,
    inventory: Inventory,
    doors: Sequence[Door],
    usable: Mapping[tuple[str, int], str],
    *,
    provider: str | None = None,
) -> tuple[Verdict, ...]:
    """What to do about *symptoms* of *host*, whose ways out are *doors*; never without a verdict.

    *usable* says of each port that answered by which `tls:` it can be used; *provider* names the preset of a relay that
    is to be added. Nothing follows from what is unknown.
    """
    found = [
        *_smarthost(symptoms, host, inventory, provider),
        *_listed(symptoms, host),
        *_closed_doors(symptoms, doors, usable),
        *_advice(symptoms),
    ]
    if found:
        return tuple(dict.fromkeys(found))
    unknown = tuple(dict.fromkeys(item.code for item in symptoms if item.level is Level.UNKNOWN))
    if unknown:
        text = "nothing is surely wrong; not all could be looked at"
        return (Verdict(code=Ruling.UNDECIDED, level=Level.UNKNOWN, text=text, because=unknown),)
    return (Verdict(code=Ruling.SOUND, level=Level.OK, text="nothing is wrong"),)
