"""A Postfix that does what the inventory says before relayconf ever wrote to it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from relayconf.facts import Facts
from relayconf.files import DesiredFile
from relayconf.model import Direct, Host, Internal, Local, Mx, Nexthop, Smarthost, TlsLevel
from relayconf.mta.postfix import desired, findings, render
from relayconf.mta.postfix.names import MAIN_CF, RECORD, theirs
from tests.mta.postfix.hosts import BUILT_IN, MAIN, facts, host, relay, secret
from tests.support.facts import actual

SASL, POLICY, TRANSPORT = b"[isp.test]:587 isp:pw\n", b"[isp.test]:587 secure\n", b"in.test smtp:[192.0.2.10]\n"
BY_HAND = MAIN.replace(b"relayhost =", b"relayhost = [isp.test]:587") + (
    b"relay_domains = in.test\n"
    b"smtp_sasl_auth_enable = yes\n"
    b"smtp_sasl_password_maps = hash:/etc/postfix/sasl\n"
    b"smtp_sasl_security_options = noanonymous\n"
    b"smtp_tls_policy_maps = hash:${config_directory}/policy\n"
    b"smtp_tls_CAfile = /etc/ssl/ca.pem\n"
    b"transport_maps = hash:/etc/postfix/transport\n"
)
DOMAINS = {"in.test": Internal(nexthop=Nexthop(host="192.0.2.10"))}


def by_hand(main: bytes = BY_HAND, **more: bytes) -> Facts:
    """The host as its admin configured it."""
    tables = {
        "smtp_sasl_password_maps": SASL,
        "smtp_tls_policy_maps": POLICY,
        "transport_maps": TRANSPORT,
        **more,
    }
    there = facts({MAIN_CF: main})
    files = {theirs(name): actual(theirs(name), content) for name, content in tables.items()}
    return replace(there, files={**there.files, **files})


def wished(there: Facts, wish: Host | None = None) -> tuple[DesiredFile, ...]:
    """The files that are desired there."""
    wish = wish or replace(host(relay("isp")), domains=DOMAINS)
    return tuple(desired(wish, there, render(wish, BUILT_IN, secret)))


def test_nothing_is_desired() -> None:
    """And it is told."""
    there = by_hand()

    assert wished(there) == ()
    notes = [item.text for item in findings(host(relay("isp")), there, ()) if item.code == "postfix-kept"]
    assert notes == ["mail goes as the inventory says already, by main.cf as it is: it stays until that changes"]


@pytest.mark.parametrize(
    "there",
    [
        by_hand(BY_HAND.replace(b"587", b"25")),
        by_hand(BY_HAND.replace(b"[isp.test]", b"isp.test")),
        by_hand(BY_HAND.replace(b"noanonymous", b"noplaintext")),
        by_hand(BY_HAND.replace(b"smtp_tls_CAfile", b"# smtp_tls_CAfile")),
        by_hand(BY_HAND.replace(b"smtp_sasl_auth_enable", b"# no")),
        by_hand(smtp_sasl_password_maps=SASL.replace(b"pw", b"other")),
        by_hand(smtp_tls_policy_maps=POLICY.replace(b"secure", b"encrypt")),
        by_hand(transport_maps=TRANSPORT.replace(b".10", b".11")),
        by_hand(transport_maps=b"x.test\0smtp:\n"),
        by_hand(BY_HAND + b"default_transport = uucp:\n"),
        by_hand(BY_HAND.replace(b"hash:/etc/postfix/transport", b"${x")),
        by_hand(BY_HAND + b"relayconf_maps = /etc/postfix/relayconf/7\n"),
    ],
)
def test_what_differs_is_done(there: Facts) -> None:
    """Each of the things that count."""
    assert any(file.path == MAIN_CF for file in wished(there))


@pytest.mark.parametrize(
    "there",
    [
        by_hand(transport_maps=TRANSPORT + b"x.test smtp:\n"),
        by_hand(BY_HAND + b"smtp_generic_maps = inline:{a@b.test=c@d.test}\n"),
        by_hand(BY_HAND + b"sender_dependent_relayhost_maps = inline:{@a.test=[x.test]}\n"),
    ],
)
def test_what_would_stay_in_any_case(there: Facts) -> None:
    """Rows of the admin's that the inventory does not name: no table of theirs is ever taken away."""
    assert wished(there) == ()


def test_what_relayconf_wrote_to_is_its_own() -> None:
    """There is a record of it."""
    there = by_hand()
    record = actual(RECORD, b"relayhost\t[isp.test]:587\t2026-11-24\n")

    assert wished(replace(there, files={**there.files, RECORD: record})) != ()


def test_dnssec() -> None:
    """DANE needs the resolver to be told."""
    main = BY_HAND.replace(b"smtp_tls_policy_maps", b"# no").replace(b"= may", b"= dane") + b"smtp_tls_policy_maps =\n"
    main = main.replace(b"level=may", b"level=dane")
    target = relay("isp", tls=TlsLevel.DANE)
    wish = replace(host(target), domains=DOMAINS)

    assert wished(by_hand(main), wish) != ()
    assert wished(by_hand(main + b"smtp_dns_support_level = dnssec\n"), wish) == ()


def test_domains_by_mx() -> None:
    """A row for one that goes by MX anyway changes nothing now."""
    there = facts({MAIN_CF: MAIN + b"relay_domains = backup.test\n"})
    wish = replace(host(Direct()), domains={"backup.test": Mx(), "mail1.lab.test": Local()})

    assert wished(there, wish) == ()
    assert isinstance(relay("isp"), Smarthost)
