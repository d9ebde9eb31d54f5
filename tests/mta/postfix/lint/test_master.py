"""Faults of master.cf."""

from __future__ import annotations

import pytest

from tests.mta.postfix.lint.exhibits import MASTER, Exhibit, catalogue, told
from tests.support.golden import Golden

EXHIBITS = {
    "service-port": Exhibit(master=MASTER + "[::1]:submision inet n - n - - smtpd\n"),
    "service-line": Exhibit(master=MASTER + "x unix - - n - smtp\n"),
    "service-line 2": Exhibit(master=MASTER + "x tcp - - n - - smtp\n"),
    "service-line 3": Exhibit(master=MASTER + "x unix - yes n - - smtp\n"),
    "service-line 4": Exhibit(master=MASTER + "x unix - - n 1m? - smtp\ny unix - - n 60? x smtp\n"),
    "service-option": Exhibit(master=MASTER + "slow unix - - y - - smtp -o smtp_helo_name = x -o smtp_bind_address\n"),
    "service-twice": Exhibit(master=MASTER + "smtp unix - - y - - smtp\n"),
}
QUIET = (
    Exhibit(
        master=MASTER
        + "slow unix - - - - 10 smtp -o { smtp_helo_name = a b } -osmtp_bind_address=192.0.2.1\n  -o x=1,2\n"
    ),
    Exhibit(master=MASTER + "pickup fifo n - y 60? 1 pickup\n25 inet n - n - - smtpd -v\n"),
)


def test_faults(golden: Golden) -> None:
    """What is said of each exhibit: how bad, code, place, text."""
    golden.check("postfix-lint/master.txt", catalogue(EXHIBITS))


@pytest.mark.parametrize("exhibit", QUIET)
def test_silence(exhibit: Exhibit) -> None:
    """What looks like a fault and is none."""
    assert told(exhibit) == []
