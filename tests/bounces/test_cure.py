"""What to change in the inventory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from relayconf.bounces.cure import Edit, attributed, edit, explained, host_of
from relayconf.bounces.reader import read
from relayconf.bounces.rejection import Rejection, Told, rejection
from relayconf.inventory import load
from relayconf.model import Inventory
from relayconf.rejections import Speaker

PBL = "550 5.7.1 Mail from IP 192.0.2.2 was rejected due to listing in Spamhaus PBL."
SEED = f"""Hi. This is the qmail-send program at edge.example.org.
I'm afraid I wasn't able to deliver your message to the following addresses.

<bo@icloud.com>:
17.57.154.33 does not like recipient.
Remote host said: {PBL}
Giving up on 17.57.154.33.
"""

RELAYS = """
relays:
  asahi-net:
    host: mail.asahi-net.or.jp
    endpoints: [{port: 465, tls: secure}, {port: 25, tls: none, auth: none}]
    auth: {username: ab4t-ash, password: {env: ISP}}
"""


def _inventory(folder: Path, text: str) -> Inventory:
    path = folder / "inventory.yaml"
    path.write_text(f"version: 1\n{text}", encoding="utf-8")
    return replace(load(path), file="inventory.yaml")


def _of(text: str, told: Told | None = None) -> Rejection:
    return rejection(text, told or Told(domain="icloud.com", reporter="edge"))


def _edit(folder: Path, text: str, item: Rejection, provider: str | None = None) -> Edit:
    found = edit(item, _inventory(folder, text), provider=provider)
    assert found is not None
    return found


def test_the_first_users_bounce(tmp_path: Path) -> None:
    """qmail, icloud.com, Spamhaus PBL: no relay applies, so here are the lines of one."""
    (item,) = read(SEED.encode())

    found = _edit(tmp_path, "mta: qmail\nrelay: direct\nhosts: {edge: {}}\n", item)

    assert item.category is not None
    assert item.category.code == "ip-policy-listed"
    assert found.why == "host edge sends to icloud.com directly: no relay applies"
    assert found.place == f"{tmp_path}/inventory.yaml:4:9: hosts.edge"
    assert found.lines == (
        "relays:",
        "  isp:",
        "    host: mail.isp.example  # the relay of your provider",
        "    endpoints: [{port: 25, tls: none, auth: none}]  # no login: from the provider's own line",
        "hosts:",
        "  edge:",
        "    relay: isp",
    )


def test_the_lines_are_an_inventory(tmp_path: Path) -> None:
    """Put where they belong, they are one that loads and sends through the relay."""
    for mta in ("qmail", "postfix"):
        found = _edit(tmp_path, f"mta: {mta}\nrelay: direct\nhosts: {{edge: {{}}}}\n", _of(PBL))
        cured = _inventory(tmp_path, "\n".join((f"mta: {mta}", *found.lines)) + "\n")

        assert type(cured.hosts["edge"].default[0]).__name__ == "Smarthost"


def test_a_known_relay_is_named(tmp_path: Path) -> None:
    """At the port that the MTA can use."""
    assert _edit(tmp_path, f"mta: postfix\nrelay: direct\nhosts: {{edge: {{}}}}\n{RELAYS}", _of(PBL)).lines == (
        "hosts:",
        "  edge:",
        "    relay: asahi-net",
    )
    assert _edit(tmp_path, f"mta: qmail\nrelay: direct\nhosts: {{edge: {{}}}}\n{RELAYS}", _of(PBL)).lines[-1] == (
        '    relay: "asahi-net:25"'
    )


def test_a_preset_is_named(tmp_path: Path) -> None:
    """By its provider instead of a host; the relay of that name where there is one."""
    bare = "mta: postfix\nrelay: direct\nhosts: {edge: {}}\n"

    assert _edit(tmp_path, bare, _of(PBL), "asahi-net").lines[:3] == (
        "relays:",
        "  asahi-net:",
        "    provider: asahi-net",
    )
    assert _edit(tmp_path, bare + RELAYS, _of(PBL), "asahi-net").lines == ("hosts:", "  edge:", "    relay: asahi-net")


def test_a_route_past_the_relay(tmp_path: Path) -> None:
    """The exception is what has to go."""
    routes = "routes: {icloud.com: direct, .me.com: direct}"
    text = f"mta: postfix\nrelay: asahi-net\n{routes}\nhosts: {{edge: {{}}}}\n{RELAYS}"

    found = _edit(tmp_path, text, _of(PBL))
    below = _edit(tmp_path, text, _of(PBL, Told(domain="x.me.com", reporter="edge")))

    assert found.why == "host edge sends to icloud.com directly: `icloud.com` is `direct`"
    assert found.lines == ("routes:", "  icloud.com: {relay: asahi-net}")
    assert below.lines == ("routes:", '  ".me.com": {relay: asahi-net}')


def test_a_domain_of_ours_that_leaves_by_mx(tmp_path: Path) -> None:
    """It is meant to."""
    text = f"mta: postfix\nrelay: asahi-net\ndomains: {{icloud.com: mx}}\nhosts: {{edge: {{}}}}\n{RELAYS}"

    assert _edit(tmp_path, text, _of(PBL)).why.endswith("`icloud.com` is `mx`")


def test_through_the_relay_already(tmp_path: Path) -> None:
    """Then its address is listed, or it was not through it."""
    text = f"mta: postfix\nrelay: asahi-net\nhosts: {{edge: {{}}}}\n{RELAYS}"
    relayed = replace(_of(PBL), speaker=Speaker.RELAY)

    assert "`relayconf plan edge` tells whether that is applied" in _edit(tmp_path, text, _of(PBL)).why
    assert "tell the relay" in _edit(tmp_path, text, relayed).why


def test_a_server_named_by_the_inventory(tmp_path: Path) -> None:
    """No relay would be of use."""
    text = "mta: postfix\nrelay: direct\nroutes: {icloud.com: {host: 192.0.2.9}}\nhosts: {edge: {}}\n"

    assert "the inventory names itself" in _edit(tmp_path, text, _of(PBL)).why


AT_THE_RELAY: Mapping[str, tuple[str, str, str]] = {
    "no auth": ("port: 587", "530 5.7.0 Authentication required", "relay r has no `auth:`"),
    "relay denied": ("port: 587", "554 5.7.1 Relay access denied", "relay r has no `auth:`"),
    "login without one": ("port: 587", "535 5.7.8 Authentication failed", "relay r has no `auth:`"),
    "auth none": (
        "endpoints: [{port: 587, auth: none}, {port: 465}], auth: {username: u, password: {env: P}}",
        "530 5.7.0 Authentication required",
        "relay r has `auth: none` at port 587",
    ),
    "auth is there": (
        "auth: {username: u, password: {env: P}}",
        "530 5.7.0 Authentication required",
        "relay r has its `auth:`: `relayconf plan` tells whether that is applied",
    ),
    "wrong login": (
        "auth: {username: u, password: {env: P}}",
        "535 5.7.8 Authentication failed",
        "check `auth:` of relay r: its user name, and its password (from env)",
    ),
    "no tls": ("port: 587, tls: none", "530 5.7.0 Must issue a STARTTLS command first", "without TLS at port 587"),
    "starttls": ("port: 587, tls: encrypt", "Server certificate not verified", "and starts TLS by STARTTLS: check"),
    "implicit": ("port: 465, tls: secure", "Cannot start TLS: handshake failure", "and starts with TLS: check"),
    "spf unknown": ("port: 587", "550 5.7.23 SPF fail", "publish what covers its addresses"),
    "spf known": ('spf: ["include:spf.r.example"]', "550 5.7.23 SPF fail", "publish include:spf.r.example"),
    "closed": ("port: 587", "connect to r.example[192.0.2.9]:587: Connection refused", "host and port of relay r"),
    "sender": ('senders: ["@s.example"]', "553 5.7.1 not owned by user u", "let us send as @s.example"),
    "sender unknown": ("port: 587", "553 5.7.1 not owned by user u", "let us send as nothing"),
}


@pytest.mark.parametrize("name", AT_THE_RELAY)
def test_at_the_relay(name: str, tmp_path: Path) -> None:
    """What the inventory says of it, and what it lacks."""
    relay, text, why = AT_THE_RELAY[name]
    inventory = f"mta: postfix\nrelay: r\nrelays: {{r: {{host: r.example, {relay}}}}}\nhosts: {{edge: {{}}}}\n"

    assert why in _edit(tmp_path, inventory, _of(text)).why


def test_the_relay_that_spoke(tmp_path: Path) -> None:
    """Not the one that mail is meant to go through."""
    text = f"mta: postfix\nrelay: direct\nhosts: {{edge: {{}}}}\n{RELAYS}"
    item = _of("SASL authentication failed; server mail.asahi-net.or.jp[202.224.39.41] said: 535 no")
    known = _inventory(tmp_path, text)

    assert _edit(tmp_path, text, item).why.startswith("check `auth:` of relay asahi-net")
    assert edit(_of("535 no"), known) is None
    said = _of("host mail.asahi-net.or.jp[202.224.39.41] said: 550 no")
    assert (said.speaker, attributed(said, known).speaker) == (Speaker.RECEIVER, Speaker.RELAY)
    assert attributed(_of("550 no"), known).speaker is Speaker.RECEIVER


def test_nothing_to_change(tmp_path: Path) -> None:
    """No such recipient, unknown words, no inventory."""
    known = _inventory(tmp_path, "mta: postfix\nrelay: direct\nhosts: {edge: {}}\n")

    assert edit(_of("550 5.1.1 User unknown"), known) is None
    assert edit(_of("550 Computer says no"), known) is None
    assert explained(_of(PBL), 2, None).edit is None
    assert explained(_of(PBL), 2, known).edit is not None


def test_which_host(tmp_path: Path) -> None:
    """By the name of the MTA that reports: name, address, first label; else the only one."""
    two = _inventory(tmp_path, "mta: qmail\nrelay: direct\nhosts: {edge: {address: e.example.org}, store: {}}\n")

    def name(reporter: str | None) -> str | None:
        host = host_of(_of(PBL, Told(reporter=reporter)), two)
        return None if host is None else host.name

    assert [name(word) for word in ("edge", "e.example.org.", "STORE.example.net", "other", None)] == [
        *("edge", "edge", "store", None, None)
    ]
    assert edit(_of(PBL, Told()), two) is None
