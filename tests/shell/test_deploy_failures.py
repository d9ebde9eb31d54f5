"""What goes wrong under a deploy: the line, the disk, the lock, other people. The host stays whole, and says why."""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import signal
import stat
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from relayconf.errors import ConnectionLost, DeployError, ObserveError, RelayconfError, RollbackFailed
from relayconf.files import DesiredFile
from relayconf.mta import qmail
from relayconf.remote.framing import frame
from relayconf.shell import DEPLOY, assemble
from tests.shell.sandbox import (
    LOCAL,
    LOCALS,
    NEW,
    OLD,
    ROUTES,
    TRANSACTION,
    VIRTUAL,
    Sandbox,
    in_namespace,
    is_root,
    namespace,
)

TO_NEW = DesiredFile(path=ROUTES, content=NEW)
OTHER = "20261124T101600Z-000000"


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_cut_payload(host: Sandbox, share: float) -> None:
    """A payload that ends early changes nothing, wherever it was cut."""
    stdin = host.stdin(host.changes(replace(TO_NEW, content=os.urandom(100_000))))
    head = stdin.index(b"\nend\n") + 5
    kept = int((len(stdin) - head) * share)

    report = host.send(stdin[: head + kept])

    assert report == (
        f"step receive\nfailed receive the payload was cut: {kept} of {len(stdin) - head} bytes came\nend 10\n"
    )
    assert (host.control / "smtproutes").read_bytes() == OLD
    assert host.is_clean()


def repacked(stdin: bytes, old: str, new: str) -> bytes:
    """*stdin* with *old* in the packed request replaced by *new*, lengths and digest made to fit."""
    head, payload = stdin.split(b"\nend\n", 1)
    lines = dict(line.split(" ", 1) for line in head.decode().splitlines())
    content = gzip.decompress(payload)
    request = content[: int(lines["request"])].decode().replace(old, new, 1).encode()
    packed = gzip.compress(request + content[int(lines["request"]) :])
    lines |= {"request": str(len(request)), "payload": f"{len(packed)} {hashlib.sha256(packed).hexdigest()}"}
    return "".join(f"{name} {value}\n" for name, value in lines.items()).encode() + b"end\n" + packed


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("1\t0\t", "../x\t0\t", "index, phase or offset"),
        ("1\t0\t", "1\ta[$(touch HERE)]\t", "index, phase or offset"),
        ("\t0\t58\t", "\ta[$(touch HERE)]\t58\t", "index, phase or offset"),
        ("\t0\t58\t", "\t0\ta[$(touch HERE)]\t", "size"),
    ],
)
def test_what_is_no_number_is_refused_before_it_is_used_as_one(host: Sandbox, old: str, new: str, what: str) -> None:
    """Some shells would run what stands in its place, and an index is part of paths."""
    stdin = host.stdin(host.changes(replace(TO_NEW, content=b"#" * 57 + b"\n")))
    here = host.root / "here"

    report = host.send(repacked(stdin, old, new.replace("HERE", str(here))))

    assert f"a change in the request has no usable {what}\nend 10\n" in report
    assert not here.exists()
    assert host.is_clean()


@pytest.mark.parametrize("name", ["patience", "request"])
def test_unusable_lengths_are_refused(host: Sandbox, name: str) -> None:
    """Before anything is written."""
    stdin = host.stdin(host.changes(TO_NEW))

    report = host.send(stdin.replace(f"\n{name} ".encode(), f"\n{name} a[0] ".encode(), 1))

    assert report == "failed receive the request has no usable lengths\nend 10\n"
    assert not host.state.exists()


def test_a_later_change_of_the_same_file_cannot_aim_elsewhere(host: Sandbox) -> None:
    """Its target is the first one's."""
    changes = host.changes(replace(TO_NEW, content=b"a:b\n"), replace(TO_NEW, phase=1))
    away = replace(changes[1], before=replace(changes[1].before, target=str(host.control / "elsewhere")))

    report = host.send(host.stdin([changes[0], away]))

    assert f"stale {ROUTES} its change in phase 1 does not follow on the one before\n" in report
    assert (host.control / "smtproutes").read_bytes() == OLD
    assert host.is_clean()


def test_cut_request(host: Sandbox) -> None:
    """A request without an end changes nothing, and does not even make the state directory."""
    stdin = host.stdin(host.changes(TO_NEW))

    assert host.send(stdin[:40]) == "failed receive the request was cut\nend 10\n"
    assert not host.state.exists()


def test_changed_payload(host: Sandbox) -> None:
    """A payload of the right size with another SHA-256 changes nothing."""
    stdin = host.stdin(host.changes(TO_NEW))

    report = host.send(stdin[:-1] + bytes([stdin[-1] ^ 1]))

    assert report == (
        "step receive\nfailed receive the payload differs from what was sent: its SHA-256 is another\nend 10\n"
    )
    assert host.is_clean()


@contextmanager
def half_sent(host: Sandbox, stdin: bytes) -> Iterator[subprocess.Popen[bytes]]:
    """A deploy that has got its script and *stdin*, on a line that stays open."""
    command, header = frame(assemble(qmail.SHELL, *DEPLOY), (), become=None, shell=host.shell)
    with subprocess.Popen(
        [*host.shell.split(), "-c", command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        try:
            assert process.stdin is not None
            process.stdin.write(header + stdin)
            process.stdin.flush()
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def test_payload_that_stops_coming(host: Sandbox) -> None:
    """A line that is silent but open is given up after the patience, and nothing is changed or left."""
    stdin = host.stdin(host.changes(replace(TO_NEW, content=os.urandom(5000))))

    with half_sent(host, stdin[:-100]) as process:
        assert process.stdout is not None
        report = process.stdout.read().decode()

    assert "failed receive the payload stopped coming: " in report
    assert report.endswith("end 10\n")
    assert host.is_clean()


def test_nobody_listens(host: Sandbox) -> None:
    """The client vanishes after the payload: the host finishes alone."""
    stdin = host.stdin(host.changes(TO_NEW))

    with half_sent(host, stdin[:-1]) as process:
        deadline = time.monotonic() + 10
        while not host.state.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert process.stdin is not None
        process.stdin.write(stdin[-1:])
        process.stdin.close()
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        process.stderr.close()
        process.send_signal(signal.SIGHUP)
        process.wait(timeout=20)

    assert (host.control / "smtproutes").read_bytes() == NEW
    assert host.is_clean()


def test_two_at_once(host: Sandbox) -> None:
    """Of two deploys one wins; the other names the transaction and the process that hold the lock."""
    changes = host.changes(replace(TO_NEW, content=NEW + b"x.example:\n" * 20000))
    reports: list[str] = []
    stdins = [host.stdin(changes, name) for name in (TRANSACTION, OTHER)]
    threads = [threading.Thread(target=lambda stdin=stdin: reports.append(host.send(stdin))) for stdin in stdins]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    won = [report for report in reports if report.endswith("end 0\n")]
    assert len(won) == 1
    (lost,) = [report for report in reports if report not in won]
    assert "failed lock another deploy is at work here: transaction 2026" in lost or "\nstale qmail:smtproutes" in lost
    assert host.is_clean()


def test_held_lock(host: Sandbox) -> None:
    """While another one is at work, nothing is touched, and a plan sees it."""
    changes = host.changes(TO_NEW)
    host.deploy([])
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    start = Path(f"/proc/{os.getpid()}/stat").read_text().rpartition(") ")[2].split()[19]
    (host.state / "lock").symlink_to(f"{os.getpid()}.{start}:{boot}:{OTHER}")

    with pytest.raises(DeployError) as caught:
        host.deploy(changes)

    assert caught.value.message == (
        f"lock: another deploy is at work here: transaction {OTHER}, pid {os.getpid()}; the host is as it was before"
    )
    assert host.observe().values["state.busy"] == OTHER
    assert host.observe().unfinished is None
    assert (host.state / "lock").is_symlink()
    assert not list((host.state / "incoming").iterdir())


@pytest.mark.parametrize("owner", ["{dead}.1:{boot}", "{alive}.1:{boot}", "{alive}.{start}:another-boot"])
def test_stale_lock(dash: Sandbox, owner: str) -> None:
    """A lock of a dead process, of a number used again, or of an earlier boot is inherited."""
    dash.deploy([])
    with subprocess.Popen(["true"]) as process:
        process.wait()
    words = {
        "dead": str(process.pid),
        "alive": str(os.getpid()),
        "boot": Path("/proc/sys/kernel/random/boot_id").read_text().strip(),
        "start": Path(f"/proc/{os.getpid()}/stat").read_text().rpartition(") ")[2].split()[19],
    }
    (dash.state / "lock").symlink_to(f"{owner.format(**words)}:{OTHER}")
    (dash.state / "incoming" / f"{words['dead']}.1:{words['boot']}:x").mkdir()
    assert dash.observe().unfinished == OTHER

    dash.deploy(dash.changes(TO_NEW))

    assert (dash.control / "smtproutes").read_bytes() == NEW
    assert dash.is_clean()


def test_takeover_that_was_cut(dash: Sandbox) -> None:
    """Somebody who died while inheriting a lock is inherited from in turn; no two can."""
    dash.deploy([])
    (dash.state / "lock").symlink_to(f"1.1:boot:{OTHER}")
    (dash.state / f"takeover.1.1:boot:{OTHER}").symlink_to("2.2:boot:20261124T101700Z-000000")
    changes = dash.changes(TO_NEW)
    reports: list[str] = []
    stdins = [dash.stdin(changes, f"20261124T1015{number:02}Z-000000") for number in range(4)]
    threads = [threading.Thread(target=lambda stdin=stdin: reports.append(dash.send(stdin))) for stdin in stdins]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(report.endswith("end 0\n") for report in reports) == 1
    assert dash.is_clean()


def die_after_swap(host: Sandbox, tmp_path: Path, patch: pytest.MonkeyPatch) -> None:
    """Deploy two changes; the shell dies after the first swap."""
    changes = host.changes(TO_NEW, DesiredFile(path=VIRTUAL, content=b"a:b\n"), DesiredFile(path=LOCAL, content=None))
    shim = tmp_path / "shim" / "mv"
    shim.parent.mkdir()
    shim.write_text('#!/bin/sh\n/bin/mv "$@"\ncase $* in *virtualdomains*) kill -9 "$PPID" ;; esac\n')
    shim.chmod(0o755)
    with patch.context() as inner:
        inner.setenv("PATH", f"{shim.parent}:{os.environ['PATH']}")
        host.send(host.stdin(changes))


def test_repair_is_left(dash: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Recovery restores what is still ours; what somebody changed meanwhile stays, and is named."""
    with suppress(RelayconfError):
        die_after_swap(dash, tmp_path, monkeypatch)
    assert (dash.control / "virtualdomains").exists()
    (dash.control / "smtproutes").write_bytes(b":repair\n")

    done = dash.deploy([], OTHER)

    assert done.warnings == (
        f"transaction {TRANSACTION}, which had been cut short, was rolled back",
        f"changed by somebody since transaction {TRANSACTION}, so left as it is: {ROUTES}",
    )
    assert (dash.control / "smtproutes").read_bytes() == b":repair\n"
    assert not (dash.control / "virtualdomains").exists()
    assert (dash.control / "locals").read_bytes() == LOCALS
    assert dash.is_clean()


def test_recovery_without_the_second_name(dash: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When somebody tidied the hidden files away, the saved copy is put back, with its mode."""
    (dash.control / "smtproutes").chmod(0o604)
    with suppress(RelayconfError):
        die_after_swap(dash, tmp_path, monkeypatch)
    for path in dash.control.glob(".*"):
        path.unlink()

    dash.deploy([], OTHER)

    assert (dash.control / "smtproutes").read_bytes() == OLD
    assert stat.S_IMODE((dash.control / "smtproutes").stat().st_mode) == 0o604
    assert dash.is_clean()


def test_recovery_that_fails(dash: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be put back is named, the lock stays with its dead owner, and nothing goes on before it is solved."""
    with suppress(RelayconfError):
        die_after_swap(dash, tmp_path, monkeypatch)
    for path in [*dash.control.glob(".*"), dash.state / "txn" / TRANSACTION / "saved" / "1"]:
        path.unlink()

    with pytest.raises(RollbackFailed) as caught:
        dash.deploy([], OTHER)

    assert caught.value.message.startswith(
        f"lock: transaction {TRANSACTION} was left unfinished and cannot be put right; not put back: {ROUTES}: cat: "
    )
    assert dash.observe().unfinished == TRANSACTION
    assert not list((dash.state / "incoming").iterdir())


def shimmed(tmp_path: Path, patch: pytest.MonkeyPatch, name: str, text: str) -> None:
    """Put a command in front of the PATH."""
    shim = tmp_path / "shim" / name
    shim.parent.mkdir(exist_ok=True)
    shim.write_text(f"#!/bin/sh\n{text}\n")
    shim.chmod(0o755)
    patch.setenv("PATH", f"{shim.parent}:{os.environ['PATH']}")


def test_repair_under_way(dash: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody edits a file between its swap and a failure: the edit stays, and the failure says so."""
    changes = dash.changes(TO_NEW, DesiredFile(path=VIRTUAL, content=b"a:b\n"))
    target = dash.control / "smtproutes"
    shimmed(
        tmp_path,
        monkeypatch,
        "mv",
        f'case $* in *virtualdomains) echo :repair >{target}; exit 1 ;; esac\nexec /bin/mv "$@"',
    )

    with pytest.raises(RollbackFailed) as caught:
        dash.deploy(changes)

    assert caught.value.message == (
        f"swap: {dash.control}/virtualdomains: no reason given; not put back: {ROUTES}: "
        "somebody changed it meanwhile; it is left as it is"
    )
    assert target.read_bytes() == b":repair\n"
    assert dash.is_clean()


def test_restore_that_fails_is_tried_again(dash: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be put back keeps its transaction unfinished, and the next contact heals it."""
    changes = dash.changes(TO_NEW, DesiredFile(path=VIRTUAL, content=b"a:b\n"))
    before = dash.snapshot()
    with monkeypatch.context() as inner:
        fail = 'case $* in *virtualdomains | *.old*) echo "no luck" >&2; exit 1 ;; esac\nexec /bin/mv "$@"'
        shimmed(tmp_path, inner, "mv", fail)
        with pytest.raises(RollbackFailed, match=f"not put back: {ROUTES}: no luck"):
            dash.deploy(changes)
    assert dash.observe().unfinished == TRANSACTION

    done = dash.deploy([], OTHER)

    assert done.warnings == (f"transaction {TRANSACTION}, which had been cut short, was rolled back",)
    assert dash.snapshot() == before
    assert dash.is_clean()


def test_lost_journal_lines(dash: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A power cut may take the journal's last lines: the hashes tell what was swapped."""
    before = dash.snapshot()
    with suppress(RelayconfError):
        die_after_swap(dash, tmp_path, monkeypatch)
    journal = dash.state / "txn" / TRANSACTION / "journal"
    journal.write_text(journal.read_text().partition("swap")[0])

    dash.deploy([], OTHER)

    assert dash.snapshot() == before
    assert dash.is_clean()


def test_cut_after_finalize(host: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the step `finalize` on a transaction stands: the next contact finishes it forwards."""
    changes = host.changes(TO_NEW, DesiredFile(path=LOCAL, content=None))
    with monkeypatch.context() as inner:
        read = "read -r line </proc/$$/stat; victim() { kill -9 $6; }"
        shimmed(tmp_path, inner, "mv", f'{read}; case $* in */applied*) victim $line; exit ;; esac\nexec /bin/mv "$@"')
        with pytest.raises(ConnectionLost):
            host.deploy(changes)
    assert not (host.state / "applied").exists()

    done = host.deploy([], OTHER)

    assert done.warnings == (f"transaction {TRANSACTION}, which had been cut short, was finished",)
    assert (host.control / "smtproutes").read_bytes() == NEW
    assert not (host.control / "locals").exists()
    assert host.observe().values[f"applied.{LOCAL}"].startswith("- 2026")
    assert host.is_clean()


def test_planted_link(host: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link under the very name of the new file is not followed."""
    changes = host.changes(TO_NEW)
    victim = tmp_path / "victim"
    victim.write_bytes(b"whole\n")
    shimmed(
        tmp_path,
        monkeypatch,
        "ln",
        f'case $2 in *.old) /bin/ln -s {victim} "${{2%.old}}.new" ;; esac\nexec /bin/ln "$@"',
    )

    with pytest.raises(DeployError, match=r"stage: .*\.new cannot be made"):
        host.deploy(changes)

    assert victim.read_bytes() == b"whole\n"
    assert (host.control / "smtproutes").read_bytes() == OLD
    assert host.is_clean()


def test_edit_before_the_swap(dash: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An edit between the check and the swap is not overwritten."""
    changes = dash.changes(TO_NEW)
    target = dash.control / "smtproutes"
    edit = f"[ ! -e {tmp_path}/staging ] || {{ echo :edit >{target}.x; /bin/mv {target}.x {target}; }}"
    shimmed(tmp_path, monkeypatch, "tail", f'{edit}; echo >{tmp_path}/staging; exec /usr/bin/tail "$@"')

    with pytest.raises(DeployError) as caught:
        dash.deploy(changes)

    assert str(caught.value) == (
        f"swap: {target} changed while the deploy was under way: its content is another; the host is as it was before"
    )

    assert target.read_bytes() == b":edit\n"
    assert dash.is_clean()


def test_failed_swap_is_put_back(host: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the second of two renames fails, the first is undone: same bytes, modes, owners, and the same inode."""
    changes = host.changes(TO_NEW, DesiredFile(path=VIRTUAL, content=b"a:b\n"), DesiredFile(path=LOCAL, content=None))
    before, inode = host.snapshot(), (host.control / "smtproutes").stat().st_ino
    shimmed(tmp_path, monkeypatch, "rm", 'case $* in *locals) echo "no luck" >&2; exit 1 ;; esac\nexec /bin/rm "$@"')

    with pytest.raises(DeployError) as caught:
        host.deploy(changes)

    assert str(caught.value) == f"swap: {host.control}/locals: no luck; the host is as it was before"
    assert host.snapshot() == before
    assert (host.control / "smtproutes").stat().st_ino == inode
    assert host.is_clean()


def test_file_system_without_links(host: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no second name can be made, a copy is the way back."""
    changes = host.changes(TO_NEW, DesiredFile(path=LOCAL, content=None))
    before = host.snapshot()
    shimmed(tmp_path, monkeypatch, "ln", 'case $1 in -s) exec /bin/ln "$@" ;; esac\nexit 1')
    shimmed(tmp_path, monkeypatch, "rm", 'case $* in *locals) exit 1 ;; esac\nexec /bin/rm "$@"')

    with pytest.raises(DeployError, match="the host is as it was before"):
        host.deploy(changes)

    assert host.snapshot() == before
    assert host.is_clean()


def test_no_secret_in_a_command_line(host: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No command sees a content or its hash among its arguments, and no file that holds a secret is open to others."""
    secret = "qx7-Sommerregen"
    shims = tmp_path / "shims"
    shims.mkdir()
    log = tmp_path / "log"
    names = (
        "stat sha256sum mv ln cat head tail gzip chmod chown sync printf wc mkdir rm date tr readlink uname id sleep"
    )
    for name in names.split():
        real = shutil.which(name, path="/usr/bin:/bin")
        look = f"find {host.control} {host.state} -type f -perm /044 -exec grep -l {secret} {{}} + 2>/dev/null"
        words = f'{{ {look}; echo "{name} $*"; }} >>{log}'
        (shims / name).write_text(f'#!/bin/dash\n{words}\n{real} "$@"\nstatus=$?\n{look} >>{log}\nexit $status\n')
        (shims / name).chmod(0o755)
    wanted = DesiredFile(path=ROUTES, content=f":relay:587|user|{secret}\n".encode(), mode=0o600, secret=True)
    if is_root():
        wanted = replace(wanted, owner="daemon")
    changes = host.changes(wanted)
    stdin = host.stdin(changes)
    monkeypatch.setenv("PATH", f"{shims}:{os.environ['PATH']}")

    report = host.send(stdin)

    assert report.endswith("end 0\n")
    words = log.read_text()
    assert "mv -f" in words
    assert secret not in words + report
    assert not [line for line in words.splitlines() if line.startswith("/")]
    hashes = [part for line in stdin.partition(b"\nend\n")[0].split() for part in [line.decode()] if len(part) == 64]
    hashes += [digest for digest in (host.state / "applied").read_text().split("\t") if len(digest) == 64]
    assert not [digest for digest in hashes if digest in words]


def test_nothing_keeps_running(dash: Sandbox) -> None:
    """Soon after the report no process of the deploy is left."""
    stdin = dash.stdin(dash.changes(TO_NEW))
    with half_sent(dash, stdin) as process:
        assert process.stdout is not None
        assert process.stdout.read().endswith(b"end 0\n")
        process.wait(timeout=10)
        deadline = time.monotonic() + 5
        while _members(process.pid) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not _members(process.pid)


def _members(session: int) -> list[int]:
    members = []
    for stat_file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = stat_file.read_text().rpartition(") ")[2].split()
            if int(fields[3]) == session and fields[0] != "Z":
                members.append(int(stat_file.parent.name))
    return members


def test_directory_that_cannot_be_written(dash: Sandbox) -> None:
    """A read-only control directory is refused with its name (root: it is immutable)."""
    changes = dash.changes(TO_NEW)
    if is_root():
        if subprocess.run(["chattr", "+i", dash.control], check=False, capture_output=True).returncode:
            pytest.skip("this file system knows no immutable files")
        reason = f"check: the directory {dash.control} is immutable (chattr)"
    else:
        dash.control.chmod(0o555)
        reason = f"check: the directory {dash.control} cannot be written by uid {os.geteuid()}"
    try:
        with pytest.raises(DeployError) as caught:
            dash.deploy(changes)
    finally:
        subprocess.run(["chattr", "-i", dash.control], check=False, capture_output=True)
        dash.control.chmod(0o755)

    assert str(caught.value) == f"{reason}; the host is as it was before"
    assert dash.is_clean()


@pytest.mark.root
def test_immutable_file(dash: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An immutable file is seen by the plan and refused by the deploy; without lsattr the rename fails."""
    changes = dash.changes(DesiredFile(path=VIRTUAL, content=b"a:b\n"), TO_NEW)
    before = dash.snapshot()
    target = dash.control / "smtproutes"
    if subprocess.run(["chattr", "+i", target], check=False, capture_output=True).returncode:
        pytest.skip("this file system knows no immutable files")
    try:
        frozen = dash.observe().files
        with pytest.raises(DeployError) as seen:
            dash.deploy(changes)
        shimmed(tmp_path, monkeypatch, "lsattr", "exit 1")
        with pytest.raises(DeployError) as blind:
            dash.deploy(changes)
    finally:
        subprocess.run(["chattr", "-i", target], check=True)

    assert (frozen[ROUTES].immutable, frozen[LOCAL].immutable) == (True, False)
    assert str(seen.value) == f"check: {target} is immutable (chattr); the host is as it was before"
    assert str(blind.value).startswith(f"swap: {target}: mv: cannot move ")
    assert str(blind.value).endswith("Operation not permitted; the host is as it was before")
    assert dash.snapshot() == before
    assert dash.is_clean()


@pytest.mark.root
def test_read_only_file_system(tmp_path: Path) -> None:
    """A file system that is mounted read-only is named, for the control and for the state directory."""
    Sandbox(root=tmp_path).build(smtproutes=OLD)
    control, state = tmp_path / "qmail", tmp_path / "state"
    state.mkdir(mode=0o700)
    with namespace(f"mount --bind {control} {control}", f"mount -o remount,bind,ro {control}") as pid:
        host = in_namespace(pid, tmp_path)
        with pytest.raises(DeployError, match=r"check: .*/control cannot be written: its file system is read-only"):
            host.deploy(host.changes(TO_NEW))
    with namespace(f"mount --bind {state} {state}", f"mount -o remount,bind,ro {state}") as pid:
        host = in_namespace(pid, tmp_path)
        assert host.observe().files[ROUTES].content == OLD
        with pytest.raises(
            DeployError, match=r"receive: the state directory .* cannot be written: .*Read-only file sys"
        ):
            host.deploy(host.changes(TO_NEW))


@pytest.mark.root
@pytest.mark.parametrize("shell", ["dash", "bash"])
def test_full_disk(shell: str, tmp_path: Path) -> None:
    """With any number of free pages the deploy succeeds whole, or fails with everything as before and nothing left."""
    size = 64
    with namespace(f"mount -t tmpfs -o size={size * 4}k tmpfs {tmp_path}") as pid:
        host = in_namespace(pid, tmp_path, shell).build(smtproutes=OLD * 200)
        changes = host.changes(
            replace(TO_NEW, content=NEW * 300), DesiredFile(path=VIRTUAL, content=b"a.example:b\n" * 500)
        )
        before = host.snapshot()
        filler = host.control.parent / "filler"
        outcomes, kinds = [], set()
        for free in range(0, 60, 2 if shell == "dash" else 6):
            filler.write_bytes(b"")
            status = os.statvfs(filler)
            filler.write_bytes(bytes(4096 * (status.f_bavail - free)))
            try:
                host.deploy(changes, f"20261124T1015{free:02}Z-000000")
            except DeployError as error:
                kinds.add(type(error))
                outcomes.append(error.message.partition(":")[0])
                assert host.snapshot() == before, free
            else:
                outcomes.append("applied")
                break
            finally:
                filler.write_bytes(b"")
            assert host.is_clean(), free
            subprocess.run(["rm", "-rf", *(host.state / "txn").iterdir()], check=True)

    assert kinds == {DeployError}
    assert outcomes[0] == "receive"
    assert outcomes[-1] == "applied", outcomes
    if shell == "dash":
        assert {"receive", "save", "stage"} <= set(outcomes)


@pytest.mark.parametrize("kind", ["file", "directory"])
def test_something_else_in_the_place_of_the_lock(dash: Sandbox, kind: str) -> None:
    """A link made inside a directory of that name would lock nothing."""
    changes = dash.changes(TO_NEW)
    dash.state.mkdir(mode=0o700)
    lock = dash.state / "lock"
    lock.mkdir() if kind == "directory" else lock.touch()

    with pytest.raises(DeployError, match="lock is no lock of relayconf, and has to be moved away by hand"):
        dash.deploy(changes)

    assert (dash.control / "smtproutes").read_bytes() == OLD
    assert not list(lock.iterdir()) if kind == "directory" else lock.exists()


@pytest.mark.root
def test_link_of_another_user(dash: Sandbox, tmp_path: Path) -> None:
    """Root follows no link that somebody else made: not to show what it leads to, and not to replace it."""
    victim = tmp_path / "shadow"
    victim.write_bytes(b"root:hunter2\n")
    link = dash.control / "smtproutes"
    link.unlink()
    link.symlink_to(victim)
    dash.observe()
    os.chown(link, 12345, 12345, follow_symlinks=False)

    with pytest.raises(ObserveError, match="is a symbolic link of another user, uid 12345, and not followed") as caught:
        dash.observe()

    assert "hunter2" not in caught.value.message
    assert victim.read_bytes() == b"root:hunter2\n"


def test_everything_is_flushed_before_the_swap(dash: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The saved copy and the staged file are on the disk before the rename, the directory is after it."""
    log = tmp_path / "log"
    shimmed(tmp_path, monkeypatch, "sync", f'echo "sync $*" >>{log}\nexec /bin/sync "$@"')
    shimmed(tmp_path, monkeypatch, "mv", f'echo "mv $*" >>{log}\nexec /bin/mv "$@"')

    dash.deploy(dash.changes(TO_NEW))

    lines = log.read_text().splitlines()
    swap = next(n for n, line in enumerate(lines) if line.startswith("mv ") and line.endswith("/control/smtproutes"))
    before, after = lines[:swap], lines[swap + 1 :]
    assert any("/saved/1" in line and "/manifest" in line for line in before if line.startswith("sync "))
    assert any(".smtproutes.relayconf." in line for line in before if line.startswith("sync "))
    assert any(f"{dash.home}/control" in line for line in after if line.startswith("sync "))
