"""What the host's router is asked about a candidate."""

from __future__ import annotations

from collections.abc import Mapping

from relayconf.mta.base import Question
from relayconf.mta.postfix.questions import MOST, questions
from tests.mta.postfix.hosts import MAIN

_SENDER = "postmaster@relayconf-probe.invalid"
_OURS = b"transport_maps = hash:${relayconf_maps}/transport\nrelayconf_maps = /etc/postfix/relayconf/1\n"


def _contents(main: bytes, transport: bytes = b"") -> Mapping[str, bytes | None]:
    return {"postfix:main.cf": main, "postfix:live/transport": transport}


def _asked(recipient: str, transport: str, nexthop: str) -> Question:
    return Question(sender=_SENDER, recipient=recipient, transport=transport, nexthop=nexthop)


def test_the_rest_of_the_world_and_each_way() -> None:
    """By relayhost, then one for each value of the table, then one for other keys; none for what keeps its class."""
    table = (
        b"a.test smtp:[x]:25\nb.test smtp:[x]:25\n.c.test smtp:\nanna@d.test error:5.1.1 no such user\nlocal.test :\n"
    )
    main = MAIN.replace(b"relayhost =", b"relayhost = [isp.test]:587") + _OURS

    assert questions(_contents(main, table)) == (
        _asked("relayconf-probe@relayconf-probe.invalid", "smtp", "[isp.test]:587"),
        _asked("relayconf-probe@a.test", "smtp", "[x]:25"),
        _asked("relayconf-probe@relayconf-probe.c.test", "smtp", "relayconf-probe.c.test"),
        _asked("anna@d.test", "error", "5.1.1 no such user"),
        _asked("relayconf-probe@b.test", "smtp", "[x]:25"),
    )


def test_another_default_transport() -> None:
    """It decides for the rest of the world, with its own next hop or by MX."""
    main = MAIN + b"default_transport = relayconf_tls:[isp.test]:465\n"

    assert questions(_contents(main)) == (
        _asked("relayconf-probe@relayconf-probe.invalid", "relayconf_tls", "[isp.test]:465"),
    )


def test_what_only_the_host_knows_is_not_asked() -> None:
    """Tables of the admin's, values that Postfix expands, addresses with blanks, and files that it cannot read."""
    theirs = MAIN + _OURS.replace(b"/transport\n", b"/transport, hash:/etc/postfix/transport\n")
    odd = b'"an na"@x.test smtp:\ny.test smtp:[$myhostname]\n'

    assert questions(_contents(theirs)) == ()
    assert [one.recipient for one in questions(_contents(MAIN + _OURS, odd))] == [
        "relayconf-probe@relayconf-probe.invalid"
    ]
    assert questions(_contents(b"relayhost\n")) == ()


def test_no_more_than_a_few() -> None:
    """Each costs time on the host; no value is left out for another key of one that is asked already."""
    many = b"".join(b"n%d.test smtp:[%d.test]\n" % (number, number % 30) for number in range(100))
    asked = questions(_contents(MAIN + _OURS, many))

    assert (len(asked), len({one.nexthop for one in asked})) == (MOST, MOST)
