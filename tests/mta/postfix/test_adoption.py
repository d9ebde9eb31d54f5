"""What the first plan says of an admin's own main.cf."""

from __future__ import annotations

from dataclasses import replace

import pytest

from relayconf.model import Direct, Host
from relayconf.mta.postfix import desired, render, takes_over
from relayconf.mta.postfix.adoption import findings
from relayconf.mta.postfix.live import read
from relayconf.mta.postfix.names import MAIN_CF
from tests.mta.postfix.hosts import BUILT_IN, MAIN, State, facts, host, relay, secret, sender, settled, tls_of
from tests.mta.postfix.test_tls import SHOWN

ROUTED = host(relay("a"), routes={"x.test": Direct()})
BACK = "`relayconf rollback` brings it back"
LATER = "the old value comes back when the inventory needs the new one no longer"


def told(wanted: Host, main: str) -> list[str]:
    """The notes of a first plan, as severity, code and text."""
    found = facts({MAIN_CF: MAIN.replace(b"relayhost =\n", b"") + main.encode()})
    files = desired(wanted, found, render(wanted, BUILT_IN, secret))
    return [f"{one.severity} {one.code}: {one.text}" for one in findings(wanted, read(found), files)]


def test_the_three_kinds() -> None:
    """Each in one note, with both values; blanks are squeezed."""
    main = (
        "relayhost =\n  [old.isp]:587\ntransport_maps = hash:/etc/postfix/transport\n"
        "smtp_sasl_password_maps = hash:/etc/postfix/sasl, hash:/b\n"
        "smtp_sasl_auth_enable = no\nsmtp_sasl_tls_security_options = $smtp_sasl_security_options\n"
    )

    assert told(ROUTED, main) == [
        f"note postfix-relayhost-replaced: main.cf: relayhost = [old.isp]:587 is replaced by [a.test]:587; {BACK}",
        (
            "note postfix-maps-composed: main.cf: smtp_sasl_password_maps: the admin's hash:/etc/postfix/sasl, hash:/b "
            "stays behind relayconf's table; transport_maps: the admin's hash:/etc/postfix/transport stays behind "
            "relayconf's table"
        ),
        (
            "note postfix-replaced: main.cf: smtp_sasl_auth_enable = no becomes yes; smtp_sasl_tls_security_options = "
            f"$smtp_sasl_security_options becomes noanonymous; {LATER}"
        ),
    ]


@pytest.mark.parametrize(
    ("wanted", "main", "texts"),
    [
        (
            host(),
            "relayhost = [old.isp]:587",
            [f"note postfix-relayhost-replaced: main.cf: relayhost = [old.isp]:587 is emptied; {BACK}"],
        ),
        (
            host(relay("a")),
            "smtp_sasl_password_maps = static:user:s3cret",
            [
                (
                    "note postfix-maps-composed: main.cf: smtp_sasl_password_maps: the admin's static:… stays behind "
                    "relayconf's table"
                )
            ],
        ),
        (
            host(relay("a")),
            f"relayhost = [{'x' * 90}]",
            [
                (
                    f"note postfix-relayhost-replaced: main.cf: relayhost = [{'x' * 79}… is replaced by "
                    f"[a.test]:587; {BACK}"
                )
            ],
        ),
        (host(relay("a")), "relayhost = [a.test]:587\nsmtp_sasl_auth_enable = yes", []),
        (host(relay("a")), "relayhost =\ntransport_maps = hash:/t\nsmtp_sasl_auth_enable =", []),
        (host(relay("a", 465)), "default_transport = out\nrelay_transport = out", []),
        (replace(host(relay("a")), settings={"smtp_helo_name": "m.test"}), "smtp_helo_name = h.test", []),
    ],
)
def test_one_kind(wanted: Host, main: str, texts: list[str]) -> None:
    """Nothing is said of what stays, is empty, or crosses a limit; a password is not shown."""
    assert told(wanted, main + "\n") == texts


def test_a_hostile_value() -> None:
    """Is quoted."""
    assert told(host(), "relayhost = [\x1b]\n") == [
        rf"note postfix-relayhost-replaced: main.cf: relayhost = [\x1b] is emptied; {BACK}"
    ]


def test_many() -> None:
    """Five of a kind, and how many more."""
    speech = {
        "empty_address_default_transport_maps_lookup_key": "x",
        "smtp_dns_support_level": "enabled",
        "smtp_sasl_auth_enable": "no",
        "smtp_sasl_security_options": "noplaintext",
        "smtp_sasl_tls_security_options": "noplaintext",
        "smtp_tls_cert_file": "/mine.pem",
    }
    main = "".join(f"{name} = {value}\n" for name, value in speech.items())
    routes = {"x.test": relay("b", tls="may"), "y.test": tls_of("c", client_certificate=SHOWN)}
    wanted = host(relay("a", tls="dane"), routes=routes, senders={"<>": sender(Direct())})
    (note,) = told(wanted, main)

    assert note.count(" becomes ") == 5
    assert note.endswith(f"smtp_sasl_tls_security_options = noplaintext becomes noanonymous; and 1 more; {LATER}")


def test_a_relayhost_with_a_password_crosses_no_limit() -> None:
    """To name another is what relayconf is for; the password stays where it was."""
    main = MAIN + b"relayhost = [old.isp]:587\nsmtp_sasl_auth_enable = yes\nsmtp_sasl_password_maps = hash:/etc/sasl\n"
    found = facts({MAIN_CF: main})

    assert takes_over(ROUTED, found, desired(ROUTED, found, render(ROUTED, BUILT_IN, secret))) == ()


def test_only_the_first_time() -> None:
    """Once there is a record, or a generation, main.cf is told of by drift."""
    main = MAIN.replace(b"relayhost =", b"relayhost = [old.isp]:587")
    after = settled(ROUTED, State(facts=facts({MAIN_CF: main})))
    left = facts({MAIN_CF: main + b"relayconf_maps = /etc/postfix/relayconf/1\n"})

    direct = settled(host(), after)
    by_hand = direct.content(MAIN_CF).replace(b"relayhost = \n", b"relayhost = [human.test]\n")
    contents = {path: file.content for path, file in direct.facts.files.items()}
    edited = facts({**contents, MAIN_CF: by_hand}, direct.facts.values)

    assert b"[human.test]" in by_hand
    for found in (after.facts, left, edited):
        for wanted in (ROUTED, host(relay("b"))):
            files = desired(wanted, found, render(wanted, BUILT_IN, secret))
            assert list(findings(wanted, read(found), files)) == []
