"""Waves: the canary first, every host once, and how many may fail."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relayconf.model import Host, MtaName
from relayconf.waves import Canary, Wave, is_at_once, make_waves
from tests.support.hosts import qmail_host

MTA = {"q": MtaName.QMAIL, "p": MtaName.POSTFIX}


def fleet(mtas: str) -> list[Host]:
    """Hosts h0, h1, …, one a letter, which is its MTA's first one."""
    return [replace(qmail_host(f"h{number}"), mta=MTA[letter]) for number, letter in enumerate(mtas)]


def split(mtas: str, canary: Canary = None) -> list[str]:
    """The waves of these hosts in words."""
    return [" ".join(wave.hosts) for wave in make_waves(fleet(mtas), canary=canary)]


@pytest.mark.parametrize(
    ("mtas", "canary", "waves"),
    [
        ("", None, []),
        ("q", None, ["h0"]),
        ("qpq", None, ["h0 h1 h2"]),
        ("qqqq", None, ["h0", "h1 h2 h3"]),
        ("qqpp", None, ["h0 h2", "h1 h3"]),
        ("qqpp", 0, ["h0 h1 h2 h3"]),
        ("qq", 1, ["h0", "h1"]),
        ("qqpp", 1, ["h0", "h1 h2 h3"]),
        ("qqpp", 2, ["h0 h2", "h1 h3"]),
        ("qqpp", 3, ["h0 h1 h2", "h3"]),
        ("qqpp", 9, ["h0 h1 h2 h3"]),
        ("qqpp", ("h3", "h1"), ["h1 h3", "h0 h2"]),
        ("qqpp", ("h3", "gone"), ["h3", "h0 h1 h2"]),
        ("qqpp", ("gone",), ["h0 h2", "h1 h3"]),
        ("qq", ("gone",), ["h0 h1"]),
        ("qq", ("h0", "h1"), ["h0 h1"]),
    ],
)
def test_which_hosts_are_first(mtas: str, canary: Canary, waves: list[str]) -> None:
    """One of each MTA where more than three change; a number is spread; who is named and does not change is none."""
    assert split(mtas, canary) == waves


def test_only_a_canary_may_not_fail_at_all() -> None:
    """A canary of all the hosts is one too."""
    assert [(wave.is_canary, wave.allowed) for wave in make_waves(fleet("qqqq"))] == [(True, 0), (False, 1)]
    assert [(wave.is_canary, wave.allowed) for wave in make_waves(fleet("qqqq"), canary=4)] == [(True, 0)]


@pytest.mark.parametrize(("count", "allowed"), [(1, 1), (39, 1), (40, 2), (300, 15)])
def test_one_of_twenty_may_fail_but_always_one(count: int, allowed: int) -> None:
    """The canary counts among the twenty."""
    assert make_waves(fleet("q" * count))[-1].allowed == allowed


@pytest.mark.parametrize("wish", [0, 7])
def test_the_wish_is_the_budget(wish: int) -> None:
    """After the canary, which it does not concern."""
    assert [wave.allowed for wave in make_waves(fleet("qqqq"), max_failures=wish)] == [0, wish]


@given(
    mtas=st.text("qp", max_size=50),
    canary=st.none() | st.integers(0, 60) | st.lists(st.integers(0, 60).map("h{}".format), max_size=9),
)
def test_every_host_is_in_exactly_one_wave(mtas: str, canary: Canary) -> None:
    """In the inventory's order; a canary that is not named has as many MTAs as it can."""
    hosts = fleet(mtas)
    mta = {host.name: host.mta for host in hosts}
    order = list(mta)

    waves = make_waves(hosts, canary=canary)

    assert sorted((name for wave in waves for name in wave.hosts), key=order.index) == order
    assert all(list(wave.hosts) == sorted(wave.hosts, key=order.index) and wave.hosts for wave in waves)
    assert [wave.is_canary for wave in waves] in ([], [True], [False], [True, False])
    first = [mta[name] for wave in waves for name in wave.hosts if wave.is_canary]
    if canary is None:
        assert sorted(first) == (sorted(set(mta.values())) if len(hosts) > 3 else [])
    if isinstance(canary, int):
        assert len(first) == min(canary, len(hosts))
        assert len(set(first)) == min(len(first), len(set(mta.values())))


@pytest.mark.parametrize(
    ("wave", "failed", "reason"),
    [
        (Wave(hosts=("a", "b"), allowed=0, is_canary=True), [], None),
        (Wave(hosts=("a", "b"), allowed=0, is_canary=True), ["b"], "the canary b failed"),
        (Wave(hosts=("a", "b"), allowed=0), ["b"], "1 host had failed (none may)"),
        (Wave(hosts=("a", "b"), allowed=1), ["b"], None),
        (Wave(hosts=("a", "b"), allowed=1), ["b", "a"], "2 hosts had failed (at most 1 may)"),
    ],
)
def test_why_no_further_host_is_begun(wave: Wave, failed: list[str], reason: str | None) -> None:
    """More failures than are allowed, and no earlier."""
    assert wave.exceeded(failed) == reason


@pytest.mark.parametrize(
    ("hosts", "canary", "inventory", "at_once"),
    [
        (0, 0, 5, False),
        (3, 0, 3, False),
        (4, None, 4, False),
        (4, 0, 16, False),
        (4, 0, 15, True),
        (9, 0, 36, False),
        (10, 0, 1000, True),
        (10, 1, 10, False),
        (10, 10, 1000, True),
    ],
)
def test_what_is_at_once(hosts: int, canary: Canary, inventory: int, *, at_once: bool) -> None:
    """More than a quarter of the inventory, or ten hosts, in one wave, canary or not; three are few."""
    assert is_at_once(make_waves(fleet("q" * hosts), canary=canary), inventory) is at_once
