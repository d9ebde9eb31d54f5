"""Who may use the host."""

from __future__ import annotations

import pytest

from tests.mta.postfix.lint.exhibits import Exhibit, catalogue, told
from tests.support.golden import Golden

EXHIBITS = {
    "mynetworks": Exhibit(settings={"mynetworks": "127.0.0.1/8, [::1]/128, 0.0.0.0/0, [::]/0"}),
    "smtpd-restrictions": Exhibit(
        settings={
            "smtpd_relay_restrictions": "permit_mynetworks, permit",
            "smtpd_recipient_restrictions": "warn_if_reject, reject",
        }
    ),
    "smtpd-restrictions 2": Exhibit(
        settings={"smtpd_relay_restrictions": "loop", "smtpd_restriction_classes": "loop", "loop": "loop"}
    ),
}
QUIET = (
    Exhibit(settings={"mynetworks": "127.0.0.0/8 10.0.0.5 !0.0.0.0/0 cidr:/etc/postfix/n hash:/n/0 /etc/nets"}),
    Exhibit(
        settings={
            "smtpd_relay_restrictions": "",
            "smtpd_recipient_restrictions": "permit_mynetworks, REJECT_unauth_destination",
        }
    ),
    Exhibit(
        settings={
            "smtpd_relay_restrictions": "ours",
            "smtpd_restriction_classes": "ours",
            "ours": "defer_unauth_destination",
        }
    ),
)


def test_faults(golden: Golden) -> None:
    """What is said of each exhibit: how bad, code, place, text."""
    golden.check("postfix-lint/access.txt", catalogue(EXHIBITS))


@pytest.mark.parametrize("exhibit", QUIET)
def test_silence(exhibit: Exhibit) -> None:
    """What looks like a fault and is none."""
    assert told(exhibit) == []
