"""The question before a host is changed."""

from __future__ import annotations

import pytest

from relayconf.commands.asking import is_agreed
from relayconf.errors import UsageError
from tests.support.local_host import Said, said


def ask(heard: Said, *, seen: bool = False) -> bool:
    """Whether that console agrees."""
    return is_agreed(heard.console, "Do it?", shown="all of it", seen=seen, hint="give `--yes`")


@pytest.mark.parametrize(("answer", "agreed"), [("yes\n", True), ("y\n", False), ("no\n", False), ("", False)])
def test_only_yes_is_yes(answer: str, *, agreed: bool) -> None:
    """Neither `y` nor silence."""
    heard = said(answer, terminal=True)

    assert ask(heard) is agreed
    assert heard.err.getvalue() == "all of it\nDo it? Type yes: "


def test_what_is_on_the_screen_is_not_shown_twice() -> None:
    """The question alone follows it."""
    heard = said("yes\n", terminal=True)

    assert ask(heard, seen=True)
    assert heard.err.getvalue() == "Do it? Type yes: "


def test_without_a_terminal_nobody_is_asked() -> None:
    """What is piped in is no answer."""
    with pytest.raises(UsageError, match="there is no terminal to ask on") as caught:
        ask(said("yes\n"))
    assert caught.value.hint == "give `--yes`"
