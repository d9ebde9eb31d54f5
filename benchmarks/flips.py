"""Relays changed under a load that never stops: by relayconf, and beside it in one step, in turn in one run.

    python benchmarks/flips.py [FLIPS] [RATE]

As root on Debian; the hosts are the lab's (tests/lab). FLIPS (100) changes of relay on each of two hosts, in rounds of
ten, RATE (40) messages a second while a round lasts. One host is changed by `relayconf apply --yes`, the other by a
script that does all in one step and has only the new relays' credentials afterwards. On both, every smtp(8) ends after
ten deliveries, and half a second passes between the rename of main.cf and the signal. Every fifth change is of the
password at the same relays; after every second change by relayconf, one more apply forgets the credentials of before.
Exits with 1 when relayconf's host had anything but right ends.
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
    default, password, port = "a", 0, 587
    yield Wish(default=default, password=password)
    for number in range(1, flips + 1):
        if number % 5 == 0:
            password = 1 - password
        else:
            default = "b" if default == "a" else "a"
            port = {"a": 587, "b": 465 if number % 4 else 587}[default]
        yield Wish(default=default, port=port, password=password)


def _row(name: str, flips: int, hit: int, accounts: Sequence[Account]) -> str:
    sums = [sum(getattr(account, count) for account in accounts) for count in (*COUNTS, *BESIDE)]
    refused: Counter[str] = Counter()
    for account in accounts:
        refused.update(account.refused)
    cells = [name, flips, hit, *sums, refused["530"], refused["535"]]
    return "| " + " | ".join(map(str, cells)) + " |"


def _play(lab: Lab, host: str, deploy: Deploy, wishes: Sequence[Wish], rate: float) -> Account:
    account = Scene(lab, host=host, rate=rate).play(deploy, wishes[0], wishes[1:], pause=PAUSE)
    print(f"{host} {len(wishes) - 1} flips: {account}", flush=True)
    return account


def main() -> int:
    """Run, print a table."""
    flips, rate = int((sys.argv[1:] or ["100"])[0]), float((sys.argv[2:] or ["40"])[0])
    if reason := why_not():
        sys.exit(reason)
    accounts: dict[str, list[Account]] = {"mail1": [], "mail2": []}
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, Lab.up(lab_spec("mail1", "mail2")) as lab:
        for host in accounts:
            unsettle(lab.host(host))
        admin = LabAdmin.make(lab, Path(folder) / "laptop")
        relayconf = ByRelayconf(admin, lab.host("mail1"), gap=GAP)
        deploys: dict[str, Deploy] = {
            "mail1": relayconf.apply_or_twice,
            "mail2": ByHand(lab.host("mail2"), gap=GAP).one_step,
        }
        wishes = {"mail1": list(_wishes(flips)), "mail2": [replace(wish, port=587) for wish in _wishes(flips)]}
        for host, deploy in deploys.items():
            deploy(wishes[host][0])
        for start in range(0, flips, ROUND):
            for host, deploy in deploys.items():
                accounts[host].append(_play(lab, host, deploy, wishes[host][start : start + ROUND + 1], rate))
    print(f"\n{time.monotonic() - begun:.0f} s; an apply took {median(relayconf.seconds):.1f} s (median)")
    heads = ("by", "flips", "rounds with a bounce", *COUNTS, *BESIDE, "530", "535")
    print("| " + " | ".join(heads).replace("_", " ") + " |\n" + "|---" * len(heads) + "|")
    for name, host in (("relayconf", "mail1"), ("one step", "mail2")):
        hit = sum(account.bounced > 0 for account in accounts[host])
        print(_row(name, flips, hit, accounts[host]))
    return int(any(account.right != account.sent or account.duplicated for account in accounts["mail1"]))


if __name__ == "__main__":
    sys.exit(main())
