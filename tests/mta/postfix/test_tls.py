"""Policies, fingerprints and certificates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from relayconf.certificates import ClientCertificate
from relayconf.model import Host, TlsLevel
from relayconf.mta.postfix import desired, findings, parameters, render
from relayconf.mta.postfix.names import MAIN_CF
from relayconf.mta.postfix.tls import policy, tls_level
from tests.mta.postfix.hosts import BUILT_IN, MAIN, facts, host, relay, secret, settled, tls_of
from tests.mta.postfix.serving import values_of

SHOWN = ClientCertificate(certificate="/etc/ssl/our own.pem", key="/etc/ssl/our.key")
ONE, TWO = ":".join(["0A"] * 32), ":".join(["FF"] * 32)


@pytest.mark.parametrize(
    ("port", "level", "policy"),
    [
        (465, "may", TlsLevel.ENCRYPT),
        (465, "encrypt", TlsLevel.ENCRYPT),
        (465, "none", TlsLevel.NONE),
        (587, "may", TlsLevel.MAY),
        (587, "dane", TlsLevel.DANE),
    ],
)
def test_levels(port: int, level: str, policy: TlsLevel) -> None:
    """The level is the inventory's; where TLS is implicit, `may` cannot be less than encryption."""
    assert tls_level(relay("a", port, tls=level)) is policy


@pytest.mark.parametrize(
    ("said", "level", "row"),
    [
        ({}, "secure", "secure"),
        ({"tls_minimum": "TLSv1"}, "encrypt", "encrypt protocols=!SSLv2:!SSLv3"),
        ({"tls_minimum": "TLSv1.2"}, "secure", "secure protocols=!SSLv2:!SSLv3:!TLSv1:!TLSv1.1"),
        ({"tls_minimum": "TLSv1.3"}, "may", "may protocols=!SSLv2:!SSLv3:!TLSv1:!TLSv1.1:!TLSv1.2"),
        ({"tls_minimum": "TLSv1.3"}, "none", "none"),
        ({"fingerprints": (ONE, TWO)}, "fingerprint", f"fingerprint match={ONE} match={TWO}"),
        ({"fingerprints": (ONE,)}, "secure", "secure"),
    ],
)
def test_policy(said: Mapping[str, object], level: str, row: str) -> None:
    """The level, and what was said beside it; older versions one by one, which every release understands."""
    assert policy(tls_of("a", level, **said)) == row


def test_main_cf() -> None:
    """Fingerprints are SHA-256, Postfix's own default once was MD5; one certificate for all relays that ask."""
    state = settled(host((tls_of("a", "fingerprint", fingerprints=(ONE,)), tls_of("b", client_certificate=SHOWN))))
    said = values_of(state)

    assert said["smtp_tls_fingerprint_digest"] == "sha256"
    assert (said["smtp_tls_cert_file"], said["smtp_tls_key_file"]) == (SHOWN.certificate, SHOWN.key)
    plain = values_of(settled(host(relay("a")), state))
    assert not {"smtp_tls_fingerprint_digest", "smtp_tls_cert_file", "smtp_tls_key_file"} & plain.keys()


def with_authorities(path: str) -> Host:
    """A host whose own list of authorities the inventory names."""
    return replace(host(tls_of("a", ca="PEM")), settings={"smtp_tls_CAfile": path})


def test_own_authorities() -> None:
    """The inventory's file takes the place of the host's bundle, also of one that relayconf set."""
    before = settled(host(relay("a")))
    assert values_of(before)["smtp_tls_CAfile"] == "/etc/ssl/certs/ca-certificates.crt"
    assert values_of(settled(with_authorities("/etc/isp.pem"), before))["smtp_tls_CAfile"] == "/etc/isp.pem"


def test_what_the_host_is_asked() -> None:
    """For the files that are named, with blanks or without."""
    assert parameters(host(tls_of("a", client_certificate=SHOWN))) == {
        "certificate": "/etc/ssl/our own.pem",
        "key": "/etc/ssl/our.key",
    }
    assert parameters(with_authorities("/etc/isp.pem")) == {
        "settings": "smtp_tls_CAfile",
        "authorities": "/etc/isp.pem",
    }


def told(wanted: Host, main: str = "", **values: str) -> list[str]:
    """What is found on a host where main.cf has *main* at its end."""
    found = facts({MAIN_CF: MAIN + main.encode()}, {f"postfix.{name}": value for name, value in values.items()})
    texts = findings(wanted, found, desired(wanted, found, render(wanted, BUILT_IN, secret)))
    return [f"{one.severity} {one.code}: {one.text}" for one in texts]


def test_files_on_the_host() -> None:
    """Missing ones are refused, since Postfix would have no TLS at all; an open key is warned of."""
    wanted = host(tls_of("a", client_certificate=SHOWN))

    assert told(wanted, certificate="open", key="yes") == []
    assert told(wanted, certificate="no", key="open") == [
        "error postfix-no-file: there is no file /etc/ssl/our own.pem on this host",
        "warning postfix-open-key: everybody on this host can read the key /etc/ssl/our.key",
    ]
    assert told(wanted, "smtp_tls_chain_files = /x\n", certificate="open", key="yes") == [
        "error postfix-chain-files: main.cf: smtp_tls_chain_files beats the certificate of `client_certificate`"
    ]


def test_authorities_on_the_host() -> None:
    """A `ca_file` of the admin's machine is qmail's; Postfix is told of a file on the host."""
    usual = {"default.smtp_tls_CAfile": "-", "ca_bundle": "-"}
    assert told(with_authorities("/etc/isp.pem"), authorities="open", **usual) == []
    assert told(with_authorities("/etc/isp.pem"), authorities="no", **usual) == [
        "error postfix-no-file: there is no file /etc/isp.pem on this host"
    ]
    assert told(host(tls_of("a", ca="PEM"))) == [
        (
            "warning postfix-ca-file: `ca_file` of the relay a:587 is qmail's: "
            "Postfix checks its certificate by authorities of the host"
        )
    ]
    assert told(host(tls_of("a", "encrypt", ca="PEM"))) == []


def test_another_digest() -> None:
    """The admin's own fingerprints are of another kind: his setting is not replaced."""
    wanted, digest = host(tls_of("a", "fingerprint", fingerprints=(ONE,))), "smtp_tls_fingerprint_digest"

    assert told(wanted, f"{digest} = md5\n") == [
        "error postfix-fingerprint-digest: main.cf: smtp_tls_fingerprint_digest = md5, but `fingerprints` are SHA-256"
    ]
    assert told(wanted, f"{digest} = sha256\n") == []
    assert told(host(relay("a")), f"{digest} = md5\n") == []
    ours = settled(wanted).facts
    edited = ours.files[MAIN_CF].content or b""
    contents = {path: file.content for path, file in ours.files.items()}
    contents[MAIN_CF] = edited.replace(b"digest = sha256", b"digest = md5")
    assert contents[MAIN_CF] != edited
    assert [one.code for one in findings(wanted, facts(contents, ours.values), ())] == ["postfix-kept"]


def test_authorities_are_needed_all_the_same() -> None:
    """Whatever else the policy says."""
    (text,) = told(host(tls_of("a", tls_minimum="TLSv1.2")), ca_bundle="-")
    assert text.startswith("error postfix-no-ca: the certificate of [a.test]:587 is to be checked")
