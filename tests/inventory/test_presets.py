"""A provider in place of a relay's keys; what is refused has its exhibits in tests/cases/inventory/providers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from relayconf.inventory import load
from relayconf.model import Endpoint, Inventory, Relay, Smarthost, TlsLevel
from relayconf.mta.postfix import refusals, render
from relayconf.providers import Provider, every
from relayconf.templating import Templates, default_directories
from tests.inventory.writing import loaded, refused, written

AUTH = "auth: {username: u, password: {env: P}}"
EVERY = [(provider, region) for provider in every().values() for region in (provider.regions or (None,))]
TEMPLATES = Templates(default_directories(None))


def _inventory(folder: Path, relay: str) -> Inventory:
    return loaded(folder, f"version: 1\nmta: postfix\nrelay: isp\nhosts: {{mx1: {{}}}}\nrelays: {{isp: {{{relay}}}}}\n")


def _relay(folder: Path, relay: str) -> Relay:
    return _inventory(folder, relay).relays["isp"]


def _wish(provider: Provider, region: str | None) -> str:
    """The fewest keys that a relay of this provider needs."""
    site = provider.site(region)
    login = provider.login.takes_password and provider.login.is_required
    keys = {
        f"region: {region}": region,
        "host: relay.example.net": not site.is_named,
        AUTH: login,
        "allow_plaintext_auth: true": login and site.ports[0].tls == "none",
    }
    return ", ".join([f"provider: {provider.name}", *(key for key, needed in keys.items() if needed)])


@pytest.mark.parametrize(("provider", "region"), EVERY, ids=[f"{provider.name}-{region}" for provider, region in EVERY])
def test_every_provider_renders_on_postfix(provider: Provider, region: str | None, tmp_path: Path) -> None:
    """With the next hop and TLS that its data says, or is refused because it takes tokens alone."""
    wish = _wish(provider, region)
    if provider.login.xoauth2_only:
        (problem,) = refused(tmp_path, f"version: 1\nrelays: {{isp: {{{wish}}}}}\n")
        assert "takes no passwords, only OAuth2 tokens" in problem
        return
    host = _inventory(tmp_path, wish).hosts["mx1"]
    site = provider.site(region)
    (target,) = host.default
    assert isinstance(target, Smarthost)

    files = {file.path: (file.content or b"").decode() for file in render(host, TEMPLATES, lambda _: "pw")}
    name = site.host if site.is_named else "relay.example.net"
    nexthop = f"[{name}]:{site.ports[0].number}"
    assert refusals(host) == ()
    assert f"relayhost = {nexthop}\n" in files["postfix:main.cf"]
    assert target.relay.provider == provider.name
    assert target.endpoint.auth is (AUTH in wish)
    level = {"none": "none" if AUTH in wish else "may"}.get(
        site.ports[0].tls, "encrypt" if site.foreign_certificate else "secure"
    )
    assert f"{nexthop}  {level}" in files["postfix:tls_policy"] or (level == "may" and not files["postfix:tls_policy"])
    assert (f"{nexthop}  u:pw" in files["postfix:sasl_passwd"]) is (AUTH in wish)


def test_all_usable_ports_are_there(tmp_path: Path) -> None:
    """The encrypted ones with the login, and the one for the provider's own lines without."""
    assert _relay(tmp_path, f"provider: asahi-net, {AUTH}").endpoints == (
        Endpoint(port=465, tls=TlsLevel.SECURE, auth=True),
        Endpoint(port=25, tls=TlsLevel.MAY, auth=False),
    )
    ports = [endpoint.port for endpoint in _relay(tmp_path, f"provider: smtp2go, {AUTH}").endpoints]
    assert ports == [2525, 587, 8025, 80, 25, 465]


def test_what_is_given_wins(tmp_path: Path) -> None:
    """Host, port, TLS, endpoints and SPF."""
    relay = _relay(
        tmp_path, f"provider: asahi-net, host: mail.example.net, port: 465, spf: ['include:x.example'], {AUTH}"
    )
    assert (relay.host, relay.spf) == ("mail.example.net", ("include:x.example",))
    assert relay.endpoints == (Endpoint(port=465, tls=TlsLevel.SECURE, auth=True),)

    relay = _relay(tmp_path, f"provider: asahi-net, tls: encrypt, {AUTH}")
    assert relay.endpoints == (Endpoint(port=465, tls=TlsLevel.ENCRYPT, auth=True),)
    assert relay.spf == ("include:spf-01.asahi-net.or.jp",)

    relay = _relay(tmp_path, f"provider: asahi-net, endpoints: [{{port: 25}}, {{port: 465, tls: dane}}], {AUTH}, "
                   "allow_plaintext_auth: true")  # fmt: skip
    assert relay.endpoints == (
        Endpoint(port=25, tls=TlsLevel.NONE, auth=True, clear_auth=True),
        Endpoint(port=465, tls=TlsLevel.DANE, auth=True, clear_auth=True),
    )
    relay = _relay(tmp_path, f"provider: sendgrid, port: 26, {AUTH}")
    assert relay.endpoints == (Endpoint(port=26, tls=TlsLevel.ENCRYPT, auth=True),)


@pytest.mark.parametrize("keys", ["port: 25", "endpoints: [{port: 25}]", "endpoints: [{port: 465, auth: none}]"])
def test_no_login_on_the_providers_own_lines(tmp_path: Path, keys: str) -> None:
    """Port 25 of an ISP goes without, and so does what is said to."""
    assert [end.auth for end in _relay(tmp_path, f"provider: asahi-net, {keys}").endpoints] == [False]


@pytest.mark.parametrize("keys", ["port: 465", "tls: secure", "endpoints: [{port: 25}, {port: 465}]"])
def test_elsewhere_a_login_is_missed(tmp_path: Path, keys: str) -> None:
    """A provider that wants credentials gets some, or the inventory is refused."""
    (problem,) = refused(tmp_path, f"version: 1\nrelays: {{isp: {{provider: asahi-net, {keys}}}}}\n")

    assert "wants credentials" in problem


def test_a_certificate_for_another_name(tmp_path: Path) -> None:
    """Is not verified, where the provider says so itself."""
    relay = _relay(tmp_path, f"provider: onamae, host: smtp.example.net, {AUTH}")

    assert relay.endpoints == (Endpoint(port=465, tls=TlsLevel.ENCRYPT, auth=True),)


@pytest.mark.parametrize(
    ("relay", "read"), [("host: mail.example.net", "0"), ("provider: generic-isp, host: a.example", "1")]
)
def test_the_facts_are_read_only_for_a_provider(tmp_path: Path, relay: str, read: str) -> None:
    """An inventory that names none costs nothing."""
    path = written(tmp_path, f"version: 1\nrelays: {{isp: {{{relay}}}}}\n")
    script = (
        "import sys, pathlib, relayconf.inventory as i, relayconf.providers as p\n"
        f"i.load(pathlib.Path({str(path)!r}))\nprint(p.every.cache_info().currsize)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == read


def test_ports_of_a_named_server(tmp_path: Path) -> None:
    """The relay may be another of the provider's servers."""
    relay = load(
        written(
            tmp_path, f"version: 1\nrelays: {{isp: {{provider: asahi-net, host: mailssl.asahi-net.or.jp, {AUTH}}}}}\n"
        )
    ).relays["isp"]

    assert [end.port for end in relay.endpoints] == [465]
