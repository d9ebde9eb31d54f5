"""The one spelling of a next hop."""

from __future__ import annotations

import pytest

from relayconf.model import Nexthop
from relayconf.mta.postfix.nexthop import members, read, spell


@pytest.mark.parametrize(
    ("nexthop", "text"),
    [
        (Nexthop(host="mail.isp.test"), "[mail.isp.test]:25"),
        (Nexthop(host="192.0.2.1", port=587), "[192.0.2.1]:587"),
        (Nexthop(host="2001:db8::1", port=465), "[2001:db8::1]:465"),
        (Nexthop(host="isp.test", port=26, mx_lookup=True), "isp.test:26"),
    ],
)
def test_spell(nexthop: Nexthop, text: str) -> None:
    """Brackets keep MX records out, and the port is always written."""
    assert spell(nexthop) == text
    assert read(text) == (None if nexthop.mx_lookup else nexthop)


@pytest.mark.parametrize("text", ["", "isp.test", "[isp.test]", "[isp.test]:smtp", "[a]:1, [b]:2", "[[a]]:1"])
def test_other_spellings(text: str) -> None:
    """What an admin may have written otherwise is not taken for ours."""
    assert read(text) is None


@pytest.mark.parametrize("text", ["[a]:1, [b]:2", "[a]:1 [b]:2", " [a]:1,\t[b]:2 ,"])
def test_members(text: str) -> None:
    """Between them are commas and blanks, as in every list of Postfix's."""
    assert members(text) == ("[a]:1", "[b]:2")
    assert members("") == ("",)
