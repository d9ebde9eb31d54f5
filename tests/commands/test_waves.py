"""What the command line wants of the waves."""

from __future__ import annotations

from pathlib import Path

import pytest

from relayconf.commands.apply import apply
from relayconf.commands.options import ApplyOptions, WaveOptions
from relayconf.commands.plan import plan
from relayconf.commands.waves import wanted_canary
from relayconf.commands.wiring import Wiring
from relayconf.errors import UsageError
from relayconf.exits import ExitCode
from relayconf.waves import Canary
from tests.support.local_fleet import LocalFleet, local_fleet
from tests.support.local_host import said


@pytest.fixture(name="fleet")
def _fleet(tmp_path: Path) -> LocalFleet:
    return local_fleet(tmp_path, *"abcde")


@pytest.mark.parametrize(
    ("options", "canary"),
    [
        (WaveOptions(), None),
        (WaveOptions(all_at_once=True), 0),
        (WaveOptions(canary="2", all_at_once=True), 2),
        (WaveOptions(canary="0"), 0),
        (WaveOptions(canary="007"), 7),
        (WaveOptions(canary="d,B"), ["b", "d"]),
    ],
)
def test_a_canary_is_a_number_or_names(fleet: LocalFleet, options: WaveOptions, canary: Canary) -> None:
    """The usual one for nothing."""
    assert wanted_canary(options, Wiring(options=fleet.options(), console=said().console)) == canary


@pytest.mark.parametrize(
    ("canary", "why"),
    [
        ("nobody", "`nobody` is no host or group of"),
        ("a,", "`` is no host or group of"),
        ("", "`` is no host or group of"),
        ("-1", "`-1` is no host or group of"),
        ("9" * 5000, "is no host or group of"),
        ("d,a,e", "the canary is not among the hosts that are selected: d e"),
    ],
)
def test_a_canary_that_is_none_of_these_hosts(fleet: LocalFleet, canary: str, why: str) -> None:
    """Told before any host is asked, by `plan` too."""
    heard = said()
    options, waves = fleet.options("a", "b", "c"), WaveOptions(canary=canary)

    with pytest.raises(UsageError, match=why):
        apply(heard.console, options, ApplyOptions(waves=waves))
    with pytest.raises(UsageError, match=why):
        plan(heard.console, options, waves=waves)
    assert (heard.out.getvalue(), heard.err.getvalue()) == ("", "")


def test_all_at_once_has_to_be_wanted(fleet: LocalFleet) -> None:
    """After the plan and before the question; nothing is changed."""
    heard = said("yes\n", terminal=True)

    with pytest.raises(
        UsageError, match="5 hosts would change at once, and no canary before them; nothing was changed"
    ):
        apply(heard.console, fleet.options(), ApplyOptions(waves=WaveOptions(canary="0")))

    *_, waves, sums = heard.out.getvalue().splitlines()
    assert waves == "Waves: 5 hosts at once; stops after more than 1 failure"
    assert sums.startswith("Plan: 5 hosts change")
    assert "Type yes" not in heard.err.getvalue()
    assert fleet.changed() == ()
    at_once = ApplyOptions(yes=True, waves=WaveOptions(all_at_once=True))
    assert apply(said().console, fleet.options(), at_once) is ExitCode.OK
    assert fleet.changed() == fleet.names


def test_a_canary_that_does_not_change_is_none(fleet: LocalFleet) -> None:
    """It is noted, and the usual one takes its place."""
    apply(said().console, fleet.options("a"), ApplyOptions(yes=True))
    heard = said()

    assert apply(heard.console, fleet.options(), ApplyOptions(yes=True, waves=WaveOptions(canary="a"))) is ExitCode.OK
    assert "Waves: first b (canary), then 3 hosts; " in heard.out.getvalue()
    assert "no canary, because nothing changes there: a\n" in heard.err.getvalue()
    assert fleet.changed() == fleet.names


def test_a_canary_that_changes_is_not_noted(fleet: LocalFleet) -> None:
    """Neither a name nor a number."""
    for canary in ("c", "1"):
        heard = said("no\n", terminal=True)
        apply(heard.console, fleet.options(), ApplyOptions(waves=WaveOptions(canary=canary)))
        assert "no canary" not in heard.err.getvalue()


def test_plan_and_apply_tell_the_same_waves(fleet: LocalFleet) -> None:
    """And the same fingerprint whatever the waves are."""
    usual, named, applied = said(), said(), said("no\n", terminal=True)
    wish = WaveOptions(canary="b,c", max_failures=0)

    plan(usual.console, fleet.options())
    plan(named.console, fleet.options(), waves=wish)
    apply(applied.console, fleet.options(), ApplyOptions(waves=wish))

    assert usual.out.getvalue().splitlines()[-2] == (
        "Waves: first a (canary), then 4 hosts; stops after more than 1 failure"
    )
    assert named.out.getvalue() == applied.out.getvalue()
    assert named.out.getvalue().splitlines()[-2] == (
        "Waves: first b c (canary), then 3 hosts; stops at the first failure"
    )
    assert usual.out.getvalue().splitlines()[-1] == named.out.getvalue().splitlines()[-1]
