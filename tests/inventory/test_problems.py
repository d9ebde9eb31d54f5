from __future__ import annotations

from relayconf.inventory.problems import WORDINGS, character, is_name, problem, shown, suggestion
from relayconf.model import Origin

ORIGIN = Origin(file="inventory.yaml", line=17, column=9)


def test_problem_is_worded() -> None:
    """A code, a place and what fills the wording in make a problem."""
    made = problem(ORIGIN, "hosts.mx1.relay", "unknown_relay", {"name": "ips", "suggestion": "did you mean `isp`?"})

    assert str(made) == "inventory.yaml:17:9: hosts.mx1.relay: no relay is named `ips`"
    assert made.hint == "did you mean `isp`?"


def test_an_empty_hint_is_none() -> None:
    """A wording without a hint, or with nothing to suggest, has none."""
    assert problem(ORIGIN, "", "wanted_text", {}).hint is None
    assert problem(ORIGIN, "", "unknown_key", {"suggestion": ""}).hint is None


def test_what_fills_a_wording_in_is_not_read_again() -> None:
    """Braces in a value stay, and no character can steer a terminal."""
    made = problem(ORIGIN, "a\x1b", "unknown_relay", {"name": "{suggestion}\x1b[2J", "suggestion": "\n"})

    assert (made.place, made.text, made.hint) == ("a\\x1b", "no relay is named `{suggestion}\\x1b[2J`", "\\x0a")


def test_suggestion() -> None:
    """The nearest name, else up to twelve of them, else nothing."""
    assert suggestion("realy", ["host", "relay", ""]) == "did you mean `relay`?"
    assert suggestion("zzz", ["host", "relay"]) == "there is: host, relay"
    assert suggestion("zzz", [f"a{number}" for number in range(13)]).endswith("a10, a11, …")
    assert suggestion("zzz", []) == ""


def test_characters() -> None:
    """A character is itself where that can be read, else its code point."""
    assert [character(char) for char in ":` \nü"] == ["`:`", "U+0060", "a blank", "U+000A", "U+00FC"]
    assert shown("ü\u202e\n") == "ü\\x202e\\x0a"


def test_only_names_may_be_repeated() -> None:
    """What does not look like a name is not repeated in a message."""
    assert is_name("isp-1.example_org")
    assert not any(is_name(word) for word in ("", "a b", "user:pass", "pass@host", "-x", "a" * 82, "a\n"))


def test_wordings_follow_the_style() -> None:
    """Wordings begin in lower case (names such as YAML aside) and do not end in a full stop."""
    for text, hint in WORDINGS.values():
        assert not text[:2].istitle()
        assert not text.endswith(".")
        assert not hint.endswith(".")
