"""Transactions that were made before: told, recovered, rolled back, confirmed; by the script and by hand."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from relayconf.errors import DeployError
from relayconf.files import DesiredFile
from tests.shell.sandbox import LOCAL, NEW, OLD, ROUTES, VIRTUAL, Sandbox

FIRST, SECOND, THIRD = (f"20261124T10150{number}Z-00000{number}" for number in (1, 2, 3))
TO_NEW = DesiredFile(path=ROUTES, content=NEW)


def _three(host: Sandbox) -> list[object]:
    """Three changes on top of each other; what the host was like before each, and after the last."""
    seen: list[object] = [host.snapshot()]
    wishes = (
        (TO_NEW, DesiredFile(path=VIRTUAL, content=b"a:b\n")),
        (DesiredFile(path=ROUTES, content=b":two\n", mode=0o640), DesiredFile(path=VIRTUAL, content=None)),
        (DesiredFile(path=ROUTES, content=b":three\n", phase=1), DesiredFile(path=ROUTES, content=b":last\n", phase=2)),
    )
    for transaction, wish in zip((FIRST, SECOND, THIRD), wishes, strict=True):
        host.deploy(host.changes(*wish), transaction)
        seen.append(host.snapshot())
    return seen


def _applied(host: Sandbox) -> dict[str, str]:
    return {name: value for name, value in host.observe().values.items() if name.startswith("applied.")}


def _without_time(lines: list[str]) -> list[str]:
    fields = [line.split("\t") for line in lines]
    return ["|".join("" if len(field) == 20 and field.endswith("Z") else field for field in line) for line in fields]


def test_history(host: Sandbox) -> None:
    """Every transaction with its end and its files, oldest first."""
    _three(host)
    (host.control / "smtproutes").write_bytes(b":edited\n")
    with pytest.raises(DeployError):
        host.deploy([replace(host.changes(TO_NEW)[0], after=replace(TO_NEW, content=b":x\r\n"))], "20261124T101504Z-4")
    control = host.control

    assert _without_time(host.undo("history")) == [
        f"transaction {FIRST}|applied||",
        f"file {FIRST}|update|{ROUTES}|{control}/smtproutes",
        f"file {FIRST}|create|{VIRTUAL}|{control}/virtualdomains",
        f"transaction {SECOND}|applied||",
        f"file {SECOND}|update|{ROUTES}|{control}/smtproutes",
        f"file {SECOND}|delete|{VIRTUAL}|{control}/virtualdomains",
        f"transaction {THIRD}|applied||",
        f"file {THIRD}|update|{ROUTES}|{control}/smtproutes",
        "transaction 20261124T101504Z-4|restored||",
        f"file 20261124T101504Z-4|update|{ROUTES}|{control}/smtproutes",
        "end 0",
    ]


def test_history_of_nothing(dash: Sandbox) -> None:
    """A host that never had a deploy has no history, nothing to recover, and nothing to roll back."""
    assert dash.undo("history") == dash.undo("recover") == ["", "end 0"]
    assert dash.undo("rollback") == ["failed rollback nothing was ever applied here", "end 10"]
    assert not dash.state.exists()


def test_roll_back_one_after_the_other(host: Sandbox) -> None:
    """Each call undoes the newest change that stands: bytes, modes, owners, and what is recorded as applied."""
    before, first, second, _ = _three(host)

    assert host.undo("rollback") == [f"rolled-back {THIRD}", "end 0"]
    assert host.snapshot() == second
    assert host.undo("rollback", f"expect {SECOND}") == [f"rolled-back {SECOND}", "end 0"]
    assert host.snapshot() == first
    assert {value.split()[1] for value in _applied(host).values()} == {FIRST}
    assert host.undo("rollback") == [f"rolled-back {FIRST}", "end 0"]
    assert host.snapshot() == before
    assert not _applied(host)
    assert host.undo("rollback") == [
        "failed rollback no applied transaction is there to be rolled back", "end 10"
    ]  # fmt: skip
    assert host.is_clean()
    assert [line for line in _without_time(host.undo("history")) if line.startswith("tr")] == [
        f"transaction {name}|rolled-back||" for name in (FIRST, SECOND, THIRD)
    ]


def test_roll_back_to(host: Sandbox) -> None:
    """All that came after the named one goes, newest first."""
    seen = _three(host)

    assert host.undo("rollback", f"to {FIRST}", f"expect {THIRD}") == [
        f"rolled-back {THIRD}", f"rolled-back {SECOND}", "end 0"
    ]  # fmt: skip
    assert host.snapshot() == seen[1]
    assert host.is_clean()


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([f"expect {FIRST}"], f"the newest applied transaction is {THIRD}, not {FIRST}"),
        (["to 20200101T000000Z-000000"], "there is no applied transaction 20200101T000000Z-000000 here (any more)"),
        ([f"to {THIRD}"], f"nothing has been applied since {THIRD}"),
    ],
)
def test_refused(dash: Sandbox, lines: list[str], reason: str) -> None:
    """What cannot be meant changes nothing."""
    seen = _three(dash)

    assert dash.undo("rollback", *lines) == [f"failed rollback {reason}", "end 10"]
    assert dash.snapshot() == seen[-1]
    assert dash.is_clean()


def test_unknown_action_and_cut_request(dash: Sandbox) -> None:
    """A request that is no request is refused."""
    dash.deploy(dash.changes(TO_NEW))

    assert dash.undo("destroy") == ["failed destroy destroy is nothing that can be done", "end 10"]


def test_edited_since_is_left(host: Sandbox) -> None:
    """What somebody changed meanwhile stays and is named; the rest goes back."""
    changes = host.changes(TO_NEW, DesiredFile(path=VIRTUAL, content=b"a:b\n"), DesiredFile(path=LOCAL, content=b"x\n"))
    host.deploy(changes, FIRST)
    (host.control / "smtproutes").write_bytes(b":by hand\n")

    assert host.undo("rollback") == [f"left {FIRST} {ROUTES}", f"rolled-back {FIRST}", "end 0"]
    assert (host.control / "smtproutes").read_bytes() == b":by hand\n"
    assert not (host.control / "virtualdomains").exists()
    assert host.is_clean()


def test_all_edited_since(dash: Sandbox) -> None:
    """When nothing is relayconf's any more there is nothing to undo."""
    dash.deploy(dash.changes(TO_NEW), FIRST)
    (dash.control / "smtproutes").write_bytes(b":by hand\n")

    reason = f"all that it had written was changed by somebody since: {ROUTES}"
    assert dash.undo("rollback") == [
        f"failed rollback transaction {FIRST} cannot be undone: {reason}", "end 10"
    ]  # fmt: skip
    assert (dash.control / "smtproutes").read_bytes() == b":by hand\n"
    assert dash.is_clean()


def test_put_back_by_hand_already(dash: Sandbox) -> None:
    """A file that somebody has put back to what it was is no stranger."""
    dash.deploy(dash.changes(TO_NEW, DesiredFile(path=VIRTUAL, content=b"a:b\n")), FIRST)
    (dash.control / "smtproutes").write_bytes(OLD)

    assert dash.undo("rollback") == [f"rolled-back {FIRST}", "end 0"]
    assert (dash.control / "smtproutes").read_bytes() == OLD
    assert not (dash.control / "virtualdomains").exists()


def test_left_stops_the_older_ones(dash: Sandbox) -> None:
    """What was left of a newer transaction keeps the older ones from being undone beneath it."""
    dash.deploy(dash.changes(TO_NEW), FIRST)
    dash.deploy(dash.changes(DesiredFile(path=ROUTES, content=b":two\n")), SECOND)
    dash.deploy(
        dash.changes(DesiredFile(path=ROUTES, content=b":3\n"), DesiredFile(path=VIRTUAL, content=b"a:b\n")), THIRD
    )
    (dash.control / "smtproutes").write_bytes(b":by hand\n")

    assert dash.undo("rollback", f"to {FIRST}") == [
        f"left {THIRD} {ROUTES}",
        f"rolled-back {THIRD}",
        "failed rollback what somebody changed keeps the older ones from being undone",
        "end 10",
    ]
    assert dash.is_clean()


def test_by_hand(host: Sandbox) -> None:
    """The script that stays on the host needs no relayconf."""
    seen = _three(host)

    status, lines = host.undo_by_hand("--list")
    assert (status, len([line for line in lines if line.startswith("transaction ")])) == (0, 3)
    assert host.undo_by_hand() == (0, [f"rolled-back {THIRD}"])
    assert host.snapshot() == seen[2]
    assert host.undo_by_hand("--to", FIRST) == (0, [f"rolled-back {SECOND}"])
    assert host.snapshot() == seen[1]
    assert host.undo_by_hand("--recover") == (0, [""])
    assert host.undo_by_hand("--what") == (
        10, ["failed rollback usage: sh undo [--list | --recover | --to TRANSACTION]"]
    )  # fmt: skip


def test_parameters_by_hand_are_quoted(dash: Sandbox, tmp_path: Path) -> None:
    """A path of the inventory is one word on the host, whatever it is made of."""
    strange = tmp_path / 'it\'s $(touch pwned) `x` "y"'
    strange.mkdir()
    host = Sandbox(root=strange).build(smtproutes=OLD)
    host.deploy(host.changes(TO_NEW), FIRST)

    assert host.undo_by_hand() == (0, [f"rolled-back {FIRST}"])
    assert not (Path.cwd() / "pwned").exists()
    assert dash.state.parent.exists()


def _unconfirmed(host: Sandbox) -> str | None:
    return host.observe().values.get("state.unconfirmed")


def _wait(host: Sandbox, content: bytes, seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while (host.control / "smtproutes").read_bytes() != content:
        assert time.monotonic() < end, "the host did not roll back by itself"
        time.sleep(0.1)


def _clean(host: Sandbox) -> None:
    """The lock goes last."""
    end = time.monotonic() + 5
    while not host.is_clean():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_not_confirmed_in_time(host: Sandbox) -> None:
    """The host rolls back by itself, and says so afterwards."""
    before = host.snapshot()
    host.deploy(host.changes(TO_NEW), FIRST, confirm=2)

    name, seconds = str(_unconfirmed(host)).split()
    assert (name, int(seconds) <= 2) == (FIRST, True)
    assert f"transaction {FIRST}|unconfirmed||{seconds}" in {
        line.rstrip("0123456789") + seconds for line in _without_time(host.undo("history"))
    }
    _wait(host, OLD)
    _clean(host)
    assert host.snapshot() == before
    assert _unconfirmed(host) is None
    assert f"transaction {FIRST}|rolled-back||" in _without_time(host.undo("history"))


def test_the_clock_jumps(dash: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that leaps by decades at every look changes neither the order of things nor the time to confirm."""
    shim = tmp_path / "shim" / "date"
    shim.parent.mkdir()
    shim.write_text(
        f"#!/bin/sh\nread -r n 2>/dev/null <{tmp_path}/n || n=0\necho $((n + 1)) >{tmp_path}/n\n"
        ' exec /bin/date -d "@$(($(/bin/date +%s) + (n % 3 - 1) * 1000000000))" "$@"\n'
    )
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", f"{shim.parent}:{os.environ['PATH']}")
    seen = _three(dash)
    years = {line.split("\t")[2][:4] for line in dash.undo("history") if line.startswith("transaction")}
    assert len(years) > 1, years

    assert dash.undo("rollback") == [f"rolled-back {THIRD}", "end 0"]
    assert dash.snapshot() == seen[2]
    dash.deploy(dash.changes(DesiredFile(path=ROUTES, content=b":four\n")), "20200101T000000Z-000000", confirm=2)
    assert int(str(_unconfirmed(dash)).split()[1]) <= 2
    _wait(dash, b":two\n")
    _clean(dash)
    assert dash.snapshot() == seen[2]


def test_confirmed(dash: Sandbox) -> None:
    """What was confirmed stays, and its clock ends."""
    dash.deploy(dash.changes(TO_NEW), FIRST, confirm=2)

    assert dash.undo("confirm", f"expect {FIRST}") == [f"confirmed {FIRST}", "end 0"]
    assert _unconfirmed(dash) is None
    time.sleep(3)
    assert (dash.control / "smtproutes").read_bytes() == NEW
    assert dash.undo("confirm", f"expect {FIRST}") == [
        f"failed confirm transaction {FIRST} does not wait to be confirmed", "end 10"
    ]  # fmt: skip
    assert dash.undo("confirm", "expect ../x") == [
        "failed confirm no usable name of a transaction to be confirmed", "end 10"
    ]  # fmt: skip


def test_no_deploy_on_top_of_an_unconfirmed_one(dash: Sandbox) -> None:
    """Until it is confirmed or rolled back nothing comes on top."""
    dash.deploy(dash.changes(TO_NEW), FIRST, confirm=600)

    with pytest.raises(DeployError, match=f"transaction {FIRST} is not confirmed yet"):
        dash.deploy(dash.changes(DesiredFile(path=ROUTES, content=b":two\n")), SECOND)
    assert dash.undo("rollback", f"expect {FIRST}") == [f"rolled-back {FIRST}", "end 0"]
    assert (dash.control / "smtproutes").read_bytes() == OLD
    assert _unconfirmed(dash) is None


def _kill_the_clock(host: Sandbox) -> None:
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"--watch" in words and any(word.startswith(bytes(host.state)) for word in words):
            os.kill(int(process.name), 9)


@pytest.mark.parametrize("how", ["overdue", "rebooted"])
def test_resolved_at_the_next_contact(dash: Sandbox, how: str) -> None:
    """After a reboot, or without its clock, the next contact rolls back what was not confirmed in time."""
    dash.deploy(dash.changes(TO_NEW), FIRST, confirm=600)
    _kill_the_clock(dash)
    marker = dash.state / "txn" / FIRST / "confirm"
    until, boot, seconds = marker.read_text().split()
    marker.write_text(f"1 {boot} {seconds}\n" if how == "overdue" else f"{until} another-boot {seconds}\n")

    assert _unconfirmed(dash) == f"{FIRST} {how}"
    assert dash.undo("confirm", f"expect {FIRST}") == [
        f"failed confirm transaction {FIRST} was to be confirmed in time ({how}), and is rolled back", "end 10"
    ]  # fmt: skip
    with pytest.raises(DeployError, match=f"transaction {FIRST} was not confirmed in time: recover rolls it back"):
        dash.deploy(dash.changes(DesiredFile(path=ROUTES, content=b":two\n")), SECOND)
    assert dash.undo("recover") == [f"recovering {FIRST}", f"recovered {FIRST} {how}", "end 0"]
    assert (dash.control / "smtproutes").read_bytes() == OLD
    assert dash.is_clean()


def test_all_edited_before_the_time_was_over(dash: Sandbox) -> None:
    """When nothing is relayconf's any more the window closes nevertheless: what somebody wrote stays, and is named."""
    dash.deploy(dash.changes(TO_NEW), FIRST, confirm=600)
    _kill_the_clock(dash)
    marker = dash.state / "txn" / FIRST / "confirm"
    _, boot, seconds = marker.read_text().split()
    marker.write_text(f"1 {boot} {seconds}\n")
    (dash.control / "smtproutes").write_bytes(b":by hand\n")

    assert dash.undo("recover") == [
        f"recovering {FIRST}", f"left {FIRST} {ROUTES}", f"recovered {FIRST} overdue", "end 0"
    ]  # fmt: skip
    assert (dash.control / "smtproutes").read_bytes() == b":by hand\n"
    assert dash.is_clean()
    dash.deploy(dash.changes(DesiredFile(path=ROUTES, content=b":two\n")), SECOND)


def test_a_link_in_the_place_of_a_file(dash: Sandbox) -> None:
    """Who moved a file away and left a link there has changed it: the link stays."""
    dash.deploy(dash.changes(TO_NEW, DesiredFile(path=VIRTUAL, content=b"a:b\n")), FIRST)
    target = dash.control / "smtproutes"
    target.rename(dash.root / "moved")
    target.symlink_to(dash.root / "moved")

    assert dash.undo("rollback") == [f"left {FIRST} {ROUTES}", f"rolled-back {FIRST}", "end 0"]
    assert target.is_symlink()
    assert target.read_bytes() == NEW


def test_a_failed_deploy_leaves_no_clock(dash: Sandbox) -> None:
    """What was restored needs no confirmation."""
    changes = dash.changes(TO_NEW)
    target = dash.control / "smtproutes"
    bad = replace(changes[0], after=replace(TO_NEW, content=b":x\r\n"))

    with pytest.raises(DeployError):
        dash.deploy([bad], FIRST, confirm=600)
    assert target.read_bytes() == OLD
    assert _unconfirmed(dash) is None
    assert not (dash.state / "txn" / FIRST / "confirm").exists()


def test_the_clock_watches_over_the_deploy(dash: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the shell of the deploy itself is killed in the middle, the host puts itself right without any contact."""
    before = dash.snapshot()
    changes = dash.changes(TO_NEW, DesiredFile(path=VIRTUAL, content=b"a:b\n"))
    shim = tmp_path / "shim" / "mv"
    shim.parent.mkdir()
    shim.write_text('#!/bin/sh\ncase $* in *virtualdomains) kill -9 $PPID ;; esac\nexec /bin/mv "$@"\n')
    shim.chmod(0o755)
    with monkeypatch.context() as inner:
        inner.setenv("PATH", f"{shim.parent}:{os.environ['PATH']}")
        with pytest.raises(Exception, match="the script was killed"):
            dash.deploy(changes, FIRST, confirm=600)
    _wait(dash, OLD)
    _clean(dash)
    assert dash.snapshot() == before
