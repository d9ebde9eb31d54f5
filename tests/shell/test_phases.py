"""A deploy in several phases: what is live when, and the way back through all of them."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from relayconf.errors import ConnectionLost
from relayconf.files import Change, DesiredFile
from relayconf.mta import qmail
from relayconf.shell import DEPLOY, assemble
from tests.shell.sandbox import LOCAL, LOCALS, NEW, OLD, ROUTES, TRANSACTION, VIRTUAL, Sandbox
from tests.shell.test_deploy import STEPS
from tests.shell.test_deploy_failures import shimmed

HALF = b"kamata-net.com:192.168.0.100\n:half.way\n"
EVERY = (
    DesiredFile(path=VIRTUAL, content=b"a:b\n"),
    DesiredFile(path=ROUTES, content=HALF, mode=0o604, phase=1),
    DesiredFile(path=LOCAL, content=None, phase=2),
    DesiredFile(path=ROUTES, content=NEW, phase=2),
)
OTHER = "20261124T101600Z-000000"

# The MTA's functions, with each call and what is live then in a log.
RECORDER = """
log_call() {{
say "$*; live: $(tail -n 1 {control}/smtproutes)" >>{log}
[ "$*" != "${{FAIL_AT-}}" ] && return 0
reason='as ordered'
return 1
}}
mta_prepare() {{ log_call "prepare $1"; }}
mta_try() {{ log_call "try $1"; }}
mta_dress() {{ log_call "dress $1"; }}
mta_activate() {{ log_call "activate $1"; }}
mta_undo() {{ log_call "undo $1"; }}
mta_prune() {{ log_call prune; }}
mta_flush() {{ log_call flush; }}
mta_verify() {{ log_call "verify $1"; }}
"""


def send(host: Sandbox, changes: Sequence[Change], transaction: str = TRANSACTION) -> tuple[str, list[str]]:
    """The report of a deploy of *changes*, and the calls meanwhile."""
    log = host.root / "log"
    log.write_text("")
    script = assemble(qmail.SHELL, RECORDER.format(control=host.control, log=log), *DEPLOY)
    report = host.session.run(script, stdin=host.stdin(changes, transaction)).stdout.decode()
    return report, log.read_text().splitlines()


def test_phase_after_phase(host: Sandbox) -> None:
    """Each phase is live and activated before the next begins; everything was staged before the first."""
    report, calls = send(host, host.changes(*EVERY))

    *steps, last = [f"step {step}\n" for step in STEPS]
    assert report == "".join([*steps, "verified unknown qmail-send does not run\n", last, "end 0\n"])
    assert calls == [
        f"prepare {VIRTUAL}; live: {OLD.decode().strip()}",
        f"prepare {ROUTES}; live: {OLD.decode().strip()}",
        f"prepare {LOCAL}; live: {OLD.decode().strip()}",
        f"prepare {ROUTES}; live: {OLD.decode().strip()}",
        f"dress {VIRTUAL}; live: {OLD.decode().strip()}",
        f"dress {ROUTES}; live: {OLD.decode().strip()}",
        f"dress {ROUTES}; live: {OLD.decode().strip()}",
        f"try {VIRTUAL}; live: {OLD.decode().strip()}",
        f"activate {VIRTUAL}; live: {OLD.decode().strip()}",
        f"try {ROUTES}; live: {OLD.decode().strip()}",
        f"activate {ROUTES}; live: :half.way",
        f"try {LOCAL} {ROUTES}; live: :half.way",
        f"activate {LOCAL} {ROUTES}; live: :mail.asahi-net.or.jp",
        f"verify {VIRTUAL}; live: :mail.asahi-net.or.jp",
        f"verify {LOCAL}; live: :mail.asahi-net.or.jp",
        f"verify {ROUTES}; live: :mail.asahi-net.or.jp",
        "prune; live: :mail.asahi-net.or.jp",
    ]
    content, mode, *_ = host.snapshot()["smtproutes"]
    assert (content, mode) == (NEW, 0o604)
    assert host.is_clean()


def test_applied_and_saved(dash: Sandbox) -> None:
    """What is applied names a file of two phases once; what is saved has its every base."""
    send(dash, dash.changes(*EVERY))

    rows = [line.split("\t")[:2] for line in (dash.state / "applied").read_text().splitlines()]
    assert rows == [
        [VIRTUAL, hashlib.sha256(b"a:b\n").hexdigest()],
        [LOCAL, "-"],
        [ROUTES, hashlib.sha256(NEW).hexdigest()],
    ]
    saved = dash.state / "txn" / TRANSACTION / "saved"
    assert {path.name: path.read_bytes() for path in saved.iterdir()} == {"2": OLD, "3": LOCALS, "4": HALF}


@pytest.mark.parametrize(
    ("fail_at", "step", "activated"),
    [
        (f"try {VIRTUAL}", "validate", []),
        (f"activate {VIRTUAL}", "activate", [(VIRTUAL, OLD)]),
        (f"try {ROUTES}", "validate", [(VIRTUAL, OLD)]),
        (f"try {LOCAL} {ROUTES}", "validate", [(ROUTES, OLD), (VIRTUAL, OLD)]),
        (f"verify {VIRTUAL}", "verify", [(f"{LOCAL} {ROUTES}", HALF), (ROUTES, OLD), (VIRTUAL, OLD)]),
    ],
)
def test_way_back(
    host: Sandbox, monkeypatch: pytest.MonkeyPatch, fail_at: str, step: str, activated: list[tuple[str, bytes]]
) -> None:
    """A failure goes back phase by phase, the last one first, and the MTA is told at each with its files live."""
    before, inode = host.snapshot(), (host.control / "smtproutes").stat().st_ino
    changes = host.changes(*EVERY)
    monkeypatch.setenv("FAIL_AT", fail_at)

    report, calls = send(host, changes)

    failed = f"failed {step} as ordered\n"
    if step == "verify":
        failed = f"failed verify {VIRTUAL}: as ordered\n"
    if fail_at != f"activate {VIRTUAL}":
        assert report.endswith(f"{failed}restored\nend 12\n")
        assert host.is_clean()
    at = next(number for number, call in enumerate(calls) if call.startswith(fail_at))
    back = [call for call in calls[at + 1 :] if call.startswith("activate")]
    assert back == [f"activate {paths}; live: {live.decode().splitlines()[-1]}" for paths, live in activated]
    assert len([call for call in calls if call.startswith(f"dress {ROUTES}")]) == 2
    assert host.snapshot() == before
    assert (host.control / "smtproutes").stat().st_ino == inode


def test_undone_only_when_put_back(dash: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where somebody repaired a file of a later phase, the earlier ones stay: what is live may need them."""
    changes = dash.changes(*EVERY)
    target = dash.control / "smtproutes"
    shimmed(
        tmp_path,
        monkeypatch,
        "rm",
        f'case $* in *locals) echo :repair >{target}; exit 1 ;; esac\nexec /bin/rm "$@"',
    )

    report, calls = send(dash, changes)

    assert report.endswith(
        f"failed swap {dash.control}/locals: no reason given\n"
        f"rollback-failed {ROUTES} somebody changed it meanwhile; it is left as it is\nend 13\n"
    )
    assert target.read_bytes() == b":repair\n"
    assert (dash.control / "virtualdomains").read_bytes() == b"a:b\n"
    undone = [call.partition(";")[0] for call in calls if call.startswith("undo")]
    assert undone == [f"undo {ROUTES}", f"undo {LOCAL}"]
    assert dash.is_clean()


def test_recovery_goes_back_through_the_phases(host: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a crash in the last phase the next contact undoes them in the same order, telling the MTA at each."""
    before = host.snapshot()
    changes = host.changes(*EVERY)
    with monkeypatch.context() as inner:
        read = "read -r line </proc/$$/stat; victim() { kill -9 $6; }"
        shimmed(tmp_path, inner, "mv", f'{read}; case $* in *.4.new*) victim $line; exit ;; esac\nexec /bin/mv "$@"')
        with pytest.raises(ConnectionLost):
            send(host, changes)
    shutil.rmtree(tmp_path / "shim")
    assert (host.control / "smtproutes").read_bytes() == HALF

    report, calls = send(host, [], OTHER)

    assert f"recovered {TRANSACTION} restored\n" in report
    assert calls == [
        f"activate {LOCAL} {ROUTES}; live: :half.way",
        f"undo {ROUTES}; live: :half.way",
        f"undo {LOCAL}; live: :half.way",
        f"activate {ROUTES}; live: {OLD.decode().strip()}",
        f"undo {ROUTES}; live: {OLD.decode().strip()}",
        f"activate {VIRTUAL}; live: {OLD.decode().strip()}",
        f"undo {VIRTUAL}; live: {OLD.decode().strip()}",
    ]
    assert host.snapshot() == before
    assert host.is_clean()


def test_recovery_when_all_is_back(dash: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A recovery that was cut after its last file finds the old file, and takes it for nobody's repair."""
    before = dash.snapshot()
    changes = dash.changes(*EVERY)
    with monkeypatch.context() as inner:
        inner.setenv("FAIL_AT", f"activate {VIRTUAL}")
        report, _ = send(dash, changes)
        assert report.endswith(f"rollback-failed {VIRTUAL} as ordered\nend 13\n")
        assert send(dash, [], OTHER)[0].endswith("end 13\n")

    report, _ = send(dash, [], OTHER)

    assert report.endswith("end 0\n")
    assert dash.snapshot() == before
    assert dash.is_clean()


def test_chain_that_does_not_follow(dash: Sandbox) -> None:
    """A later change whose base is not the wish of the one before is stale."""
    half, full = dash.changes(EVERY[1], EVERY[3])
    full = replace(full, before=half.before)

    report, _ = send(dash, [half, full])

    assert f"\nstale {ROUTES} its change in phase 2 does not follow on the one before\n" in report
    assert report.endswith("end 11\n")
    assert dash.snapshot()["smtproutes"][0] == OLD


def test_without_links(dash: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no second name can be made, the way back from a later phase is a copy, dressed like a new file."""
    changes = dash.changes(*EVERY)
    before = dash.snapshot()
    shimmed(tmp_path, monkeypatch, "ln", 'case $1 in -s) exec /bin/ln "$@" ;; esac\nexit 1')
    monkeypatch.setenv("FAIL_AT", f"verify {ROUTES}")

    report, calls = send(dash, changes)

    assert report.endswith(f"failed verify {ROUTES}: as ordered\nrestored\nend 12\n")
    assert len([call for call in calls if call.startswith(f"dress {ROUTES}")]) == 4
    assert dash.snapshot() == before
    assert dash.is_clean()
