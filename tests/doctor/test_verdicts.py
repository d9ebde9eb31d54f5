"""What follows from symptoms."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from relayconf.doctor.targets import doors
from relayconf.doctor.values import Code, Level, Ruling, Symptom, Verdict
from relayconf.doctor.verdicts import verdicts
from relayconf.inventory import load
from relayconf.model import Inventory

DIRECT = "version: 1\nmta: postfix\nrelay: direct\nhosts:\n  edge: {}\n"
RELAYED = """\
version: 1
mta: postfix
relays:
  isp: {host: relay.test, port: 587, tls: encrypt, auth: {username: a, password: {env: X}}}
  free: {host: free.test, port: 587, tls: encrypt}
relay: isp
hosts:
  edge: {}
  other: {relay: free}
"""


def inventory(folder: Path, text: str) -> Inventory:
    """The inventory that *text* is."""
    path = folder / "inventory.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path)


def ruled(
    known: Inventory,
    *symptoms: Symptom,
    host: str = "edge",
    usable: dict[tuple[str, int], str] | None = None,
    provider: str | None = None,
) -> list[Verdict]:
    """The verdicts on these symptoms."""
    one = known.hosts[host]
    return [*verdicts(symptoms, one, known, doors(one), usable or {}, provider=provider)]


def of(code: Code, level: Level = Level.ERROR, about: str = "") -> Symptom:
    """A symptom without words."""
    return Symptom(code=code, level=level, text="", about=about)


def test_a_smarthost(tmp_path: Path) -> None:
    """Where the host sends directly and cannot; the lines load, and send through it."""
    known = inventory(tmp_path, DIRECT)

    (verdict,) = ruled(known, of(Code.PORT25_FILTERED), of(Code.DNSBL_POLICY), provider="asahi-net")

    assert verdict.code is Ruling.NEEDS_SMARTHOST
    assert verdict.because == (Code.PORT25_FILTERED, Code.DNSBL_POLICY)
    assert verdict.lines[:3] == ("relays:", "  asahi-net:", "    provider: asahi-net")
    assert verdict.place == f"{tmp_path}/inventory.yaml:5:3: hosts.edge"
    cured = inventory(tmp_path, "\n".join(("version: 1", "mta: postfix", *verdict.lines, "")))
    assert str(cured.hosts["edge"].default[0]) == "asahi-net:465"


def test_no_smarthost_for_who_has_one(tmp_path: Path) -> None:
    """The address that the relay sends from is another."""
    known = inventory(tmp_path, RELAYED)

    assert [item.code for item in ruled(known, of(Code.PORT25_FILTERED, Level.INFO), of(Code.DNSBL_LISTED))] == [
        Ruling.SOUND
    ]


def test_abuse(tmp_path: Path) -> None:
    """Has to end, smarthost or not."""
    assert [item.code for item in ruled(inventory(tmp_path, DIRECT), of(Code.DNSBL_LISTED))] == [Ruling.LISTED]


def test_another_port(tmp_path: Path) -> None:
    """The best that can be used; none in clear where a login is wanted."""
    known = inventory(tmp_path, RELAYED)
    usable = {
        ("relay.test", 25): "none",
        ("relay.test", 2525): "encrypt",
        ("relay.test", 465): "secure",
        ("relay.test", 587): "",
        ("free.test", 25): "none",
    }

    def ruling(host: str, name: str, usable: dict[tuple[str, int], str]) -> Verdict:
        (verdict,) = ruled(known, of(Code.RELAY_FILTERED, about=name), host=host, usable=usable)
        return verdict

    assert ruling("edge", "isp:587", usable).lines == (
        "relays:",
        "  isp:",
        "    port: 465",
        "    tls: secure",
    )
    assert ruling("other", "free:587", usable).lines[-2:] == ("    port: 25", "    tls: none")
    closed = ruling("edge", "isp:587", {("relay.test", 25): "none"})
    assert (closed.code, closed.lines) == (Ruling.CLOSED_RELAY, ())
    assert ruling("edge", "isp:587", usable).code is Ruling.WRONG_PORT


def test_advice(tmp_path: Path) -> None:
    """Each said once, and only for errors."""
    known = inventory(tmp_path, RELAYED)
    found = ruled(
        known,
        of(Code.RELAY_LOGIN_REFUSED, about="isp:587"),
        of(Code.RELAY_LOGIN_REFUSED, about="isp:587"),
        of(Code.RELAY_CERTIFICATE_CA, Level.WARNING),
        of(Code.SASL_MISSING),
    )

    assert [(item.code, item.text.partition(":")[0]) for item in found] == [
        (Ruling.WRONG_LOGIN, "isp"),
        (Ruling.NO_SASL, "install the plug-ins on the host"),
    ]


def test_nothing_wrong(tmp_path: Path) -> None:
    """Or nobody knows."""
    known = inventory(tmp_path, DIRECT)

    assert [item.code for item in ruled(known, of(Code.PORT25_OPEN, Level.OK))] == [Ruling.SOUND]
    (verdict,) = ruled(known, of(Code.DNSBL_UNKNOWN, Level.UNKNOWN), of(Code.PORT25_UNKNOWN, Level.UNKNOWN))
    assert (verdict.code, verdict.level) == (Ruling.UNDECIDED, Level.UNKNOWN)
    assert verdict.because == (Code.DNSBL_UNKNOWN, Code.PORT25_UNKNOWN)


def test_a_relay_elsewhere(tmp_path: Path) -> None:
    """Lines are for relays; a server of ours is looked after by its own owner."""
    known = inventory(tmp_path, "version: 1\nmta: postfix\nrelay: {host: 10.0.0.1, port: 26}\nhosts: {edge: {}}\n")
    usable = {("10.0.0.1", 25): "secure"}

    (verdict,) = ruled(known, of(Code.RELAY_REFUSED, about="10.0.0.1:26"), usable=usable)

    assert verdict == replace(verdict, code=Ruling.CLOSED_RELAY, lines=())
