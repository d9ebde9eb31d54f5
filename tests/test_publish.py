"""One domain's records at a real BIND, from the plan to what is published."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from relayconf.dns import Server
from relayconf.dnsupdate import read_txt, swap_txt
from relayconf.errors import RecordChanged
from relayconf.inventory import load
from relayconf.model import Inventory
from relayconf.publish import carry_out, plan_exchange
from relayconf.spf.lookup import Answer, Outcome
from tests.support.bind import KEY, bind
from tests.support.spf_zone import Zone

OLD, NEW = "v=spf1 a -all", "v=spf1 a ip4:192.0.2.1 -all"
# The resolver still has a record that is long gone.
STALE = Zone(names={"kamata-net.com": {"TXT": ["v=spf1 ip4:192.0.2.1 -all"], "A": ["192.0.2.9"]}})
RECORDS = [f'{name} IN TXT "{text}"' for name in ("@", "moved", "calm") for text in ("x=y", OLD)]


@pytest.fixture(name="here", scope="module")
def _here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    extra = ('fine IN TXT "v=spf1 ip4:192.0.2.1 -all"', 'broken IN TXT "v=spf1 nonsense"')
    with bind(tmp_path_factory.mktemp("bind"), *RECORDS, *extra) as here:
        yield here.server


@pytest.fixture(name="wish")
def _wish(tmp_path: Path) -> Inventory:
    path = tmp_path / "inventory.yaml"
    path.write_text("version: 1\nhosts: {edge: {address: 192.0.2.1, mta: postfix, relay: direct}}\n", encoding="utf-8")
    return load(path)


def lookup(name: str, kind: str) -> Answer:
    """A resolver that knows a stale record, and each name's address."""
    return STALE(name, kind) if name == "kamata-net.com" else Answer(outcome=Outcome.NODATA)


def test_planned_of_what_the_server_has(here: Server, wish: Inventory) -> None:
    """Not of what a resolver remembers; then published, and the other record stays."""
    planned = plan_exchange(wish, "kamata-net.com", here, lookup)
    done = carry_out(planned, here, KEY)

    assert planned.plan is not None
    assert (planned.plan.live, planned.plan.record, planned.is_published) == ((OLD,), NEW, False)
    assert (done.is_published, done.is_wrong) == (True, False)
    assert read_txt(here, "kamata-net.com").texts == (NEW, "x=y")


def test_moved_between_plan_and_exchange(here: Server, wish: Inventory) -> None:
    """It ends with the error, and what somebody else wrote stays."""
    planned = plan_exchange(wish, "moved.kamata-net.com", here, lookup)
    before = read_txt(here, "moved.kamata-net.com")
    theirs = replace(before, records=before.records | {(b"z=1",)})
    swap_txt(here, before, theirs, KEY)
    done = carry_out(planned, here, KEY)

    assert (type(done.error), done.is_published, done.is_wrong) == (RecordChanged, False, True)
    assert read_txt(here, "moved.kamata-net.com") == theirs


def test_nothing_to_do(here: Server, wish: Inventory) -> None:
    """Nothing is sent; nor for a record that a human has to put right, nor for a name that cannot be read."""
    fine = plan_exchange(wish, "fine.kamata-net.com", here, lookup)
    broken = plan_exchange(wish, "broken.kamata-net.com", here, lookup)
    elsewhere = plan_exchange(wish, "elsewhere.example", here, lookup)

    assert (fine.after, fine.is_wrong, carry_out(fine, here, KEY)) == (None, False, fine)
    assert (broken.after, broken.is_wrong, carry_out(broken, here, KEY)) == (None, True, broken)
    assert (elsewhere.plan, elsewhere.is_wrong, carry_out(elsewhere, here, KEY)) == (None, True, elsewhere)


def test_a_first_record(here: Server, wish: Inventory) -> None:
    """Where there was no name before."""
    planned = plan_exchange(wish, "first.kamata-net.com", here, lookup)
    done = carry_out(planned, here, KEY)

    assert done.is_published
    assert read_txt(here, "first.kamata-net.com").texts == ("v=spf1 ip4:192.0.2.1 ~all",)
