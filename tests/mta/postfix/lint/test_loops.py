"""Mail that comes back, domains of two classes, and mail that is kept."""

from __future__ import annotations

import pytest

from tests.mta.postfix.lint.exhibits import MASTER, Exhibit, catalogue, seen, told
from tests.support.golden import Golden

EXHIBITS = {
    "relay-self": Exhibit(settings={"relayhost": "[mail1.lab.test]:25", "smtp_sasl_password_maps": "static:u:p"}),
    "relay-self 2": Exhibit(
        settings={"transport_maps": "hash:/etc/postfix/t", "mydestination": "$myhostname, own.test"},
        tables={
            "t": (
                "a.test smtp:[own.test]\nb.test smtp:[127.0.0.1]\nc.test smtp:[localhost]\n"
                "d.test smtp:[::1]:submission\n"
            )
        },
        master=MASTER + "[::]:submission inet n - y - - smtpd\n",
    ),
    "relay-self 3": Exhibit(
        settings={"transport_maps": "hash:/etc/postfix/t", "inet_interfaces": "192.0.2.1"},
        tables={"t": "a.test smtp:[192.0.2.1]\n"},
        master=MASTER.replace("smtpd", "postscreen"),
    ),
    "two-classes": Exhibit(
        settings={"virtual_alias_domains": "mail1.lab.test, a.test", "virtual_mailbox_domains": "a.test"}
    ),
    "parked": Exhibit(settings={"defer_transports": "smtp", "soft_bounce": "yes"}),
}
QUIET = (
    Exhibit(
        settings={"transport_maps": "hash:/etc/postfix/t"},
        tables={"t": "a.test smtp:[127.0.0.1]:10025\nb.test smtp:[x.test]:uucp\n"},
        files={
            "/var/spool/postfix/etc/services": seen("uucp 540/tcp\n"),
            "/etc/services": seen("smtp 25/tcp\nuucp 540/tcp\n"),
        },
        master=MASTER + "uucp inet n - y - - smtpd\n8 inet n - y - - spawn\n",
    ),
    Exhibit(
        settings={"transport_maps": "hash:/etc/postfix/t", "inet_interfaces": "192.0.2.1"},
        tables={"t": "a.test smtp:[127.0.0.1]\nb.test smtp:[192.0.2.2]\n"},
    ),
    Exhibit(
        settings={"virtual_alias_domains": "hash:/etc/postfix/d", "defer_transports": ""}, tables={"d": "localhost x\n"}
    ),
)


def test_faults(golden: Golden) -> None:
    """What is said of each exhibit: how bad, code, place, text."""
    golden.check("postfix-lint/loops.txt", catalogue(EXHIBITS))


@pytest.mark.parametrize("exhibit", QUIET)
def test_silence(exhibit: Exhibit) -> None:
    """What looks like a fault and is none."""
    assert told(exhibit) == []
