"""`relayconf explain-bounce FILE`."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pytest

from relayconf.commands.explain_bounce import STDIN, explain_bounce
from relayconf.console import Console
from relayconf.errors import UsageError
from relayconf.exits import ExitCode
from tests.support.local_host import said

DATA = Path(__file__).parents[1] / "data/bounces/variants"
INVENTORY = "version: 1\nmta: qmail\nrelay: direct\nhosts: {edge: {}}\n"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_bounce() -> None:
    """Without an inventory there is nothing to change in one."""
    heard = said()

    assert explain_bounce(heard.console, DATA / "qmail-raw.eml") is ExitCode.OK
    assert "ip-policy-listed" in heard.out.getvalue()
    assert "change" not in heard.out.getvalue()


def test_the_inventory_of_the_folder_or_another(tmp_path: Path) -> None:
    """The edit is for its host."""
    (tmp_path / "other.yaml").write_text(INVENTORY)
    named = said()
    explain_bounce(named.console, DATA / "qmail-raw.eml", inventory=Path("other.yaml"), provider="asahi-net")
    (tmp_path / "other.yaml").rename("inventory.yaml")
    found = said()
    explain_bounce(found.console, DATA / "qmail-raw.eml")

    assert "provider: asahi-net" in named.out.getvalue()
    assert "host edge sends to icloud.com directly: no relay applies (inventory.yaml:4:9" in found.out.getvalue()
    with pytest.raises(UsageError):
        explain_bounce(found.console, DATA / "qmail-raw.eml", inventory=Path("none.yaml"))


def test_json() -> None:
    """Of a bounce and of a log."""
    one, many = said(), said()
    explain_bounce(one.console, DATA / "qmail-raw.eml", as_json=True)
    explain_bounce(many.console, DATA / "qmail-multilog.log", log=True, as_json=True)

    assert json.loads(one.out.getvalue())["kind"] == "bounce"
    assert json.loads(many.out.getvalue())["categories"][0]["category"] == "ip-policy-listed"


def test_nothing_understood() -> None:
    """Unknown words, no bounce at all, an empty log."""
    for name in ("pasted-unknown.txt", "not-a-bounce.eml", "dsn-unknown.eml"):
        assert explain_bounce(said().console, DATA / name) is ExitCode.ERROR
    assert explain_bounce(said().console, Path(os.devnull), log=True) is ExitCode.ERROR
    assert explain_bounce(said().console, DATA / "pasted-two.txt", log=True) is ExitCode.ERROR


def test_stdin() -> None:
    """As bytes: nobody knows the encoding of a bounce."""
    out = io.StringIO()
    console = Console(
        stdin=io.TextIOWrapper(io.BytesIO((DATA / "dsn-latin1.eml").read_bytes()), encoding="utf-8"),
        stdout=out,
        stderr=io.StringIO(),
    )

    assert explain_bounce(console, STDIN) is ExitCode.OK
    assert "recipient-unknown" in out.getvalue()


def test_unreadable(tmp_path: Path) -> None:
    """Said as the mistake of the command line that it is, when it is opened or read."""
    with pytest.raises(UsageError, match="none cannot be read: No such file"):
        explain_bounce(said().console, Path("none"))
    with pytest.raises(UsageError, match="cannot be read: Is a directory"):
        explain_bounce(said().console, tmp_path, log=True)
