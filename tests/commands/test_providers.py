"""`relayconf providers`."""

from __future__ import annotations

import json

import pytest

from relayconf.commands.providers import providers
from relayconf.errors import UsageError
from relayconf.exits import ExitCode
from tests.support.local_host import said


def test_all_or_one() -> None:
    """A table without a name, a page with one."""
    heard = said()

    assert providers(heard.console, None) is ExitCode.OK
    assert len(heard.out.getvalue().splitlines()) == 69
    heard = said()
    assert providers(heard.console, "asahi-net") is ExitCode.OK
    assert heard.out.getvalue().startswith("asahi-net: ASAHI-NET")


def test_json() -> None:
    """One or all."""
    counts = []
    for name in ("asahi-net", None):
        heard = said()
        providers(heard.console, name, as_json=True)
        counts.append(len(json.loads(heard.out.getvalue())["providers"]))

    assert counts == [1, 68]


@pytest.mark.parametrize(
    ("name", "hint"),
    [("amason-ses", "did you mean amazon-ses?"), ("\x1b[2J", "`relayconf providers` lists them")],
)
def test_an_unknown_name(name: str, hint: str) -> None:
    """Is told with what is near it, and cannot talk to the terminal."""
    with pytest.raises(UsageError) as caught:
        providers(said().console, name)

    assert caught.value.hint == hint
    assert "\x1b" not in str(caught.value)
