"""What a plan may not do before its flag is given."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from relayconf.drift import Drift
from relayconf.model import Direct, Host, Internal, Nexthop, TlsLevel
from relayconf.mta.base import EVERYTHING_ELSE, Way
from relayconf.safety import FLAGS, Limit, crossed, row
from tests.support.hosts import STORE, TO_ISP, qmail_host

HOST = qmail_host()
DIRECT, LOCAL, UNKNOWN = Way(kind="direct"), Way(kind="local"), Way(kind="unknown")
OURS_LOCAL, OURS_DIRECT, OURS_UNKNOWN = (Way(kind=way.kind, is_ours=True) for way in (LOCAL, DIRECT, UNKNOWN))


def via(nexthop: str, tls: str | None = None, *, ours: bool = False) -> Way:
    """Through a server."""
    return Way(kind="relay", nexthop=nexthop, tls=None if tls is None else TlsLevel(tls), is_ours=ours)


def told(before: Mapping[str, Way], after: Mapping[str, Way], host: Host = HOST) -> dict[str, str]:
    """The limits that this change of ways crosses, by code; both sides go direct where they say nothing."""
    rest: Mapping[str, Way] = {EVERYTHING_ELSE: DIRECT}
    return {limit.code: limit.text for limit in crossed(host, (), {**rest, **before}, {**rest, **after}, ())}


def test_the_row_of_a_key() -> None:
    """The address, its domain, its suffixes from long to short, then the rest."""
    table = {EVERYTHING_ELSE: 0, "a@x.test": 1, "x.test": 2, ".y.test": 3, ".test": 4}

    assert [row(table, key) for key in ("a@x.test", "b@x.test", "a.y.test", ".y.test", "z.test", "z")] == [
        1,
        2,
        3,
        3,
        4,
        0,
    ]


def test_drift_that_would_be_overwritten() -> None:
    """What stays as it was edited crosses nothing."""
    edited = Drift(path="postfix:main.cf", name="relayhost", last="a", disk="b", wanted="c")
    stays = Drift(path="postfix:main.cf", name="smtp_x", last="a", disk="b", wanted="b")
    file = Drift(path="qmail:smtproutes", last="a", disk="edited since", wanted=None)
    ways = {EVERYTHING_ELSE: DIRECT}

    assert crossed(HOST, (edited, stays, file), ways, ways, ()) == (
        Limit(
            code="drift",
            flag="--overwrite-drift",
            text="edits made by hand would be overwritten: main.cf relayhost, smtproutes",
        ),
    )
    assert crossed(HOST, (stays,), ways, ways, ()) == ()


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        (via("[a]:25"), DIRECT, "the rest of the world would go direct, no longer through [a]:25"),
        (via("[a]:25"), via("[b]:25"), None),
        (via("[a]:25"), UNKNOWN, None),
        (UNKNOWN, DIRECT, None),
        (DIRECT, DIRECT, None),
    ],
)
def test_the_relay_goes(before: Way, after: Way, text: str | None) -> None:
    """Only from a relay to none; another relay is what relayconf is for."""
    assert told({EVERYTHING_ELSE: before}, {EVERYTHING_ELSE: after}).get("no-relay") == text


RELAYED = {EVERYTHING_ELSE: via("[isp]:25")}
LEAVES = "mail for domains of our own would leave through a relay: own.test"


@pytest.mark.parametrize(
    ("before", "after", "is_crossed"),
    [
        ({"own.test": OURS_DIRECT}, RELAYED, True),
        ({"own.test": OURS_LOCAL}, RELAYED, True),
        ({"own.test": via("[store]:25", ours=True)}, RELAYED, True),
        ({"own.test": via("[store]:25", ours=True)}, RELAYED | {"own.test": via("[store]:25", ours=True)}, False),
        ({"own.test": OURS_LOCAL}, RELAYED | {"own.test": OURS_LOCAL}, False),
        ({"own.test": OURS_UNKNOWN}, RELAYED, False),
        ({"own.test": OURS_DIRECT}, RELAYED | {"own.test": OURS_UNKNOWN}, False),
        ({"own.test": DIRECT}, RELAYED, False),
        (
            {EVERYTHING_ELSE: via("[old]:25"), "own.test": via("[old]:25", ours=True)},
            RELAYED | {"own.test": via("[isp]:25", ours=True)},
            False,
        ),
    ],
)
def test_a_domain_of_the_host_s_own_leaves(
    before: Mapping[str, Way], after: Mapping[str, Way], *, is_crossed: bool
) -> None:
    """When it was delivered here or went its own way, and falls to the relay; not when it went there before."""
    assert told(before, after).get("own-domain") == (LEAVES if is_crossed else None)


def test_where_the_inventory_names_a_server_the_domain_is_at_home() -> None:
    """A mailstore may be the default relay too; a smarthost by a route of its own is none."""
    before, after = {"own.test": OURS_LOCAL}, RELAYED | {"own.test": via("[isp]:25", ours=True)}
    store = Internal(nexthop=Nexthop(host="isp"))

    assert "own-domain" not in told(before, after, qmail_host(domains={"own.test": store}))
    assert told(before, after, qmail_host(routes={"own.test": TO_ISP}))["own-domain"] == LEAVES


def test_a_domain_of_the_inventory_that_a_route_hides() -> None:
    """It is ours although the host does not say so."""
    host = qmail_host(domains={"own.test": STORE, "other.test": STORE}, routes={"own.test": TO_ISP, "x.test": Direct()})
    before = {"own.test": LOCAL, "other.test": LOCAL, "x.test": LOCAL}

    assert told(before, RELAYED, host)["own-domain"] == LEAVES


@pytest.mark.parametrize(
    ("before", "after", "is_weaker"),
    [
        ("secure", "verify", True),
        ("secure", "dane", True),
        ("verify", "encrypt", True),
        ("fingerprint", "encrypt", True),
        ("encrypt", "may", True),
        ("may", "none", False),
        ("verify", "fingerprint", False),
        ("none", "secure", False),
        (None, "none", False),
        ("secure", None, False),
    ],
)
def test_tls_becomes_weaker(before: str | None, after: str | None, *, is_weaker: bool) -> None:
    """For one key's mail, as far as both levels are known."""
    text = f"TLS would become weaker: the rest of the world ({before} -> {after})"

    assert told({EVERYTHING_ELSE: via("[a]:25", before)}, {EVERYTHING_ELSE: via("[b]:25", after)}) == (
        {"weaker-tls": text} if is_weaker else {}
    )


def test_tls_by_route() -> None:
    """Each key by itself, where the rest stays; what goes direct has no relay's level; long lists are counted."""
    before = {f"{number}.test": via("[a]:25", "secure") for number in range(7)} | {"d.test": via("[a]:25", "secure")}
    after = {f"{number}.test": via("[a]:25", "may") for number in range(7)}

    assert told(before, after)["weaker-tls"] == (
        "TLS would become weaker: 0.test (secure -> may), 1.test (secure -> may), 2.test (secure -> may), "
        "3.test (secure -> may), 4.test (secure -> may) and 2 more"
    )


def test_a_sender_has_its_domain_s_row() -> None:
    """The address, then `@domain`, then the rest; never a recipient's row of the same name."""
    table = {EVERYTHING_ELSE: 1, "x.test": 2, "from @x.test": 3, "from u@y.test": 4}
    asked = ("from u@x.test", "from u@y.test", "from @y.test", "from <>", "u@x.test")

    assert [row(table, key) for key in asked] == [3, 4, 1, 1, 2]


def test_tls_by_sender() -> None:
    """A sender that gets a weaker relay than all mail had is told by name."""
    before = {EVERYTHING_ELSE: via("[a]:25", "secure")}

    assert told(before, {**before, "from @x.test": via("[b]:25", "may")}) == {
        "weaker-tls": "TLS would become weaker: from @x.test (secure -> may)"
    }


def test_mail_that_is_dropped() -> None:
    """What begins to be dropped, not what was before."""
    dropped = Way(kind="discard")
    before = {EVERYTHING_ELSE: DIRECT, ".old.test": dropped}

    assert told(before, {**before, "a.old.test": dropped, "new.test": dropped}) == {
        "discard": "mail would be dropped as if it had been delivered: new.test"
    }


def test_what_others_would_lose() -> None:
    """In the MTA's words."""
    ways = {EVERYTHING_ELSE: DIRECT}

    assert crossed(HOST, (), ways, ways, ("one", "two")) == (
        Limit(code="take-over", flag="--take-over", text="one; two"),
    )


def test_every_limit_has_its_flag() -> None:
    """As the command line spells them."""
    assert dict(FLAGS) == {
        "drift": "--overwrite-drift",
        "no-relay": "--allow-no-relay",
        "own-domain": "--allow-own-domains",
        "weaker-tls": "--allow-weaker-tls",
        "take-over": "--take-over",
        "discard": "--allow-discard",
    }
