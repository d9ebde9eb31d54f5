"""The observe script in real shells: what it finds, what it refuses, and that it changes nothing."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import tempfile
import time
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from relayconf.errors import ObserveError
from relayconf.files import ActualFile, DesiredFile
from relayconf.mta import qmail
from relayconf.observe import observe
from relayconf.shell import OBSERVE, assemble
from tests.shell.sandbox import (
    LOCAL,
    LOCALS,
    NEW,
    OLD,
    ROUTES,
    VIRTUAL,
    Sandbox,
    in_namespace,
    namespace,
    running,
    shells,
)
from tests.support.hosts import qmail_host


def test_files(host: Sandbox) -> None:
    """A present file comes with all that a deploy insists on, an absent one with its path."""
    (host.control / "smtproutes").chmod(0o640)
    entry = (host.control / "smtproutes").stat().st_ctime_ns
    before = host.snapshot()

    files = host.observe().files

    assert files[ROUTES] == ActualFile(
        path=ROUTES,
        target=str(host.control / "smtproutes"),
        present=True,
        content=OLD,
        sha256=sha256(OLD).hexdigest(),
        size=len(OLD),
        mode=0o640,
        owner=(host.control / "smtproutes").owner(),
        group=(host.control / "smtproutes").group(),
    )
    assert files[VIRTUAL] == ActualFile(path=VIRTUAL, target=str(host.control / "virtualdomains"), present=False)
    assert files[LOCAL].content == LOCALS
    assert host.snapshot() == before
    assert (host.control / "smtproutes").stat().st_ctime_ns == entry
    assert not host.state.exists()


def test_facts(host: Sandbox) -> None:
    """What the core and qmail's part tell of a host without a running qmail."""
    facts = host.observe()

    values = {key: value for key, value in facts.values.items() if key != "qmail.group"}
    assert values == {
        "host.system": "Linux",
        "host.uid": str(os.geteuid()),
        "state.directory": "absent",
        "qmail.home": str(host.home),
        "qmail.control": str(host.control),
        "qmail.flavour.program": "missing",
        "qmail.send": "stopped",
    }
    assert facts.unfinished is None


def test_known_content_stays_there(host: Sandbox) -> None:
    """A file whose hash the caller knows comes without its content; when all are known nothing is packed."""
    known = {path: file.sha256 for path, file in host.observe().files.items() if file.present}

    one = host.observe({ROUTES: known[ROUTES]}).files
    every = host.observe(known).files

    assert (one[ROUTES].content, one[LOCAL].content) == (None, LOCALS)
    assert [file.content for file in every.values()] == [None] * len(every)


def test_empty_and_binary_contents(host: Sandbox) -> None:
    """Contents are bytes: nothing, NUL, no final newline and what looks like the protocol all arrive."""
    (host.control / "smtproutes").write_bytes(b"\x00\xff\nend 0\ncontents x\n")
    (host.control / "locals").write_bytes(b"")

    files = host.observe().files

    assert (files[ROUTES].content, files[LOCAL].content) == (b"\x00\xff\nend 0\ncontents x\n", b"")


def test_links(host: Sandbox, tmp_path: Path) -> None:
    """The target is the path with every link resolved, also where there is nothing yet."""
    (tmp_path / "etc").mkdir()
    host.control.rename(tmp_path / "etc" / "qmail")
    host.control.symlink_to(tmp_path / "etc" / "qmail")
    (tmp_path / "far away").mkdir()
    (host.control / "smtproutes").rename(tmp_path / "far away" / "routes")
    (host.control / "smtproutes").symlink_to("first")
    (host.control / "first").symlink_to("../../far away/routes")

    files = host.observe().files

    assert files[ROUTES].target == str(tmp_path / "far away" / "routes")
    assert files[ROUTES].content == OLD
    assert files[VIRTUAL].target == str(tmp_path / "etc" / "qmail" / "virtualdomains")


def _dangle(path: Path) -> str:
    path.unlink()
    path.symlink_to("nowhere")
    return f"{path} is a dangling symbolic link to {path.parent}/nowhere"


def _loop(path: Path) -> str:
    path.unlink()
    path.symlink_to("smtproutes")
    return "too many symbolic links"


def _lead_to_nowhere(path: Path) -> str:
    path.unlink()
    path.symlink_to("/no/such/directory/file")
    return "the directory /no/such/directory is missing or cannot be entered"


def _fifo(path: Path) -> str:
    path.unlink()
    os.mkfifo(path)
    return f"{path} is not a regular file"


def _odd_name(path: Path) -> str:
    path.unlink()
    path.symlink_to("a\tb")
    return "its path contains control characters"


@pytest.mark.parametrize("meddle", [_dangle, _loop, _lead_to_nowhere, _fifo, _odd_name])
def test_unusable_file(host: Sandbox, meddle: object) -> None:
    """What is no file that a rename could replace is an error with its reason, never an absent file."""
    assert callable(meddle)
    reason = meddle(host.control / "smtproutes")

    with pytest.raises(ObserveError) as caught:
        host.observe()

    assert caught.value.message == f"{ROUTES}: {reason}"


def test_unreadable_file() -> None:
    """A file that this user cannot read is named, with the user. Root can read all, and becomes somebody else."""
    nobody = 65534 if os.geteuid() == 0 else os.geteuid()
    shell = f"setpriv --reuid={nobody} --keep-groups dash" if os.geteuid() == 0 else "dash"
    # pytest's own folders are closed to others
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        host = Sandbox(root=Path(folder), shell=shell).build(smtproutes=OLD)
        (host.control / "smtproutes").chmod(0)

        with pytest.raises(ObserveError, match=f"{ROUTES}: .*/smtproutes cannot be read by uid {nobody}"):
            host.observe()


def test_missing_control_directory(host: Sandbox) -> None:
    """A home without control directory is no qmail."""
    shutil.rmtree(host.control)

    with pytest.raises(ObserveError) as caught:
        host.observe()

    assert caught.value.message == f"{host.home} has no control directory that uid {os.geteuid()} can enter"


@pytest.mark.parametrize(("home", "reason"), [("qmail", "qmail_home qmail is not an absolute path")])
def test_unusable_home(dash: Sandbox, home: str, reason: str) -> None:
    """A home that no path can be built on is refused."""
    odd = replace(qmail_host(state=dash.state), qmail_home=home)

    with pytest.raises(ObserveError, match=reason):
        observe(dash.session, odd, qmail)


def test_hostile_home(host: Sandbox) -> None:
    """A home full of what a shell acts upon is a path and nothing else."""
    odd = host.root / "$(touch pwned) `touch pwned`; 'x' \"y\" *\\"
    host.home.rename(odd)

    facts = observe(host.session, replace(qmail_host(state=host.state), qmail_home=str(odd)), qmail)

    assert facts.values["qmail.home"] == str(odd)
    assert facts.files[ROUTES].content == OLD
    assert not (Path.cwd() / "pwned").exists()


def test_content_that_changes(dash: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that changes while it is read is read again; when it never holds still, that is said."""
    shim = tmp_path / "shim" / "cat"
    shim.parent.mkdir()
    target = dash.control / "smtproutes"
    once = f'[ -e {tmp_path}/seen ] || echo ":changed" >{target}; : >{tmp_path}/seen\nexec /bin/cat "$@"\n'
    shim.write_text(f"#!/bin/sh\n{once}")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", f"{shim.parent}:{os.environ['PATH']}")

    assert dash.observe().files[ROUTES].content == b":changed\n"

    shim.write_text(f'#!/bin/sh\necho x >>{target}\nexec /bin/cat "$@"\n')
    with pytest.raises(ObserveError, match="the host changed while it was read, 3 times"):
        dash.observe()


def test_file_that_vanishes(dash: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that vanishes between two looks is looked for again."""
    shim = tmp_path / "shim" / "stat"
    shim.parent.mkdir()
    shim.write_text(
        f'#!/bin/sh\ncase $* in *smtproutes*) rm -f {dash.control}/smtproutes ;; esac\nexec /usr/bin/stat "$@"\n'
    )
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", f"{shim.parent}:{os.environ['PATH']}")

    assert not dash.observe().files[ROUTES].present


@pytest.mark.parametrize(
    ("state", "change"),
    [
        ("", "mkdir {state}"),
        ("mkdir -m 0700 {state}", "ln -s $$:boot:20261124T101500Z-3fa2c1 {state}/lock"),
        ("mkdir -m 0700 {state}", "printf 'a\\tb\\tc\\td\\n' >{state}/applied"),
    ],
)
def test_deploy_that_begins_or_ends_meanwhile(
    dash: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: str, change: str
) -> None:
    """A picture with half of a deploy in it is taken again: what is applied and what is there belong together."""
    subprocess.run(["sh", "-c", state.format(state=dash.state)], check=True)
    shim = tmp_path / "shim" / "sha256sum"
    shim.parent.mkdir()
    count = f"{tmp_path}/looks"
    once = f"[ -e {count} ] || {change.format(state=dash.state)}; echo look >>{count}"
    shim.write_text(f'#!/bin/sh\n{once}\nexec /usr/bin/sha256sum "$@"\n')
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", f"{shim.parent}:{os.environ['PATH']}")

    dash.observe()

    assert Path(count).read_text() == "look\nlook\n"


@pytest.mark.parametrize("tool", ["sha256", "shasum", "openssl", ""])
def test_other_programs_for_sha256(dash: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tool: str) -> None:
    """Systems without sha256sum have one of three others, or are refused."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in [
        "dash",
        "dd",
        "uname",
        "id",
        "sed",
        "tr",
        "stat",
        "readlink",
        *(["openssl"] if tool == "openssl" else []),
    ]:
        (tools / name).symlink_to(shutil.which(name) or pytest.skip(f"no {name} here"))
    if tool == "sha256":
        (tools / tool).write_text('#!/bin/sh\nshift\n/usr/bin/sha256sum "$@" | sed "s/ .*//"\n')
    elif tool == "shasum":
        (tools / tool).write_text('#!/bin/sh\nshift 2\n/usr/bin/sha256sum "$@"\n')
    if tool in {"sha256", "shasum"}:
        (tools / tool).chmod(0o755)
    script = assemble(qmail.SHELL, *OBSERVE).replace("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "")
    request = f"state {dash.state}\nparameter qmail_home {dash.home}\nwatch {ROUTES} {sha256(OLD).hexdigest()}\nend\n"
    monkeypatch.setenv("PATH", str(tools))

    answer = dash.session.run(script, stdin=request.encode()).stdout.decode()

    if tool:
        assert f"present {ROUTES} {sha256(OLD).hexdigest()}\t" in answer
        assert answer.endswith("end 0\n")
    else:
        missing = "programs that relayconf needs are missing on the host: sha256sum (or sha256, shasum, openssl)"
        assert answer.endswith(f"error {missing}\nend 10\n")


@pytest.mark.root
@pytest.mark.parametrize("shell", shells())
def test_home_of_the_running_qmail(shell: str, tmp_path: Path) -> None:
    """Without a word in the inventory the home is the running qmail-send's; those of other namespaces do not count."""
    outside = Sandbox(root=tmp_path / "outside").build()
    with namespace("true") as pid, running(outside.home, "qmail-send"):
        host = in_namespace(pid, tmp_path / "inside", shell).build(smtproutes=OLD)
        with running(host.home, "qmail-send", inside=pid):
            facts = observe(host.session, qmail_host(state=host.state), qmail)

    assert (facts.values["qmail.home"], facts.values["qmail.send"]) == (str(host.home), "running")


def test_several_homes(dash: Sandbox, tmp_path: Path) -> None:
    """Two qmail-send of different homes: the inventory must choose, and then does."""
    other = Sandbox(root=tmp_path / "other").build()
    with running(dash.home, "qmail-send"), running(other.home, "qmail-send"):
        with pytest.raises(
            ObserveError, match=r"several qmail-send run here, with the homes .*: qmail_home must name one"
        ):
            observe(dash.session, qmail_host(state=dash.state), qmail)
        assert dash.observe().values["qmail.send"] == "running"
    with (
        running(dash.home, "qmail-send"),
        running(dash.home, "qmail-send"),
        pytest.raises(ObserveError, match=f"several qmail-send run with the home {dash.home}"),
    ):
        dash.observe()


@pytest.mark.root
def test_group_of_qmail_rspawn(host: Sandbox) -> None:
    """The group that reads secrets is the running qmail-rspawn's, by name or by number."""
    with running(host.home, "qmail-rspawn", group=8):
        assert host.observe().values["qmail.group"] == "mail"
    with running(host.home, "qmail-rspawn", group=54321):
        assert host.observe().values["qmail.group"] == "54321"


@pytest.mark.root
def test_program_of_a_stranger(dash: Sandbox) -> None:
    """A process that merely calls itself qmail-send, from a program of another user, is not believed."""
    with running(dash.home, "qmail-send"):
        os.chown(dash.home / "bin" / "qmail-send", 12345, 12345)
        assert dash.observe().values["qmail.send"] == "stopped"


def test_hangup_goes_to_qmail_send(host: Sandbox, tmp_path: Path) -> None:
    """New locals are told to the one process that reads them; new routes are told to nobody."""
    told = tmp_path / "told"
    script = f"trap 'echo hup >>{told}' HUP; while :; do read x || sleep 0.05; done"
    with running(host.home, "qmail-send", script):
        host.deploy(host.changes(DesiredFile(path=ROUTES, content=NEW)))
        assert not told.exists()

        host.deploy(host.changes(DesiredFile(path=LOCAL, content=b"a.example\n")), "20261124T101501Z-000000")
        deadline = time.monotonic() + 5
        while not told.exists() and time.monotonic() < deadline:
            time.sleep(0.02)

    assert told.read_text() == "hup\n"
    assert stat.S_IMODE((host.control / "locals").stat().st_mode) == 0o644
