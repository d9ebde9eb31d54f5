"""Faults of where mail goes."""

from __future__ import annotations

import pytest

from relayconf.mta.postfix.lint.configuration import Seen
from tests.mta.postfix.lint.exhibits import ABSENT, MASTER, Exhibit, catalogue, told
from tests.support.golden import Golden

EXHIBITS = {
    "transport-unknown": Exhibit(
        settings={
            "default_transport": "smtps",
            "relay_transport": "rely:[x]",
            "content_filter": "scan:[127.0.0.1]:10024",
            "defer_transports": "uucp",
        }
    ),
    "transport-unknown 2": Exhibit(
        settings={"transport_maps": "hash:/etc/postfix/t"},
        tables={"t": "a.test mailer:[x]\nb.test :[x]\nc.test :\nd.test smtp:\n"},
    ),
    "transport-unknown 3": Exhibit(master=MASTER + "2525 inet n - n - - smtpd -o content_filter=scan:x -o smtpd_x=\n"),
    "nexthop": Exhibit(settings={"relayhost": "[relay.test:587", "smtp_sasl_password_maps": "static:u:p"}),
    "nexthop 2": Exhibit(
        settings={"transport_maps": "hash:/etc/postfix/t"},
        tables={
            "t": (
                "a.test smtp:[x.test]587\nb.test smtp:x.test:smtp:587\nc.test smtp:x.test:70000\n"
                "d.test smtp:x.test:25x\ne.test smtp::25\nf.test smtp:-x.test\n"
                "g.test smtp:1.2.3\nh.test smtp:2001:db8::1\n"
            )
        },
    ),
    "nexthop 3": Exhibit(
        settings={"transport_maps": "hash:/etc/postfix/t"},
        tables={"t": "a.test smtp:[x.test]:submission\nb.test smtp:[x.test]:amavis\nc.test smtp:[x.test]:mail\n"},
    ),
    "nexthop 4": Exhibit(
        settings={"transport_maps": "hash:/etc/postfix/t"},
        tables={"t": "a.test smtp:[x.test]:smtp\n"},
        files={"/var/spool/postfix/etc/services": ABSENT},
    ),
    "nexthop 5": Exhibit(
        settings={"transport_maps": "hash:/etc/postfix/t"},
        tables={"t": "a.test smtp:[x.test]:smtps-x\n"},
        files={"/var/spool/postfix/etc/services": Seen(present=True)},
    ),
    "nexthop-family": Exhibit(
        settings={
            "inet_protocols": "ipv4",
            "smtp_fallback_relay": "[2001:db8::1], [192.0.2.1]",
            "smtp_tls_security_level": "may",
            "smtp_sasl_security_options": "noplaintext",
        }
    ),
    "nexthop-mx": Exhibit(
        settings={"relayhost": "relay.test:587", "smtp_sasl_password_maps": "hash:/etc/postfix/p"},
        tables={"p": "relay.test:587 u:p\n"},
    ),
    "transport-key": Exhibit(
        settings={"transport_maps": "hash:/etc/postfix/t"},
        tables={"t": '@a.test :\n*.b.test :\nc.test. :\n"d e"@x.test :\n. :\n'},
    ),
    "transport-key 2": Exhibit(
        settings={"transport_maps": "hash:/etc/postfix/t", "parent_domain_matches_subdomains": "transport_maps"},
        tables={"t": ".a.test :\n"},
    ),
    "transport-wildcard": Exhibit(
        settings={
            "transport_maps": "hash:/etc/postfix/t",
            "mydestination": "$myhostname, localhost, hash:/etc/postfix/d",
        },
        tables={"t": "* smtp:[x.test]\nlocalhost :\n", "d": "x ok\n"},
    ),
    "sender-key": Exhibit(
        settings={
            "sender_dependent_relayhost_maps": "hash:/etc/postfix/s",
            "sender_dependent_default_transport_maps": "hash:/etc/postfix/d",
        },
        tables={
            "s": "x.test [y.test]:587\n@z.test DUNNO\nroot [y.test]:25\n<> [y.test]:25\n",
            "d": "x.test smtp:[y.test]:25\n",
        },
    ),
    "relayhost-beaten": Exhibit(
        settings={
            "default_transport": "smtp:[relay.test]:587",
            "sender_dependent_relayhost_maps": "hash:/etc/postfix/s",
        },
        tables={"s": "@x.test [relay.test]:587\n"},
    ),
    "content-filter": Exhibit(settings={"content_filter": "smtp:[127.0.0.1]:10024"}),
    "null-sender": Exhibit(
        settings={"sender_dependent_relayhost_maps": "hash:/etc/postfix/s", "relayhost": None},
        tables={"s": "@x.test [relay.test]:587\n"},
    ),
}
QUIET = (
    Exhibit(settings={"default_transport": "smtps"}, master=None),
    Exhibit(settings={"transport_maps": "hash:/etc/postfix/t"}, tables={"t": "* :\n"}),
    Exhibit(
        settings={"transport_maps": "hash:/etc/postfix/t, regexp:/etc/postfix/r"}, tables={"t": "* smtp:[x.test]\n"}
    ),
    Exhibit(settings={"transport_maps": "hash:/etc/postfix/t", "mydestination": ""}, tables={"t": "* smtp:[x.test]\n"}),
    Exhibit(
        settings={"transport_maps": "hash:/etc/postfix/t"},
        tables={
            "t": (
                "a.test smtp:[IPv6:2001:db8::1]:25, [192.0.2.1], x_y.test:25\n"
                "b.test error:5.1.1 [no\nu@c.test local\n.d.test smtp:[münchen.test]\n"
            )
        },
    ),
    Exhibit(
        settings={"sender_dependent_relayhost_maps": "hash:/etc/postfix/s", "relayhost": None},
        tables={"s": "@x.test [relay.test]:587\n<> [relay.test]:587\n"},
    ),
    Exhibit(
        settings={"sender_dependent_relayhost_maps": "hash:/etc/postfix/s, static:[y.test]:25", "relayhost": None},
        tables={"s": "@x.test [relay.test]:587\n"},
    ),
    Exhibit(settings={"default_transport": "error:5.7.1 no mail from here"}),
    Exhibit(settings={"default_transport": "smtp:[relay.test]:587", "relayhost": None}),
)


def test_faults(golden: Golden) -> None:
    """What is said of each exhibit: how bad, code, place, text."""
    golden.check("postfix-lint/routing.txt", catalogue(EXHIBITS))


@pytest.mark.parametrize("exhibit", QUIET)
def test_silence(exhibit: Exhibit) -> None:
    """What looks like a fault and is none."""
    assert told(exhibit) == []
