"""Faults of passwords."""

from __future__ import annotations

import pytest

from relayconf.mta.postfix.lint.configuration import Seen
from tests.mta.postfix.lint.exhibits import MASTER, PASSWORDS, Exhibit, catalogue, seen, told
from tests.support.golden import Golden

EXHIBITS = {
    "sasl-no-table": Exhibit(settings={"smtp_sasl_password_maps": None}),
    "sasl-off": Exhibit(settings={"smtp_sasl_auth_enable": "no"}),
    "sasl-off 2": Exhibit(
        master=MASTER + "slow unix - - y - - smtp -o smtp_sasl_auth_enable=no -o smtp_sasl_password_maps=static:x:y\n"
    ),
    "sasl-key": Exhibit(tables={"sasl_passwd": "relay.test:587 user:geheim\n"}),
    "sasl-key 2": Exhibit(
        tables={
            "sasl_passwd": (
                "[Relay.test] user:geheim\n[relay.test]:465 user:geheim\n[x user:geheim\nother.test u:geheim\n"
            )
        }
    ),
    "sasl-missing": Exhibit(tables={"sasl_passwd": "other.test user:geheim\n"}),
    "sasl-shadow": Exhibit(tables={"sasl_passwd": "[relay.test]:587 user:geheim\nrelay.test user:alt-geheim\n"}),
    "sasl-sender-key": Exhibit(tables={"sasl_passwd": "[relay.test]:587 user:geheim\n@x.test u:geheim\n"}),
    "sasl-value": Exhibit(tables={"sasl_passwd": "[relay.test]:587 user geheim\na.test :geheim\nb.test user:\n"}),
    "sasl-mechanism": Exhibit(settings={"smtp_sasl_mechanism_filter": "xoauth2"}),
    "sasl-plugin": Exhibit(plugins=frozenset({"anonymous", "cram-md5"})),
    "sasl-mechanism 2": Exhibit(settings={"smtp_sasl_mechanism_filter": "plain"}, plugins=frozenset()),
    "sasl-noplaintext": Exhibit(settings={"smtp_sasl_tls_security_options": None}),
    "sasl-noplaintext 2": Exhibit(settings={"smtp_sasl_tls_security_options": "noplaintext"}),
    "sasl-clear": Exhibit(settings={"smtp_sasl_security_options": "noanonymous", "smtp_tls_security_level": "may"}),
    "sasl-open": Exhibit(
        files={
            "/etc/postfix/sasl_passwd": seen(PASSWORDS),
            "/etc/postfix/sasl_passwd.db": Seen(present=True, mode=0o640, time=1),
        }
    ),
}
QUIET = (
    Exhibit(settings={"smtp_sasl_mechanism_filter": "!plain, /x/"}, plugins=frozenset({"login"})),
    Exhibit(
        settings={
            "smtp_sasl_security_options": "noanonymous",
            "smtp_tls_policy_maps": "mysql:/m",
            "smtp_tls_security_level": "may",
        }
    ),
    Exhibit(
        settings={
            "smtp_sasl_security_options": "noanonymous",
            "smtp_tls_policy_maps": "hash:/etc/postfix/p",
            "transport_maps": "hash:/etc/postfix/t",
        },
        tables={"p": "[open.test] may\n", "t": "a.test smtp:[open.test]\n"},
    ),
    Exhibit(files={"/etc/postfix/sasl_passwd": seen(PASSWORDS)}, is_live=False),
    Exhibit(tables={"sasl_passwd": "relay.test user:geheim\n"}),
    Exhibit(tables={"sasl_passwd": "[relay.test]:587 user:geheim\nrelay.test user:geheim\n"}),
    Exhibit(
        tables={"sasl_passwd": "[relay.test]:587 user:geheim\n@x.test u:geheim\n"},
        settings={"smtp_sender_dependent_authentication": "yes"},
    ),
    Exhibit(
        tables={"sasl_passwd": "[relay.test]:587 user:geheim\n@x.test u:geheim\n"},
        master=MASTER + "own unix - - y - - smtp -o smtp_sender_dependent_authentication=yes\n",
    ),
    Exhibit(settings={"smtp_sasl_password_maps": "proxy:mysql:/etc/postfix/m.cf"}),
    Exhibit(settings={"relayhost": "[relay.test]"}, tables={"sasl_passwd": "other.test u:geheim\n"}),
    Exhibit(settings={"smtp_sasl_mechanism_filter": "!xoauth2, cram-md5"}),
    Exhibit(settings={"smtp_sasl_mechanism_filter": "xoauth2"}, plugins=None),
    Exhibit(settings={"smtp_sasl_mechanism_filter": "cram-md5"}, plugins=frozenset({"cram-md5"})),
    Exhibit(
        settings={
            "smtp_sasl_security_options": "noanonymous",
            "smtp_tls_security_level": "may",
            "smtp_tls_policy_maps": "hash:/etc/postfix/p",
        },
        tables={"p": "[relay.test]:587 encrypt\n"},
    ),
    Exhibit(
        settings={
            "smtp_sasl_security_options": "noanonymous",
            "smtp_tls_security_level": "may",
            "relayhost": "[127.0.0.1]:2525",
        },
        tables={"sasl_passwd": "127.0.0.1 u:geheim\n"},
    ),
)


def test_faults(golden: Golden) -> None:
    """What is said of each exhibit: how bad, code, place, text."""
    golden.check("postfix-lint/credentials.txt", catalogue(EXHIBITS))


@pytest.mark.parametrize("exhibit", QUIET)
def test_silence(exhibit: Exhibit) -> None:
    """What looks like a fault and is none."""
    assert told(exhibit) == []
