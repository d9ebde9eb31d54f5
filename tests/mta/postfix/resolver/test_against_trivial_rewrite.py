"""Whatever the configuration and the addresses, the machine's own trivial-rewrite and the model agree."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from relayconf.errors import MainCfError
from relayconf.mta.postfix.resolver.decision import Decision, Resolver
from relayconf.mta.postfix.resolver.settings import settings as read_settings
from tests.mta.postfix.resolver.configurations import Configuration, configurations, recipients, senders
from tests.mta.postfix.resolver.disk import Disk
from tests.mta.postfix.resolver.rewriter import PROGRAM, Reply, ask

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no trivial-rewrite on this machine")

MESSAGES = 8
# More than a few hundred questions are for whoever changes the model: `make torture` asks 10,000.
PAIRS = int(os.environ.get("POSTFIX_PAIRS", "320"))


def _agree(reply: Reply, decision: Decision) -> None:
    assert decision.unknown == ""
    assert set(reply.flags) == set(decision.flags)
    if "fail" in reply.flags:
        return
    assert (reply.address, reply.address_class) == (decision.address, decision.address_class)
    if reply.transport != "CHANNEL NOT UPDATED":
        assert (reply.transport, reply.nexthop) == (decision.transport, decision.nexthop)


def _check(configuration: Configuration, pairs: list[tuple[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        configuration.write(folder)
        main = configuration.main_cf(folder)
        model = Resolver(read_settings(main, None, Disk(), directory=name, machine="host"))
        for sender, recipient in pairs:
            note(f"{sender!r} -> {recipient!r}")
            reply = ask(folder, sender, recipient)
            note(f"{reply}")
            try:
                decision = model.resolve(sender, recipient)
            except MainCfError:
                assert reply is None
                continue
            note(f"{decision}")
            assert reply is not None
            _agree(reply, decision)


@settings(
    max_examples=max(1, PAIRS // MESSAGES),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(configurations(), st.lists(st.tuples(senders, recipients), min_size=MESSAGES, max_size=MESSAGES))
def test_model_equals_trivial_rewrite(configuration: Configuration, pairs: list[tuple[str, str]]) -> None:
    """Address, class, transport, next hop and flags."""
    _check(configuration, pairs)
