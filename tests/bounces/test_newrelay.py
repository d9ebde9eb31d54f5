"""Lines for a relay, in a way that the host's MTA can."""

from __future__ import annotations

from pathlib import Path

import pytest

from relayconf.bounces.newrelay import relay_lines, yaml_key
from relayconf.facts import Severity
from relayconf.inventory import load
from relayconf.model import Inventory
from relayconf.mtas import MTAS

RELAYS = """
relays:
  isp:
    host: relay.test
    endpoints: [{port: 465, tls: encrypt}, {port: 587, tls: secure}, {port: 25, tls: none, auth: none}]
    auth: {username: customer, password: {env: ISP}}
"""
CLEAR = "    endpoints: [{port: 25, tls: none, auth: none}]  # no login: from the provider's own line"
AUTH = "    auth: {username: customer, password: {env: RELAY_PASSWORD}}"


def inventory(folder: Path, host: str, rest: str = "") -> Inventory:
    """An inventory of one host."""
    path = folder / "inventory.yaml"
    path.write_text(f"version: 1\nrelay: direct\nhosts: {{edge: {{{host}}}}}\n{rest}", encoding="utf-8")
    return load(path)


HOSTS = {
    "mta: postfix": ("    port: 587", "    tls: encrypt", AUTH),
    "mta: qmail": (CLEAR,),
    "mta: qmail, flavour: classic": (CLEAR,),
    "mta: qmail, flavour: netqmail-auth": (CLEAR,),
    "mta: qmail, flavour: sqmail": ("    port: 587", "    tls: encrypt", AUTH),
    "mta: qmail, flavour: netqmail-tls": (CLEAR,),
    "mta: qmail, flavour: indimail": ("    port: 465", "    tls: encrypt", AUTH),
    "mta: qmail, flavour: sagredo": (CLEAR,),
}


@pytest.mark.parametrize("host", HOSTS)
def test_a_new_relay(tmp_path: Path, host: str) -> None:
    """With a login and TLS where the flavour has both, else from the provider's own line; the lines load."""
    known = inventory(tmp_path, host)

    lines, name = relay_lines(known.hosts["edge"], known, None)

    assert lines == ("relays:", "  isp:", "    host: mail.isp.example  # the relay of your provider", *HOSTS[host])
    assert name == "isp"
    _is_possible(tmp_path, host, lines, name)


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("provider", ["asahi-net", "sendgrid", "amazon-ses"])
def test_a_preset(tmp_path: Path, host: str, provider: str) -> None:
    """By its name, with the port that the MTA can use."""
    known = inventory(tmp_path, host)

    lines, name = relay_lines(known.hosts["edge"], known, provider)

    assert lines[:3] == ("relays:", f"  {provider}:", f"    provider: {provider}")
    if host == "mta: postfix":
        assert lines[3:] == (AUTH,)
    if provider != "amazon-ses":  # which also wants a region
        _is_possible(tmp_path, host, lines, name)


def _is_possible(folder: Path, host: str, lines: tuple[str, ...], name: str) -> None:
    text = "\n".join((*lines, "")).replace("# the relay of your provider", "")
    cured = inventory(folder, f"{host}, relay: {name}", text).hosts["edge"]
    errors = [item for item in MTAS[cured.mta].refusals(cured) if item.severity is Severity.ERROR]
    assert errors == []


def test_a_known_relay(tmp_path: Path) -> None:
    """By the first port that the MTA can use."""
    for host, name in (
        ("mta: postfix", "isp"),
        ("mta: qmail", '"isp:25"'),
        ("mta: qmail, flavour: indimail", "isp"),
        ("mta: qmail, flavour: netqmail-auth", '"isp:25"'),
    ):
        known = inventory(tmp_path, host, RELAYS)
        assert relay_lines(known.hosts["edge"], known, None) == ((), name)
    known = inventory(tmp_path, "mta: qmail", RELAYS.replace(", {port: 25, tls: none, auth: none}", ""))
    assert relay_lines(known.hosts["edge"], known, "isp") == ((), "isp")


def test_an_unknown_preset(tmp_path: Path) -> None:
    """Is named all the same: the inventory will say what is wrong with it."""
    known = inventory(tmp_path, "mta: postfix")

    assert relay_lines(known.hosts["edge"], known, "x y")[0][:3] == ("relays:", '  "x y":', "    provider: x y")


def test_keys() -> None:
    """Quoted where YAML would read something else."""
    assert [yaml_key(word) for word in ("mx-1.test", ".test", "7x", "a b")] == ["mx-1.test", '".test"', '"7x"', '"a b"']
