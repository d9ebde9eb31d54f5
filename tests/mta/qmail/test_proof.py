"""The proof by itself: what it asks, and what it catches."""

from __future__ import annotations

import pytest

from relayconf.errors import RenderMismatch
from relayconf.model import Direct, Internal, Local, Mx, Nexthop, Reject, Target
from relayconf.mta.qmail.flavours import FLAVOURS
from relayconf.mta.qmail.lines import Login
from relayconf.mta.qmail.proof import intended_route, prove, prove_senders
from relayconf.mta.qmail.route import QmailRoute
from tests.mta.qmail.relays import smarthost
from tests.support.hosts import STORE, STORY_SMTPROUTES, TO_ISP, qmail_host


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (Direct(), QmailRoute(via="mx", host=b"a.test", port=25)),
        (Mx(), QmailRoute(via="mx", host=b"a.test", port=25)),
        (STORE, QmailRoute(via="relay", host=b"192.168.0.100", port=25)),
        (TO_ISP, QmailRoute(via="relay", host=b"mail.asahi-net.or.jp", port=25)),
        (Local(), None),
        (Reject(text="no"), None),
        (Internal(nexthop=Nexthop(host="a.test", mx_lookup=True)), None),
    ],
)
def test_intended_route(target: Target, expected: QmailRoute | None) -> None:
    """What qmail-remote should do for each kind of target; nothing where it is not asked or cannot."""
    assert intended_route(target, "a.test") == expected


def test_the_story_is_proved() -> None:
    """Nothing is raised for a file that does what the inventory says."""
    prove(qmail_host(), STORY_SMTPROUTES)
    prove(qmail_host(domains={}, default=(Direct(),)), None)


def test_lines_for_local_domains_do_not_matter() -> None:
    """qmail-remote is never asked for them."""
    prove(qmail_host(domains={"here.test": Local()}), b"here.test:nowhere.test\n:mail.asahi-net.or.jp\n")


@pytest.mark.parametrize(
    ("content", "domain"),
    [
        (None, "relayconf-probe"),
        (b"\xef\xbb\xbf" + STORY_SMTPROUTES, "kamata-net.com"),
        (STORY_SMTPROUTES.replace(b"\n", b"\r\n"), "relayconf-probe"),
        (STORY_SMTPROUTES + b"kamata-net.com:192.168.0.101\n", "kamata-net.com"),
        (STORY_SMTPROUTES + b"\xff:other.test\n", "\\xff"),
        (STORY_SMTPROUTES + b".kamata-net.com:other.test\n", "relayconf-probe.kamata-net.com"),
        (STORY_SMTPROUTES + b"relayconf-probe.com:\n", "relayconf-probe.com"),
        (STORY_SMTPROUTES + b"relay|user|s3:cret\n", "relay…"),
    ],
)
def test_poison_is_caught(content: bytes | None, domain: str) -> None:
    """Absence, byte order mark, carriage returns, a duplicate, keys of all sorts."""
    with pytest.raises(RenderMismatch, match="the rendered smtproutes sends mail for ") as caught:
        prove(qmail_host(), content)

    assert caught.value.message.split()[7] == domain
    assert "cret" not in caught.value.message


def test_the_name_below_a_suffix_is_nobody_s_own() -> None:
    """A key that looks like the proof's own probe does not hide what happens below the suffix."""
    host = qmail_host(domains={".com": STORE, "relayconf-probe.com": TO_ISP}, default=(Direct(),))

    with pytest.raises(RenderMismatch, match=r"mail for relayconf-probex\.com to direct"):
        prove(host, b"relayconf-probe.com:mail.asahi-net.or.jp\n")


def test_addresses_are_not_asked() -> None:
    """There are no lines for them."""
    prove(qmail_host(routes={"a@kamata-net.com": TO_ISP}), STORY_SMTPROUTES)


def test_the_name_that_nothing_matches_is_nobody_s_own() -> None:
    """Nor does such a key hide that the default is missing."""
    host = qmail_host(domains={"relayconf-probe": STORE})

    with pytest.raises(RenderMismatch, match="mail for relayconf-probex to direct"):
        prove(host, b"relayconf-probe:192.168.0.100\n")


def test_credentials_are_proved() -> None:
    """Another password, none, or one that is torn is caught, and not repeated."""
    host = qmail_host(domains={}, default=(smarthost(tls="may"),))
    login = Login(user="user", password="s3cret")

    prove(host, b":smtp.isp.example:587|user|s3cret\n", FLAVOURS["sagredo"], lambda _: login)
    for content in (b":smtp.isp.example:587|user|0ther\n", b":smtp.isp.example:587\n", b":smtp.isp.example:587|user\n"):
        with pytest.raises(RenderMismatch, match="to the same place with other credentials, but") as caught:
            prove(host, content, FLAVOURS["sagredo"], lambda _: login)
        assert "s3cret" not in caught.value.message
    with pytest.raises(RenderMismatch, match=r"to smtp\.isp\.example:25 and hidden text, but"):
        prove(host, b":smtp.isp.example|user|s3cret\n", FLAVOURS["classic"], lambda _: login)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"@a.test:r|user|0ther\n",
        b"@a.test:r|user|s3cret\n@b.test:r\n",
        b"@A.test:r|user|s3cret\n:r\n",
    ],
)
def test_senders_are_proved(content: bytes) -> None:
    """One that lacks, one with another password, one too many."""
    wanted = {"@a.test": (Nexthop(host="r"), Login(user="user", password="s3cret"))}

    prove_senders(qmail_host(), b"@a.test:r:25|user|s3cret\n", FLAVOURS["sagredo"], wanted)
    with pytest.raises(RenderMismatch, match="the rendered authsenders has not what the inventory says of") as caught:
        prove_senders(qmail_host(), content, FLAVOURS["sagredo"], wanted)
    assert "s3cret" not in caught.value.message
