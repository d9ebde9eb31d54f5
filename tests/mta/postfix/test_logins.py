"""Credentials of senders, and tables that two states share."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from relayconf.mta.postfix.logins import clash, in_use, stored

PASSWORDS = {"[a.test]:587": "a:pw", "@x.test": "x:pw", "u@x.test": "u:pw", "@left.test": "l:pw"}
SENDERS = {
    "@x.test": "relayconf-b-senders-tls:[a.test]:587",
    "u@x.test": "smtp:[a.test]:587",
    "@y.test": "relayconf-senders:[a.test]:587",
    "@d.test": "DUNNO",
}


def test_which_are_there() -> None:
    """All but those by next hop; in use are those of a sender whose service asks for them."""
    assert stored(PASSWORDS) == {"@x.test": "x:pw", "u@x.test": "u:pw", "@left.test": "l:pw"}
    assert in_use({"senders": SENDERS, "sasl_passwd": PASSWORDS}) == {"@x.test": "x:pw"}


@pytest.mark.parametrize(
    ("one", "other", "is_clash"),
    [
        ({"@x.test": "1"}, {"@x.test": "1", "@y.test": "2"}, False),
        ({"@x.test": "1"}, {"@x.test": "2"}, True),
        ({"@x.test": "1"}, {"u@x.test": "1"}, True),
        ({"@x.test": "1"}, {"@x.test": "1", "u@x.test": "2"}, True),
        ({"@x.test": "1"}, {"u@y.test": "2"}, False),
        ({"u@x.test": "1"}, {"v@x.test": "2"}, False),
        ({"u@x.test": "1"}, {"u+list@x.test": "2"}, True),
        ({"u+list@x.test": "1"}, {"u+list@y.test": "2"}, False),
        ({}, {"@x.test": "1"}, False),
    ],
)
def test_clash(one: Mapping[str, str], other: Mapping[str, str], *, is_clash: bool) -> None:
    """Another password, or a row that hides a broader one of the other; whichever comes first."""
    assert clash(one, other) is clash(other, one) is is_clash
