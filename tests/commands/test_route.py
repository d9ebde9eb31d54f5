"""`relayconf route`, whoever is asked."""

from __future__ import annotations

import json

import pytest

from relayconf.commands.route import Answer, envelope, plain, route, route_all
from relayconf.errors import UsageError
from relayconf.exits import ExitCode
from tests.support.local_host import said


def _answer(sender: str, recipient: str) -> Answer:
    return Answer(value={"to": recipient}, rows=(("from", sender), ("address", recipient)))


def _two(sender: str, recipient: str) -> tuple[Answer, ...]:
    return (_answer(sender, recipient), _answer(sender, f"{recipient}2"))


def test_text() -> None:
    """A word and its text on each line; an empty line between answers."""
    heard = said()

    assert route(heard.console, _answer, pair=("a", "b")) is ExitCode.OK
    assert heard.out.getvalue() == "from     a\naddress  b\n"

    heard = said()
    assert route_all(heard.console, _two, pair=("a", "b")) is ExitCode.OK
    assert heard.out.getvalue() == "from     a\naddress  b\n\nfrom     a\naddress  b2\n"


def test_json() -> None:
    """One answer is an object, answers of many hosts are a list."""
    heard = said()
    assert route(heard.console, _answer, pair=("a", "b"), as_json=True) is ExitCode.OK
    assert heard.out.getvalue() == '{\n  "to": "b"\n}\n'

    heard = said()
    route_all(heard.console, _two, pair=("a", "b"), as_json=True)
    assert json.loads(heard.out.getvalue()) == [{"to": "b"}, {"to": "b2"}]


def test_batch() -> None:
    """A line of input, an object a line for each answer."""
    heard = said("a\tb\na\tc d\r\n")
    route(heard.console, _answer, pair=None)
    assert heard.out.getvalue() == '{"to": "b"}\n{"to": "c d\\r"}\n'

    heard = said("a\tb\n")
    route_all(heard.console, _two, pair=None)
    assert heard.out.getvalue() == '{"to": "b"}\n{"to": "b2"}\n'


def test_batch_without_a_tab() -> None:
    """The line is named."""
    with pytest.raises(UsageError, match="line 2 of the input has no tab between sender and recipient"):
        route(said("a\tb\nc d\n").console, _answer, pair=None)


def test_words_of_the_command_line() -> None:
    """`<>` is the empty sender; bytes that are no UTF-8 can be JSON."""
    assert [envelope(word) for word in ("<>", "", "a@b")] == ["", "", "a@b"]
    assert (plain("é\udcff"), plain(b"\xff\xc3\xa9")) == ("é\\xff", "\\xffé")
