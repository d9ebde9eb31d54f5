"""Which domains are the host's own."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from relayconf.mta.postfix import live
from relayconf.mta.postfix.locality import Locality, locality
from relayconf.mta.postfix.names import MAIN_CF
from tests.mta.postfix.hosts import MAIN, facts


def found(more: bytes = b"", values: Mapping[str, str] | None = None) -> Locality:
    """The locality of a host with *more* in main.cf."""
    state = facts({MAIN_CF: MAIN + more}, values)
    return locality(live.read(state), state.values)


def test_mydestination() -> None:
    """As the host itself has expanded it, in lower case."""
    values = {"postfix.mydestination": "Mail1.lab.test, x.test"}

    assert found(values=values) == Locality(domains=frozenset({"mail1.lab.test", "x.test"}), is_whole=True)


def test_virtual_domains() -> None:
    """Named one by one they count, with `$name` in them expanded."""
    more = b"v = v1.test\nvirtual_alias_domains = $v v2.test\nvirtual_mailbox_domains = mail.$myhostname\n"

    assert found(more).domains >= {"v1.test", "v2.test", "mail.mail1.lab.test"}
    assert found(more).is_whole


@pytest.mark.parametrize(
    "more",
    [
        b"virtual_alias_domains = hash:/etc/postfix/domains, x.test\n",
        b"virtual_alias_maps = hash:/etc/postfix/virtual\n",
        b"virtual_mailbox_domains = /etc/postfix/domains\n",
        b"virtual_mailbox_maps = proxy:mysql:/etc/postfix/m.cf\n",
        b"virtual_alias_domains = ${x\n",
    ],
)
def test_tables(more: bytes) -> None:
    """Where a table or file may name more, the list is not whole."""
    assert not found(more).is_whole


def test_nothing_is_local() -> None:
    """A host that delivers nothing itself has said all."""
    assert found(values={"postfix.mydestination": "-"}) == Locality(domains=frozenset(), is_whole=True)


def test_no_answer() -> None:
    """A host that did not say is not whole either."""
    assert not found(values={"postfix.mydestination": ""}).is_whole
