"""Which tests a host is asked for."""

from __future__ import annotations

from dataclasses import replace

from relayconf.model import Probe
from relayconf.relay_tests import ANYBODY, relay_tests
from tests.support.hosts import STORE, TO_ISP, qmail_host


def test_each_relay_once_with_or_without_addresses() -> None:
    """What cannot be tested is named all the same; a host of ours is no relay."""
    probe = Probe(sender="me@kamata-net.com", recipient="you@kamata-net.com")
    other = replace(TO_ISP, relay=replace(TO_ISP.relay, name="other", probe=probe))
    host = replace(qmail_host(), routes={"a.example": other, "b.example": other, "c.example": TO_ISP})

    found = [(str(test.target), test.domain, test.probe) for test in relay_tests(host)]

    assert found == [("isp:25", ANYBODY, None), ("other:25", "a.example", probe)]
    assert relay_tests(replace(qmail_host(), default=(STORE,))) == ()
