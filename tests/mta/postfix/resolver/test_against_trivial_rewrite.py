"""Whatever the configuration and the addresses, the machine's own trivial-rewrite and the model agree."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from relayconf.commands.configuration import Disk
from relayconf.errors import MainCfError
from relayconf.mta.postfix.resolver.decision import Decision, Resolver
from relayconf.mta.postfix.resolver.settings import settings as read_settings
from tests.mta.postfix.resolver.configurations import Configuration, configurations, recipients, senders
from tests.mta.postfix.resolver.rewriter import PROGRAM, Reply, ask

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no trivial-rewrite on this machine")

MESSAGES = 10
# Each question is a process: `make torture` asks 10,000.
PAIRS = int(os.environ.get("POSTFIX_PAIRS", "200"))


def agree(reply: Reply, decision: Decision) -> None:
    """Insist on it; of what is refused or fails, Postfix says no transport."""
    assert decision.unknown == ""
    assert set(reply.flags) == set(decision.flags)
    if "fail" in reply.flags:
        return
    assert (reply.address, reply.address_class) == (decision.address, decision.address_class)
    if reply.transport != "CHANNEL NOT UPDATED":
        assert (reply.transport, reply.nexthop) == (decision.transport, decision.nexthop)


@settings(
    max_examples=max(1, PAIRS // MESSAGES),
    deadline=None,
    # Without shrinking: it would ask thousands of questions more. The messages below are told.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(configurations(), st.lists(st.tuples(senders, recipients), min_size=MESSAGES, max_size=MESSAGES))
@pytest.mark.timeout(120 + PAIRS // 4)
def test_model_equals_trivial_rewrite(configuration: Configuration, pairs: list[tuple[str, str]]) -> None:
    """Address, class, transport, next hop and flags."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        configuration.write(folder)
        model = Resolver(
            read_settings(configuration.main_cf(folder), None, Disk(), directory=name, machine="host.example.org")
        )
        for sender, recipient in pairs:
            reply, decision = ask(folder, sender, recipient), model.resolve(sender, recipient)
            note(f"{sender!r} -> {recipient!r}: {reply}, {decision}")
            assert reply is not None
            agree(reply, decision)


def test_what_kills_the_daemon(tmp_path: Path) -> None:
    """Is an error of the model."""
    configuration = Configuration(parameters={"swap_bangpath": "perhaps"}, tables={})
    configuration.write(tmp_path)
    model = Resolver(read_settings(configuration.main_cf(tmp_path), None, Disk(), directory="/", machine="host"))

    assert ask(tmp_path, "a@b.test", "u@foo.test") is None
    with pytest.raises(MainCfError):
        model.resolve("a@b.test", "u@foo.test")
