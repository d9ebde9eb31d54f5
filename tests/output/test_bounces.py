"""Rejections as text."""

from __future__ import annotations

from relayconf.bounces.cure import Edit, Explained
from relayconf.bounces.rejection import Rejection, Told, rejection
from relayconf.bounces.tally import tallies
from relayconf.output.bounces import Row, bounce, log

EDIT = Edit(host="edge", why="no relay applies", place="i.yaml:1:1: hosts.edge", lines=("hosts:", "  edge:"))


def _item(item: Rejection, count: int = 1, edit: Edit | None = None) -> Explained:
    return Explained(rejection=item, count=count, edit=edit)


def _rows(*items: Rejection, edit: Edit | None = None) -> tuple[Row, ...]:
    return tuple(
        Row(code=code, tally=tally, examples=tuple(_item(item, edit=edit) for item in tally.examples))
        for code, tally in tallies(items)
    )


def test_a_bounce() -> None:
    """Whose mail, who said what, what it means, what to do, what to change."""
    item = rejection("host mx.x.example[192.0.2.1]:25 said: 552 5.2.2 Mailbox full", Told(domain="x.example"))

    assert bounce([_item(item, 2, EDIT)]) == (
        "x.example: refused for good (2 times)\n"
        "  said by   the receiver, mx.x.example 192.0.2.1 port 25\n"
        "  said      host mx.x.example[192.0.2.1]:25 said: 552 5.2.2 Mailbox full\n"
        "  category  mailbox-full: the recipient's mailbox is full\n"
        "  meaning   Only the recipient can change that.\n"
        "  do        Nothing to change here; retry later.\n"
        "  change    no relay applies (i.yaml:1:1: hosts.edge)\n"
        "              hosts:\n"
        "                edge:"
    )


def test_who() -> None:
    """The three who can say it, with what is known of them."""
    refused = "connect to x[192.0.2.1]:25: Connection refused"

    assert "said by   our own MTA, mail, about x 192.0.2.1 port 25\n" in bounce(
        [_item(rejection(refused, Told(reporter="mail")))]
    )
    assert "said by   our own MTA\n" in bounce([_item(rejection("unable to read control files"))])
    assert "said by   the relay\n" in bounce([_item(rejection("550 Relaying denied"))])


def test_whether_it_is_tried_again() -> None:
    """Known or not; and whose it is, known or not."""
    later = rejection("450 4.2.0 Greylisted", Told(domain="x.example"))

    assert bounce([_item(later)]).startswith("x.example: to be tried again\n")
    assert bounce([_item(rejection("mystery"))]).startswith("a recipient: refused\n")


def test_unknown_is_said_to_be_unknown() -> None:
    """Without a meaning made up for it; a bounce of nothing has no text either."""
    assert "category  not known: no phrase or code of it is\n" not in bounce([_item(rejection("550 no"))])
    assert bounce([_item(rejection("550 no"))]).endswith("\n  category  not known: no phrase or code of it is")
    assert "said    " not in bounce([_item(rejection(""))])
    assert bounce([]) == "no rejection found"
    assert log([]) == "no rejection found"


def test_text_is_safe_and_not_endless() -> None:
    """Whatever a server says."""
    shown = bounce([_item(rejection("550 \x1b[2J\u202e " + "word " * 300))])

    assert "\\x1b[2J\\u202e" in shown
    assert shown.replace("\n", "").isprintable()
    assert "…" in shown
    assert len(shown) < 1500


def test_a_log() -> None:
    """Counts first; each category once, with examples, and a change that several share once."""
    told = [Told(domain=f"{name}.example") for name in ("a", "b", "c", "d")]
    items = [rejection("550 5.1.1 User unknown", item) for item in told]
    items.append(rejection("550 5.1.6 User unknown"))

    shown = log(_rows(*items, rejection("450 no"), edit=EDIT))

    assert shown.splitlines()[:3] == [
        "count  for good  to be tried again  category           recipients at",
        "5      5         0                  recipient-unknown  a.example, b.example, c.example and 1 more",
        "1      0         1                  unknown",
    ]
    assert shown.count("no relay applies") == 2
    assert shown.count("  said by ") == 3


def test_domains_that_are_not_counted_any_more() -> None:
    """The number is then a lower bound, and says so."""
    many = [rejection("550 5.1.1 User unknown", Told(domain=f"{n}.example")) for n in range(1500)]

    assert "0.example, 1.example, 2.example and at least 997 more" in log(_rows(*many))
