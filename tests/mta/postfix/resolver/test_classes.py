"""The class of a domain."""

from __future__ import annotations

import pytest

from relayconf.mta.postfix.resolver.classes import Classes
from relayconf.mta.postfix.resolver.lookup import Lookups
from tests.mta.postfix.resolver.memory import settings_of

MAIN = """\
mydestination = $myhostname, local.test, alias.test
virtual_alias_domains = alias.test, box.test
virtual_mailbox_domains = box.test, relay.test
relay_domains = relay.test, .dotted.test
myorigin = origin.test
"""


def _classes(main: str = MAIN) -> Classes:
    settings = settings_of(main)
    return Classes(settings, Lookups(settings))


def test_local() -> None:
    """By mydestination, or by address; one dot at the end does not matter."""
    classes = _classes()

    assert classes.locality("Local.Test.") == "`local.test` in mydestination"
    assert classes.locality("[127.0.0.1]") == "`[127.0.0.1]` is an address of this host"
    for domain in ("other.test", "local.test..", ".", "", "[192.0.2.1]", "sub.local.test", "[127.0.0.1"):
        assert not classes.is_local(domain)


@pytest.mark.parametrize(
    ("domain", "found"),
    [
        ("alias.test", ("alias", "`alias.test` in virtual_alias_domains")),
        ("box.test", ("alias", "`box.test` in virtual_alias_domains")),
        ("relay.test", ("virtual", "`relay.test` in virtual_mailbox_domains")),
        ("in.relay.test", ("relay", "`relay.test` in relay_domains")),
        ("in.box.test", ("default", "in.box.test is in no list of domains")),
    ],
)
def test_classes(domain: str, found: tuple[str, str]) -> None:
    """The first list counts; relay_domains alone has subdomains."""
    assert _classes().of(domain) == found


def test_relay_domains_with_dots() -> None:
    """Where parents are not matched by name."""
    classes = _classes(f"{MAIN}parent_domain_matches_subdomains =\n")

    assert classes.of("in.relay.test")[0] == "default"
    assert classes.of("in.dotted.test")[0] == "relay"


def test_here() -> None:
    """The origin, and what is local."""
    assert [_classes().is_here(domain) for domain in ("ORIGIN.test", "local.test", "x.test")] == [True, True, False]


def test_somebody_else_s_knowledge() -> None:
    """In place of mydestination."""
    settings = settings_of(MAIN)
    classes = Classes(settings, Lookups(settings), {"x.test": "because"}.get)

    assert (classes.locality("x.test."), classes.locality("local.test")) == ("because", None)
    assert classes.of("y.test") == ("default", "y.test is not local")
