"""A change of relay while mail is in flight: nothing bounces, nothing takes another way, nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.e2e.flips.by_cuts import ByCuts
from tests.e2e.flips.by_hand import ByHand
from tests.e2e.flips.by_relayconf import ByRelayconf
from tests.e2e.flips.scene import HOST, PASSWORDS, RELAYS, Scene, Wish, lab_spec, relay_spec, unsettle
from tests.lab import Lab
from tests.lab.marks import needs_lab
from tests.support.lab_admin import LabAdmin

pytestmark = needs_lab

_RATE = 40
_GAP = 0.5
_A, _B = Wish(default="a"), Wish(default="b")


@pytest.fixture(name="lab")
def _lab() -> Iterator[Lab]:
    with Lab.up(lab_spec(HOST)) as lab:
        unsettle(lab.host(HOST))
        yield lab


def test_a_switch_in_one_step_bounces_mail(lab: Lab) -> None:
    """With the new relays' credentials alone, mail that is already on its way meets 530: the load finds it."""
    by_hand = ByHand(lab.host(HOST), gap=_GAP)

    by_hand.one_step(_A)
    account = Scene(lab, rate=_RATE).play(by_hand.one_step, _A, [_B, _A, _B], pause=1)

    assert account.bounced > 0, account
    assert account.refused["530"] > 0, account
    assert (account.lost, account.duplicated, account.direct) == (0, 0, 0), account


def test_expand_and_switch_bounces_nothing(lab: Lab) -> None:
    """The same load, the same gaps: every message at the right relay with the right user."""
    by_hand = ByHand(lab.host(HOST), gap=_GAP)

    by_hand.expand_and_switch(_A)
    account = Scene(lab, rate=_RATE).play(by_hand.expand_and_switch, _A, [_B, _A], pause=1)

    assert account.right == account.sent > 200, account
    assert (account.duplicated, account.deferred, account.refused) == (0, 0, {}), account


def test_relayconf_bounces_nothing(lab: Lab, tmp_path: Path) -> None:
    """To other relays, one with implicit TLS; to other passwords, of the relays and of senders; and back."""
    by_relayconf = ByRelayconf(LabAdmin.make(lab, tmp_path / "laptop"), lab.host(HOST), gap=_GAP)
    wishes = [
        Wish(default="b", port=465, own=0),
        Wish(default="b", password=1, own=1),
        Wish(default="a", password=1, own=1),
        _A,
    ]

    by_relayconf.apply(_A)
    account = Scene(lab, rate=_RATE, senders=True).play(by_relayconf.apply_or_twice, _A, wishes, pause=1)

    assert account.right == account.sent > 300, account
    assert (account.duplicated, account.deferred, account.refused) == (0, 0, {}), account
    assert lab.host(HOST).run(["sh", "-c", "postconf -nx; postconf -Mx; postfix check"]).stderr == b""


def test_the_first_apply_and_the_last_bounce_nothing(lab: Lab, tmp_path: Path) -> None:
    """From a host that relayconf has never seen to a relay, and back to one that it has left."""
    by_relayconf = ByRelayconf(LabAdmin.make(lab, tmp_path / "laptop"), lab.host(HOST), gap=_GAP)
    none = Wish(default="")

    account = Scene(lab, rate=_RATE).play(by_relayconf.apply, none, [_A, none], pause=1)

    assert account.right == account.sent > 200, account
    assert (account.duplicated, account.deferred, account.refused) == (0, 0, {}), account


def test_an_apply_that_is_killed_bounces_nothing(lab: Lab, tmp_path: Path) -> None:
    """Killed in the moment of the switch, found and taken back by the next apply, which then switches itself."""
    by_relayconf = ByRelayconf(LabAdmin.make(lab, tmp_path / "laptop"), lab.host(HOST), gap=_GAP)

    by_relayconf.apply(_A)
    account = Scene(lab, rate=_RATE).play(by_relayconf.die_and_apply, _A, [_B], pause=1)

    assert account.right == account.sent > 200, account
    assert (account.duplicated, account.deferred, account.refused) == (0, 0, {}), account


def test_an_apply_that_is_killed_anywhere_bounces_nothing(lab: Lab, tmp_path: Path) -> None:
    """The host's shell or the laptop, at any moment; then whatever the next contact is puts it right under the load."""
    host = lab.host(HOST)
    by_relayconf = ByRelayconf(LabAdmin.make(lab, tmp_path / "laptop"), host, gap=_GAP)
    by_cuts = ByCuts(by_relayconf, host, seed="kill")

    by_relayconf.apply(_A)
    account = Scene(lab, rate=_RATE).play(by_cuts.cut_and_apply, _A, [_B, _A, _B], pause=1)

    assert account.right == account.sent > 100, account
    assert (account.duplicated, account.deferred, account.refused) == (0, 0, {}), account
    assert by_cuts.cuts.total() >= 1


def test_apply_ends_when_nobody_uses_the_old_credentials(lab: Lab, tmp_path: Path) -> None:
    """A delivery that is under way is waited for: the old password may go as soon as apply has returned."""
    host, by_relayconf = lab.host(HOST), ByRelayconf(LabAdmin.make(lab, tmp_path / "laptop"), lab.host(HOST), gap=0)
    by_relayconf.apply(_A)
    lab.change_relay(replace(relay_spec("a", PASSWORDS["a"]), delay=5))
    host.inject("me@lab.test", ["slow@default.world.test"])
    lab.wait_for(lambda: host.run(["pgrep", "-x", "smtp"], check=False).stdout)

    by_relayconf.apply(_B)

    assert [message.recipients for message in lab.messages()] == [("slow@default.world.test",)]
    host.inject("me@lab.test", ["fast@default.world.test"])
    assert lab.message_to("fast@default.world.test").server == RELAYS["b"]
