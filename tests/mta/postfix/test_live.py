"""The host's state from facts."""

from __future__ import annotations

import pytest

from relayconf.errors import MainCfError, ObserveError
from relayconf.facts import Facts
from relayconf.mta.postfix import live
from relayconf.mta.postfix.names import MAIN_CF, MASTER_CF, RECORD
from relayconf.mta.postfix.ownership import Owned
from tests.mta.postfix.hosts import MAIN, MASTER, facts


def test_a_fresh_host() -> None:
    """Nothing of relayconf's, and what the host said of itself."""
    found = live.read(facts())

    assert (found.main, found.master, found.directory, found.lane) == (MAIN, MASTER, None, "")
    assert (found.config_directory, found.database_type, found.next_generation) == ("/etc/postfix", "hash", 1)
    assert (found.date, found.ca_bundle) == ("2026-11-24", "/etc/ssl/certs/ca-certificates.crt")
    assert found.tables == {"transport": {}, "senders": {}, "sasl_passwd": {}, "tls_policy": {}, "generic": {}}
    assert (found.contents, found.record, found.services, found.owned()) == ({}, {}, frozenset(), {})
    assert (found.value("relayhost"), found.value("smtp_x")) == ("", None)


def test_a_managed_host() -> None:
    """The generation in use, its tables, our services, the record and what it owns."""
    main = MAIN + b"relayconf_maps = /etc/postfix/relayconf/7\nrelayconf_b_maps = $relayconf_maps\n"
    found = live.read(
        facts(
            {
                MAIN_CF: main,
                MASTER_CF: MASTER + b"relayconf-b unix - - y - - smtp\n",
                RECORD: b"relayhost\t[a.test]:587\t2026-11-01\n",
                "postfix:live/sasl_passwd": b"# x\n[A.test]:587 u:p\n",
            }
        )
    )

    assert (found.directory, found.lane, found.services) == (
        "/etc/postfix/relayconf/7",
        "b",
        frozenset({"relayconf-b"}),
    )
    assert found.tables["sasl_passwd"] == {"[a.test]:587": "u:p"}
    assert found.record == {"relayhost": Owned(applied="[a.test]:587", date="2026-11-01")}
    assert found.owned() == {
        "relayhost": "",
        "relayconf_maps": "/etc/postfix/relayconf/7",
        "relayconf_b_maps": "$relayconf_maps",
    }
    assert "u:p" not in repr(found)


def test_a_host_that_says_little() -> None:
    """Facts that are empty or missing have their usual values."""
    found = live.read(Facts(values={"postfix.ca_bundle": "-", "postfix.config_directory": "-"}, files={}))

    assert (found.config_directory, found.database_type, found.next_generation) == ("/etc/postfix", "hash", 1)
    assert (found.ca_bundle, found.date) == ("", "-")


def test_broken() -> None:
    """What Postfix dies on is said."""
    with pytest.raises(MainCfError, match="line 1: no `name = value`"):
        live.read(facts({MAIN_CF: b"broken\n"}))


@pytest.mark.parametrize("number", ["x", "0", "12345678901", "-1", "1 2"])
def test_a_number_of_a_generation_that_is_none(number: str) -> None:
    """The host's words are doubted before they become part of a path."""
    with pytest.raises(ObserveError, match="the number of a generation"):
        live.read(facts(values={"postfix.next_generation": number}))
