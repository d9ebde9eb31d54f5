"""Words for a plan."""

from __future__ import annotations

import pytest

from relayconf.mta.postfix.routing import Way
from relayconf.mta.postfix.words import listing, shown, way_words


@pytest.mark.parametrize(
    ("service", "nexthop", "words"),
    [
        ("smtp", "[isp.test]:587", "[isp.test]:587"),
        ("relayconf-tls", "[isp.test]:465", "[isp.test]:465"),
        ("smtp", "[isp.test]:587, [ses.test]:587", "[isp.test]:587, [ses.test]:587"),
        ("smtp", "d.test", "direct (MX) of d.test"),
        ("smtp", "", "direct (MX)"),
        ("error", "5.1.1 no", "reject: 5.1.1 no"),
        ("retry", "4.3.0 later", "retry: 4.3.0 later"),
    ],
)
def test_ways(service: str, nexthop: str, words: str) -> None:
    """A relay shows as it is spelt, all else in words."""
    assert way_words(Way(service=service, nexthop=nexthop)) == words


def test_listing() -> None:
    """At most five names, and how many more."""
    assert listing("abc") == "a, b, c"
    assert listing("abcdefg") == "a, b, c, d, e and 2 more"


def test_shown() -> None:
    """A table that stands in main.cf in full is not."""
    assert shown("hash:/a, static:user:s3cret") == "hash:/a, static:…"
    assert shown("inline:{a=s3cret\n  b=c}") == "inline:…"
