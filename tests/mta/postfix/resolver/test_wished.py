"""A Postfix host as the inventory alone says it."""

from __future__ import annotations

from collections.abc import Mapping

from relayconf.blind import unresolved
from relayconf.model import At, Direct, Host, Local, MtaName, Nexthop, Reject, Target
from relayconf.mta.postfix import render
from relayconf.mta.postfix.resolver.model import Answer
from relayconf.mta.postfix.resolver.wished import model
from tests.mta.postfix.hosts import BUILT_IN, relay
from tests.support.hosts import ORIGIN

DOMAINS: Mapping[str, Target] = {
    "here.test": Local(),
    ".below.test": Local(),
    "store.test": At(host="store", nexthop=Nexthop(host="192.0.2.10")),
}
ROUTES: Mapping[str, Target] = {
    "direct.test": Direct(),
    "no.test": Reject(text="5.1.1 no"),
    "anna@here.test": relay("other", 465),
}


def _asked(recipient: str, *, port: int = 587) -> Answer:
    host = Host(
        name="mail1.lab.test",
        address="192.0.2.1",
        mta=MtaName.POSTFIX,
        origin=ORIGIN,
        default=(relay("isp", port),),
        domains=DOMAINS,
        routes=ROUTES,
    )
    return model(host, render(host, BUILT_IN, unresolved)).ask("a@b.test", recipient)


def _way(recipient: str) -> tuple[str, str]:
    decision = _asked(recipient).decision
    return decision.transport, decision.nexthop


def test_routes() -> None:
    """By the rendered table."""
    assert _way("u@direct.test") == ("smtp", "direct.test")
    assert _way("u@no.test") == ("error", "5.1.1 no")
    assert _way("u@store.test") == ("smtp", "[192.0.2.10]:25")
    assert _way("anna@here.test") == ("relayconf-tls", "[other.test]:465")


def test_the_rest_of_the_world() -> None:
    """By the relay, with its user and its policy."""
    found = _asked("u@foo.test")

    assert (found.decision.transport, found.decision.nexthop) == ("smtp", "[isp.test]:587")
    assert (found.session.user, found.session.tls) == ("isp", "secure")
    assert found.why[0] == "foo.test is not local"
    assert _asked("u@foo.test", port=465).session.why[-1] == "TLS before the greeting"


def test_what_is_local() -> None:
    """By the inventory; the host's own name and localhost are in every mydestination."""
    assert _asked("u@Here.Test").decision.why[0] == "`here.test` in the inventory: local"
    assert _asked("u@in.below.test").decision.why[0] == "`.below.test` in the inventory: local"
    assert _asked("root").decision.why[0] == "the host's own name"
    assert _asked("u@localhost").decision.address_class == "local"
    assert _asked("u@foo.test").decision.address_class == "default"


def test_no_table_is_odd() -> None:
    """What was rendered has no compiled tables beside it."""
    assert not any("postmap" in why for why in _asked("u@direct.test").why)
