"""`relayconf status`, on a host of this machine."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

from relayconf.commands.status import status
from relayconf.exits import ExitCode
from tests.support.journals import applied, cut_short, wait_for_confirmation
from tests.support.local_host import LocalHost, local_host, said


def rows(host: LocalHost) -> dict[str, str]:
    """What the block of the only host says, by its first column."""
    heard = said()
    assert status(heard.console, host.options()) is ExitCode.OK
    name, *lines = heard.out.getvalue().splitlines()
    assert name == "edge"
    return dict(re.split("   +", line.strip(), maxsplit=1) for line in lines)


def test_a_host_that_was_never_touched(tmp_path: Path) -> None:
    """And is not now."""
    host = local_host(tmp_path)

    assert rows(host) == {
        "mta": f"qmail in {tmp_path / 'qmail'}, qmail-send does not run",
        "last transaction": "none",
    }
    assert not (tmp_path / "state").exists()


def test_the_last_transaction_and_what_waits(tmp_path: Path) -> None:
    """With its end, its time, and the seconds that are left."""
    host = local_host(tmp_path)
    transaction = applied(host)
    quiet = rows(host)
    wait_for_confirmation(host, transaction)
    waits = rows(host)

    assert set(quiet) == {"mta", "last transaction"}
    assert re.fullmatch(rf"{transaction}   [0-9]{{4}}-[0-9-]+ [0-9:]{{8}}   applied", quiet["last transaction"])
    assert re.fullmatch(
        rf"{transaction}   it goes by itself in [0-9]+ s; `relayconf confirm edge` keeps it", waits["unconfirmed"]
    )
    assert re.search(r"   unconfirmed   [0-9]+ s left to confirm it$", waits["last transaction"])


def test_what_was_cut_short(tmp_path: Path) -> None:
    """Stays so, with the way out."""
    host = local_host(tmp_path)
    transaction = applied(host)
    cut_short(host, transaction)
    lines = rows(host)

    assert lines["cut short"] == f"{transaction}   `relayconf recover edge` puts it right"
    assert "   unfinished" in lines["last transaction"]
    assert (tmp_path / "state" / "lock").is_symlink()


def test_a_state_directory_that_cannot_be_trusted(tmp_path: Path) -> None:
    """Is told, and all the rest that is known."""
    host = local_host(tmp_path)
    (tmp_path / "state").mkdir(mode=0o755)

    assert rows(host)["unusable"] == f"the state directory {tmp_path / 'state'} has mode 755, not 700"


def test_json(tmp_path: Path) -> None:
    """One document."""
    heard = said()

    status(heard.console, local_host(tmp_path).options(json=True))

    assert json.loads(heard.out.getvalue())["kind"] == "status"


def test_what_was_edited_by_hand(tmp_path: Path) -> None:
    """As relayconf left it, as it is, as it would be; without a template that works that stays unknown."""
    host = local_host(tmp_path)
    transaction = applied(host)
    (host.control / "smtproutes").write_bytes(b":elsewhere.test\n")
    drift = rows(host)["drift"]
    (tmp_path / "broken" / "qmail").mkdir(parents=True)
    (tmp_path / "broken" / "qmail" / "smtproutes.j2").write_text("{{ nothing }}")
    heard = said()
    status(heard.console, replace(host.options(), templates=tmp_path / "broken"))

    last = rf"smtproutes: last as transaction {transaction} left it on [0-9-]+"
    assert re.fullmatch(f"{last}, on disk edited since, wanted as the inventory says", drift)
    assert re.search(r"\n  drift +unknown: .*smtproutes.j2", heard.out.getvalue())
