"""Files in the chroot."""

from __future__ import annotations

import pytest

from tests.mta.postfix.lint.exhibits import ABSENT, MASTER, Exhibit, catalogue, seen, told
from tests.support.golden import Golden

EXHIBITS = {
    "chroot-resolver": Exhibit(files={"/var/spool/postfix/etc/resolv.conf": ABSENT}),
    "chroot-resolver-old": Exhibit(files={"/var/spool/postfix/etc/resolv.conf": seen("nameserver 192.0.2.1\n")}),
}
QUIET = (
    Exhibit(files={"/var/spool/postfix/etc/resolv.conf": ABSENT}, master=MASTER.replace(" y ", " n ")),
    Exhibit(files={"/var/spool/postfix/etc/resolv.conf": ABSENT, "/etc/resolv.conf": ABSENT}),
)


def test_faults(golden: Golden) -> None:
    """What is said of each exhibit: how bad, code, place, text."""
    golden.check("postfix-lint/chroot.txt", catalogue(EXHIBITS))


@pytest.mark.parametrize("exhibit", QUIET)
def test_silence(exhibit: Exhibit) -> None:
    """What looks like a fault and is none."""
    assert told(exhibit) == []
