"""What is wrong with a record though it may work."""

from __future__ import annotations

import pytest

from relayconf.spf.hazards import hazards
from relayconf.spf.record import parse
from tests.support.spf_zone import Zone

ZONE = Zone(
    names={
        "ok.example": {"TXT": ["v=spf1 -all"], "A": ["192.0.2.1"]},
        "txt.example": {"TXT": ["hello"]},
        "many.example": {"MX": [f"m{n}.example" for n in range(11)]},
    }
)


@pytest.mark.parametrize(
    ("record", "codes"),
    [
        ("v=spf1 include:ok.example a:ok.example redirect=ok.example", []),
        ("v=spf1 +all", ["plus-all"]),
        ("v=spf1 -all redirect=ok.example a:ok.example", ["dead-redirect", "dead-terms"]),
        ("v=spf1 ip4:192.0.2.1 IP4:192.0.2.1 -all", ["duplicate"]),
        ("v=spf1 " + "ip4:192.0.2.1/32 " * 30 + "-all", ["duplicate", "long"]),
        ("v=spf1 include:self.example -all", ["self-include"]),
        ("v=spf1 include:txt.example include:none.example -all", ["include-without-spf"] * 2),
        ("v=spf1 mx:none.example a:none.example ptr -all", ["mx-without-mx", "a-without-address", "ptr"]),
        ("v=spf1 mx:many.example -all", ["many-mx", "costly-mx"]),
        ("v=spf1 exists:%{i}.x.example -all", ["macro"]),
        ("v=spf1 " + "".join(f"a:ok.example/{n} " for n in range(1, 10)) + "-all", ["near-limit"]),
        ("v=spf1 " + "".join(f"a:ok.example/{n} " for n in range(1, 12)) + "-all", ["too-many-terms"]),
    ],
)
def test_hazards(record: str, codes: list[str]) -> None:
    """Each by its code, in the order of the record."""
    assert [finding.code for finding in hazards("self.example", parse(record), ZONE)] == codes
