from __future__ import annotations

from pathlib import Path

import pytest

from relayconf.errors import InventoryError
from relayconf.inventory.relays import tls_level
from relayconf.model import Credentials, Endpoint, Probe, SecretRef, TlsLevel
from tests.inventory.writing import loaded


@pytest.mark.parametrize(
    ("port", "word", "auth", "level"),
    [
        (25, None, False, TlsLevel.MAY),
        (587, None, True, TlsLevel.ENCRYPT),
        (465, None, False, TlsLevel.SECURE),
        (2465, None, True, TlsLevel.SECURE),
        (465, "dane", True, TlsLevel.DANE),
        (25, "none", True, TlsLevel.NONE),
    ],
)
def test_tls_level(port: int, word: str | None, level: TlsLevel, *, auth: bool) -> None:
    """What was asked for; else secure on implicit TLS, encrypt for a password, may."""
    assert tls_level(port, word, auth=auth) is level


def test_relay(tmp_path: Path) -> None:
    """All keys of a relay reach the model, names in lower case."""
    relay = loaded(
        tmp_path,
        """\
        version: 1
        relays:
          isp:
            host: Mail.ISP.example
            endpoints: [{port: 465}, {port: 25, auth: none}, {port: 26, tls: may, allow_plaintext_auth: true}]
            auth: {username: "a b:c", password: {command: pass show isp}}
            spf: ["include:spf.isp.example"]
            senders: ["@Example.org"]
            probe: {from: a@Example.org, to: b@example.org}
        """,
    ).relays["isp"]

    assert relay.host == "mail.isp.example"
    assert relay.endpoints == (
        Endpoint(port=465, tls=TlsLevel.SECURE, auth=True),
        Endpoint(port=25, tls=TlsLevel.MAY, auth=False),
        Endpoint(port=26, tls=TlsLevel.MAY, auth=True, clear_auth=True),
    )
    assert relay.credentials == Credentials(username="a b:c", password=SecretRef(kind="command", value="pass show isp"))
    assert (relay.spf, relay.senders) == (("include:spf.isp.example",), ("@example.org",))
    assert relay.probe == Probe(sender="a@example.org", recipient="b@example.org")


@pytest.mark.parametrize(
    ("kind", "value"), [("env", "A"), ("file", "/a b"), ("command", "op read x"), ("keyring", "a/b")]
)
def test_secret_references(tmp_path: Path, kind: str, value: str) -> None:
    """Each way to a secret keeps its kind and value."""
    relay = loaded(
        tmp_path,
        f"""\
        version: 1
        relays: {{isp: {{host: a.example, auth: {{username: u, password: {{{kind}: "{value}"}}}}}}}}
        """,
    ).relays["isp"]

    assert relay.credentials
    assert (relay.credentials.password.kind, relay.credentials.password.value) == (kind, value)
    assert relay.endpoints == (Endpoint(port=25, tls=TlsLevel.ENCRYPT, auth=True),)


def test_plaintext_is_a_choice(tmp_path: Path) -> None:
    """`allow_plaintext_auth` at the relay counts for all of its endpoints."""
    relay = loaded(
        tmp_path,
        """\
        version: 1
        relays:
          isp:
            host: a.example
            allow_plaintext_auth: true
            endpoints: [{port: 25, tls: none}]
            auth: {username: u, password: {env: A}}
        """,
    ).relays["isp"]

    assert relay.endpoints == (Endpoint(port=25, tls=TlsLevel.NONE, auth=True, clear_auth=True),)


def test_certificates(tmp_path: Path) -> None:
    """The text of the file, relative to the inventory, with a newline at its end."""
    pem = "-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----"
    (tmp_path / "ca.pem").write_bytes(pem.replace("\n", "\r\n").encode())
    (tmp_path / "whole.pem").write_text(f"{pem}\n", encoding="ascii")

    relays = loaded(
        tmp_path,
        """\
        version: 1
        relays: {a: {host: a.example, ca_file: ca.pem}, b: {host: b.example, ca_file: whole.pem}, c: {host: c.example}}
        """,
    ).relays

    assert [relays[name].ca for name in "abc"] == [f"{pem}\n", f"{pem}\n", None]


def test_certificates_that_are_none(tmp_path: Path) -> None:
    """A file in another format."""
    (tmp_path / "ca.der").write_bytes(b"\x30\x82")

    with pytest.raises(InventoryError) as caught:
        loaded(tmp_path, "version: 1\nrelays: {a: {host: a.example, ca_file: ca.der}}\n")

    assert [problem.text for problem in caught.value.problems] == ["ca.der holds no certificate in PEM"]
