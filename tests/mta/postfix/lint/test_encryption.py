"""Faults of TLS."""

from __future__ import annotations

import pytest

from relayconf.mta.postfix.lint.configuration import Seen
from tests.mta.postfix.lint.exhibits import ABSENT, MASTER, Exhibit, catalogue, seen, told
from tests.support.golden import Golden

EXHIBITS = {
    "tls-dane, and only": Exhibit(settings={"smtp_tls_security_level": "dane-only"}),
    "levels of old": Exhibit(
        settings={"smtp_tls_security_level": "", "smtp_use_tls": "yes", "smtp_sasl_security_options": "noanonymous"}
    ),
    "tls-file": Exhibit(files={"/etc/ssl/certs/ca-certificates.crt": ABSENT}),
    "tls-file 2": Exhibit(files={"/etc/ssl/certs/ca-certificates.crt": seen("nothing")}),
    "tls-file 3": Exhibit(
        settings={"smtp_tls_cert_file": "/c.pem", "smtp_tls_key_file": "/k.pem"},
        files={"/c.pem": ABSENT, "/k.pem": Seen(present=True)},
    ),
    "tls-no-ca": Exhibit(settings={"smtp_tls_CAfile": None}),
    "tls-no-ca 2": Exhibit(
        settings={
            "smtp_tls_CAfile": None,
            "smtp_tls_security_level": "may",
            "smtp_tls_policy_maps": "hash:/etc/postfix/p",
        },
        tables={"p": "[relay.test]:587 verify\n"},
    ),
    "tls-ca-chroot": Exhibit(
        settings={"smtp_tls_CAfile": None, "smtp_tls_CApath": "/etc/ssl/certs"},
        files={"/etc/ssl/certs": Seen(present=True, names=("a.0",)), "/var/spool/postfix/etc/ssl/certs": ABSENT},
    ),
    "tls-ca-chroot 2": Exhibit(
        settings={"smtp_tls_CAfile": None, "smtp_tls_CApath": "/etc/ssl/certs"},
        files={"/etc/ssl/certs": Seen(present=True)},
        master=MASTER.replace(" y ", " n "),
    ),
    "tls-policy-key": Exhibit(
        settings={"smtp_tls_policy_maps": "hash:/etc/postfix/p"},
        tables={"p": "relay.test encrypt\n[relay.test] encrypt\n[x encrypt\nother.test may\n"},
    ),
    "tls-policy-level": Exhibit(
        settings={"smtp_tls_policy_maps": "hash:/etc/postfix/p"},
        tables={"p": "[relay.test]:587 secured\nb.test secure matches=x\nc.test secure match=\n"},
    ),
    "tls-implicit": Exhibit(settings={"relayhost": "[relay.test]:465", "smtp_sasl_password_maps": "static:u:p"}),
    "tls-wrapped": Exhibit(settings={"smtp_tls_wrappermode": "yes"}),
    "tls-implicit 2": Exhibit(
        settings={
            "relayhost": "[relay.test]:2465",
            "smtp_sasl_password_maps": "static:u:p",
            "smtp_tls_wrappermode": "yes",
            "smtp_tls_security_level": "may",
        }
    ),
    "tls-dane": Exhibit(settings={"smtp_tls_security_level": "dane-only"}),
    "tls-dane 2": Exhibit(
        settings={"smtp_tls_policy_maps": "hash:/etc/postfix/p"}, tables={"p": "[relay.test]:587 dane\n"}
    ),
}
QUIET = (
    Exhibit(
        settings={"smtp_tls_policy_maps": "hash:/etc/postfix/p", "relayhost": "[relay.test]"},
        master=MASTER + "more unix - - y - - smtp -o smtp_fallback_relay=[relay.test]:25\n",
        tables={"p": "[relay.test] secure\n", "sasl_passwd": "relay.test u:geheim\n"},
    ),
    Exhibit(
        settings={"smtp_tls_security_level": "none", "smtp_sasl_security_options": "noplaintext"},
        files={"/etc/ssl/certs/ca-certificates.crt": ABSENT},
    ),
    Exhibit(settings={"smtp_tls_CAfile": None, "tls_append_default_CA": "yes"}),
    Exhibit(
        settings={"smtp_tls_CAfile": None, "smtp_tls_CApath": "/etc/ssl/certs"},
        files={"/var/spool/postfix/etc/ssl/certs": Seen(present=True, names=("a.0",))},
    ),
    Exhibit(
        settings={"smtp_tls_policy_maps": "hash:/etc/postfix/p"},
        tables={"p": "[relay.test]:587 secure match=nexthop:dot-nexthop, servername=x.test\n[relay.test]:465 secure\n"},
    ),
    Exhibit(settings={"smtp_tls_security_level": "dane", "smtp_dns_support_level": "dnssec"}),
    Exhibit(
        settings={
            "relayhost": "[relay.test]:465",
            "smtp_sasl_password_maps": "static:u:p",
            "smtp_tls_wrappermode": "yes",
            "smtp_tls_policy_maps": "mysql:/m",
        }
    ),
    Exhibit(settings={"smtp_tls_security_level": "", "smtp_sasl_security_options": "noplaintext"}),
)


def test_faults(golden: Golden) -> None:
    """What is said of each exhibit: how bad, code, place, text."""
    golden.check("postfix-lint/encryption.txt", catalogue(EXHIBITS))


@pytest.mark.parametrize("exhibit", QUIET)
def test_silence(exhibit: Exhibit) -> None:
    """What looks like a fault and is none."""
    assert told(exhibit) == []
