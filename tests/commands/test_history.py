"""`relayconf history`, on a host of this machine."""

from __future__ import annotations

import json
from pathlib import Path

from relayconf.commands.history import history
from relayconf.exits import ExitCode
from tests.support.journals import applied, cut_short
from tests.support.local_host import INVENTORY, local_host, said


def test_what_was_done(tmp_path: Path) -> None:
    """The newest first, each with the files that it changed; one that was cut short among them."""
    host = local_host(tmp_path)
    first, second = applied(host), applied(host, 101)
    cut_short(host, second)
    heard = said()

    assert history(heard.console, host.options()) is ExitCode.OK
    rows = [line.split() for line in heard.out.getvalue().splitlines()]
    target = str(host.control / "smtproutes")
    assert rows[0] == ["edge"]
    assert (rows[2][0], rows[2][-3:]) == (second, ["unfinished", "update", target])
    assert (rows[3][0], rows[3][-3:]) == (first, ["applied", "create", target])
    assert len(rows) == 4
    assert (tmp_path / "state" / "lock").is_symlink()


def test_a_host_without_a_past(tmp_path: Path) -> None:
    """And it stays so."""
    host = local_host(tmp_path)
    heard = said()

    assert history(heard.console, host.options(json=True)) is ExitCode.OK
    assert json.loads(heard.out.getvalue())["hosts"] == [
        {"host": "edge", "status": "unchanged", "error": None, "transactions": []}
    ]
    assert not (tmp_path / "state").exists()


def test_a_host_that_cannot_tell(tmp_path: Path) -> None:
    """Is a failed host with a reason."""
    host = local_host(tmp_path)
    (tmp_path / "state").mkdir(mode=0o755)
    heard = said()

    assert history(heard.console, host.options()) is ExitCode.HOST_FAILED
    assert heard.out.getvalue().startswith("edge   failed, nothing changed: history: the state directory ")


def test_neither_key_nor_secret_is_needed(tmp_path: Path) -> None:
    """A look at the past asks nobody for a password, and makes no key."""
    inventory = INVENTORY.replace("tls: none", "port: 587, auth: {{username: u, password: {{env: NO_SUCH}}}}")

    assert history(said().console, local_host(tmp_path, inventory=inventory).options()) is ExitCode.OK
    assert list(Path.home().rglob("plan.key")) == []
