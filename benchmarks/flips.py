"""Relays changed under a load that never stops: by relayconf, in one step, and by applies that are killed on the way.

    python benchmarks/flips.py [FLIPS] [RATE] [CUT]

As root on Debian; the hosts are the lab's (tests/lab). FLIPS (100) changes of relay on each of two hosts, in rounds of
ten, RATE (40) messages a second while a round lasts. One host is changed by `relayconf apply --yes`, the other by a
script that does all in one step and has only the new relays' credentials afterwards. On all, every smtp(8) ends after
ten deliveries, and half a second passes between the rename of main.cf and the signal. Every fifth change is of the
password at the same relays; senders with credentials of their own get other ones with every change of relay, and every
third time; after every second change by relayconf, one more apply forgets the credentials of before.
On a third host there are CUT (40) changes, whose applies are killed at a random moment, the host's shell or the
laptop; then `relayconf recover` or the next apply puts that right, while the load goes on.
Exits with 1 when a host of relayconf's had anything but right ends.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.e2e.flips.account import Account  # noqa: E402  the checkout is not on the path before
from tests.e2e.flips.by_cuts import ByCuts  # noqa: E402  the same
from tests.e2e.flips.by_hand import ByHand  # noqa: E402  the same
from tests.e2e.flips.by_relayconf import ByRelayconf  # noqa: E402  the same
from tests.e2e.flips.scene import Deploy, Scene, Wish, lab_spec, unsettle  # noqa: E402  the same
from tests.lab import Lab, why_not  # noqa: E402  the same
from tests.support.lab_admin import LabAdmin  # noqa: E402  the same

ROUND = 10
GAP = 0.5
PAUSE = 0.5
COUNTS = ("sent", "right", "late", "wrong_user", "direct", "elsewhere", "bounced", "waiting", "lost")
BESIDE = ("duplicated", "deferred")


def _wishes(flips: int) -> Iterator[Wish]:
    """A first wish, and as many others: the other pair of relays, but every fifth time the other password.

    The relay b is used at port 587 and 465 in turn.
    """
    default, password, port, own = "a", 0, 587, 0
    yield Wish(default=default, password=password, own=own)
    for number in range(1, flips + 1):
        if number % 5 == 0:
            password = 1 - password
        else:
            default = "b" if default == "a" else "a"
            port = {"a": 587, "b": 465 if number % 4 else 587}[default]
        own = 1 - own if number % 3 == 0 else own
        yield Wish(default=default, port=port, password=password, own=own)


def _row(name: str, flips: int, hit: int, accounts: Sequence[Account]) -> str:
    sums = [sum(getattr(account, count) for account in accounts) for count in (*COUNTS, *BESIDE)]
    refused: Counter[str] = Counter()
    for account in accounts:
        refused.update(account.refused)
    cells = [name, flips, hit, *sums, refused["530"], refused["535"]]
    return "| " + " | ".join(map(str, cells)) + " |"


def _play(lab: Lab, host: str, deploy: Deploy, wishes: Sequence[Wish], rate: float) -> Account:
    has_senders = wishes[0].own is not None
    account = Scene(lab, host=host, rate=rate, senders=has_senders).play(deploy, wishes[0], wishes[1:], pause=PAUSE)
    print(f"{host} {len(wishes) - 1} flips: {account}", flush=True)
    return account


def main() -> int:
    """Run, print a table."""
    flips, rate = int((sys.argv[1:] or ["100"])[0]), float((sys.argv[2:] or ["40"])[0])
    cut_flips = int((sys.argv[3:] or ["40"])[0])
    if reason := why_not():
        sys.exit(reason)
    names = {"mail1": "relayconf", "mail2": "one step", "mail3": "relayconf, cut short"}
    accounts: dict[str, list[Account]] = {host: [] for host in names}
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, Lab.up(lab_spec(*names)) as lab:
        for host in names:
            unsettle(lab.host(host))
        relayconf, to_be_cut = (
            ByRelayconf(LabAdmin.make(lab, Path(folder) / host), lab.host(host), gap=GAP) for host in ("mail1", "mail3")
        )
        one_step, cuts = ByHand(lab.host("mail2"), gap=GAP).one_step, ByCuts(to_be_cut, lab.host("mail3"), seed="1")
        firsts: dict[str, Deploy] = {"mail1": relayconf.apply, "mail2": one_step, "mail3": to_be_cut.apply}
        deploys: dict[str, Deploy] = {
            "mail1": relayconf.apply_or_twice,
            "mail2": one_step,
            "mail3": cuts.cut_and_apply,
        }
        wishes = {
            "mail1": list(_wishes(flips)),
            "mail2": [replace(wish, port=587, own=None) for wish in _wishes(flips)],
            "mail3": list(_wishes(cut_flips)),
        }
        for host, deploy in firsts.items():
            deploy(wishes[host][0])
        for start in range(0, max(flips, cut_flips), ROUND):
            for host, deploy in deploys.items():
                if more := wishes[host][start : start + ROUND + 1][1:]:
                    accounts[host].append(_play(lab, host, deploy, [wishes[host][start], *more], rate))
    print(f"\n{time.monotonic() - begun:.0f} s; an apply took {median(relayconf.seconds):.1f} s (median)")
    print(f"cut: {dict(cuts.cuts)}; {cuts.recovered} contacts had something to put right")
    heads = ("by", "flips", "rounds with a bounce", *COUNTS, *BESIDE, "530", "535")
    print("| " + " | ".join(heads).replace("_", " ") + " |\n" + "|---" * len(heads) + "|")
    for host, name in names.items():
        hit = sum(account.bounced > 0 for account in accounts[host])
        print(_row(name, len(wishes[host]) - 1, hit, accounts[host]))
    ours = [*accounts["mail1"], *accounts["mail3"]]
    return int(any(account.right != account.sent or account.duplicated for account in ours))


if __name__ == "__main__":
    sys.exit(main())
