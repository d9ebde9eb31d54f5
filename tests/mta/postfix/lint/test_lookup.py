"""Faults of lookup tables."""

from __future__ import annotations

import pytest

from relayconf.mta.postfix.lint.configuration import Seen
from tests.mta.postfix.lint.exhibits import ABSENT, MASTER, Exhibit, catalogue, seen, told
from tests.support.golden import Golden

EXHIBITS = {
    "table-form": Exhibit(
        settings={"transport_maps": "/etc/postfix/transport", "canonical_maps": "hahs:/etc/postfix/c"}
    ),
    "table-type": Exhibit(
        settings={"transport_maps": "lmdb:/etc/postfix/t", "virtual_alias_maps": "proxy:mysql:/etc/postfix/m.cf"},
        types=frozenset({"hash", "pcre"}),
    ),
    "table-unbuilt": Exhibit(
        settings={"transport_maps": "hash:/etc/postfix/t"},
        files={"/etc/postfix/t": seen(""), "/etc/postfix/t.db": ABSENT},
    ),
    "table-missing": Exhibit(
        settings={"transport_maps": "hash:/etc/postfix/t"},
        files={"/etc/postfix/t": ABSENT, "/etc/postfix/t.db": ABSENT},
    ),
    "table-missing 2": Exhibit(
        settings={"header_checks": "regexp:/etc/postfix/h", "alias_maps": "hash:/etc/aliases"},
        files={"/etc/postfix/h": ABSENT, "/etc/aliases": seen("x: y\n"), "/etc/aliases.db": ABSENT},
    ),
    "table-stale": Exhibit(
        settings={"transport_maps": "hash:/etc/postfix/t"},
        files={"/etc/postfix/t": seen("", time=9), "/etc/postfix/t.db": seen("", time=8)},
    ),
    "table-line": Exhibit(
        settings={"smtp_generic_maps": "hash:/etc/postfix/g"},
        tables={"g": '  lost@x.test a@y.test\nroot\nb@x.test: a@y.test\n"c d@x.test a@y.test\n'},
    ),
    "table-duplicate": Exhibit(
        settings={"smtp_generic_maps": "hash:/etc/postfix/g"}, tables={"g": "a@x.test 1@y.test\nA@x.test 2@y.test\n"}
    ),
    "table-unavailable": Exhibit(
        settings={"transport_maps": "texthash:/etc/postfix/g"}, tables={"g": "x.test :\nX.test smtp:\n"}
    ),
    "table-line 2": Exhibit(settings={"transport_maps": "hash:/etc/postfix/g"}, tables={"g": "x.test :\0\n"}),
    "table-unbuilt 2": Exhibit(
        settings={"smtpd_recipient_restrictions": "check_client_access hash:/etc/postfix/c, reject"},
        files={"/etc/postfix/c": seen("x OK\n"), "/etc/postfix/c.db": ABSENT},
    ),
    "table-unbuilt 3": Exhibit(
        master=MASTER + "slow unix - - y - - smtp -o smtp_tls_policy_maps=hash:/etc/postfix/p\n",
        files={"/etc/postfix/p": seen(""), "/etc/postfix/p.db": ABSENT},
    ),
}
QUIET = (
    Exhibit(
        settings={"transport_maps": "hash:/etc/postfix/t"},
        files={"/etc/postfix/t": seen("", time=9), "/etc/postfix/t.db": seen("", time=8)},
        is_live=False,
    ),
    Exhibit(settings={"transport_maps": "hash:relative"}, files={"relative": ABSENT, "relative.db": ABSENT}),
    Exhibit(
        settings={"mydestination": "/etc/postfix/domains, hash:/etc/postfix/d, $myhostname", "relayconf_a_maps": "x"},
        tables={"d": "x.test OK\n"},
    ),
    Exhibit(
        settings={
            "virtual_alias_maps": "proxy:ldap:/etc/postfix/l.cf inline:{ a@x.test=b }, static:x",
            "header_checks": "regexp:/h",
        },
        types=frozenset({"hash", "ldap"}),
    ),
    Exhibit(
        settings={"transport_maps": "hash:relative, texthash:/etc/postfix/t, hash:/elsewhere"},
        files={"/etc/postfix/t": seen("#\n")},
    ),
    Exhibit(
        settings={"alias_maps": "hash:/etc/aliases"},
        files={"/etc/aliases": seen("root: x\nroot: y\n"), "/etc/aliases.db": Seen(present=True, time=1)},
    ),
)


def test_faults(golden: Golden) -> None:
    """What is said of each exhibit: how bad, code, place, text."""
    golden.check("postfix-lint/lookup.txt", catalogue(EXHIBITS))


@pytest.mark.parametrize("exhibit", QUIET)
def test_silence(exhibit: Exhibit) -> None:
    """What looks like a fault and is none."""
    assert told(exhibit) == []
