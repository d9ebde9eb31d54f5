from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from relayconf.connection import Become
from relayconf.errors import BecomeError, ConnectError, ConnectionLost
from relayconf.mta import qmail
from relayconf.remote.base import Completed
from relayconf.remote.framing import MARK, Output, conclude, frame
from relayconf.shell import OBSERVE, assemble

SCRIPT = """main() { printf '<%s>' "$0" "$@"; cat; }
main "$@"
"""
HOSTILE = (
    "",
    " ",
    "it's",
    '"double"',
    "$(touch pwned)",
    "`touch pwned`",
    "back\\slash \\' end\\",
    "two\nlines",
    "!history !!",
    "*",
    "~",
    "日本語",
    "-n",
    "--",
    "a;b|c&d>e<f",
    "\udcff\udcfe",
)


def test_command_and_header() -> None:
    """The command holds a number and no text of ours; script and arguments travel in the header."""
    command, header = frame("f() { :; }\nf", ["it's"], become=None)

    assert header == (b"echo 'relayconf-session 1'; echo 'relayconf-session 1' >&2\nset -- 'it'\"'\"'s'\nf() { :; }\nf")
    assert command == f"""exec sh -c 'eval "$(dd bs=1 count={len(header)} 2>/dev/null)"' relayconf"""


def test_become() -> None:
    """With sudo the shell is started by `sudo -n`, which never asks."""
    assert frame("", [], become="sudo")[0].startswith("exec sudo -n sh -c 'eval ")


def test_other_shell() -> None:
    """Another shell's command stands in the place of `sh`."""
    assert frame("", [], become=None, shell="busybox sh")[0].startswith("exec busybox sh -c 'eval ")  # noqa: S604  the name of a shell


def test_length_is_in_bytes() -> None:
    """The count is of bytes, not of characters."""
    command, header = frame("# ü日", [], become=None)

    assert f"count={len(header)} " in command
    assert header.endswith("# ü日".encode())


@pytest.mark.parametrize(("script", "args"), [("a\0b", []), ("", ["a\0b"])])
def test_nul(script: str, args: list[str]) -> None:
    """A NUL byte, which every shell would drop silently, is a mistake of the caller's."""
    with pytest.raises(ValueError, match="a script and its arguments cannot hold a NUL byte"):
        frame(script, args, become=None)


def test_helper() -> None:
    """With a helper the command line names a task and a hash, and nothing is sent before the payload."""
    script = assemble(qmail.SHELL, *OBSERVE)

    command, header = frame(script, [], become="helper")

    digest = hashlib.sha256(script.encode()).hexdigest()
    assert command == f"exec sudo -n /usr/local/sbin/relayconf-helper observe {digest}"
    assert header == b""


@pytest.mark.parametrize(("script", "args"), [("f() { :; }\nf", []), (assemble(qmail.SHELL, *OBSERVE), ["x"])])
def test_helper_has_no_such_script(script: str, args: list[str]) -> None:
    """Nor does any script that the helper cannot know, or an argument."""
    with pytest.raises(BecomeError) as caught:
        frame(script, args, become="helper")

    assert caught.value.message == "the helper on the host has no script for this"
    assert caught.value.hint == "it needs a host with `become: sudo`, or root's login"


@pytest.mark.parametrize("login_shell", ["dash", "bash", "busybox sh", "fish", "tcsh", "zsh", "mksh", "ksh"])
def test_login_shells(login_shell: str, tmp_path: Path) -> None:
    """Every login shell hands script, arguments and payload over unharmed."""
    if shutil.which(login_shell.partition(" ")[0]) is None:
        pytest.skip(f"{login_shell} is not installed")
    command, header = frame(SCRIPT, HOSTILE, become=None)
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}

    done = subprocess.run(
        [*login_shell.split(), "-c", command],
        input=header + b"pay\0load",
        capture_output=True,
        check=True,
        env=env,
        cwd=tmp_path,
    )

    expected = b"".join(b"<%s>" % os.fsencode(arg) for arg in ("relayconf", *HOSTILE))
    assert done.stdout.partition(MARK)[2] == expected + b"pay\0load"
    assert done.stderr.endswith(MARK)
    assert not (tmp_path / "pwned").exists()


def test_half_a_header_runs_nothing(tmp_path: Path) -> None:
    """A connection cut inside the script leaves half a function, which no shell runs."""
    command, header = frame("f() {\n touch ran\n}\nf", [], become=None)

    for length in range(len(header)):
        subprocess.run(["sh", "-c", command], input=header[:length], capture_output=True, check=False, cwd=tmp_path)
        assert not (tmp_path / "ran").exists(), header[:length]


def _conclude(
    *,
    become: Become | None = None,
    exit_status: int | None = 0,
    stdout: bytes = MARK,
    stderr: bytes = MARK,
) -> Completed:
    return conclude(become=become, exit_status=exit_status, stdout=stdout, stderr=stderr, lost="the line dropped")


def test_noise_before_the_mark_is_dropped() -> None:
    """What a login shell printed before the script started is no output of the script's."""
    done = _conclude(
        exit_status=3, stdout=b"motd" + MARK + b"out" + MARK, stderr=b"stdin: is not a tty\n" + MARK + b"err"
    )

    assert done == Completed(exit_status=3, stdout=b"out" + MARK, stderr=b"err")


def test_no_exit_status() -> None:
    """Without an exit status nobody here knows what the host did, whatever it printed."""
    with pytest.raises(ConnectionLost) as caught:
        _conclude(exit_status=None, stdout=MARK + b"end 0\n")

    assert caught.value.message == "the line dropped; what the host did is unknown here"
    assert caught.value.hint == "run the command again: the host's journal knows what was done"


@pytest.mark.parametrize(
    ("stderr", "exit_status", "message"),
    [
        (b"sudo: a password is required\n", 1, "sudo refused: sudo: a password is required (exit status 1)"),
        (b"sudo: ein Passwort ist notwendig", 1, "sudo refused: sudo: ein Passwort ist notwendig (exit status 1)"),
        (b"\x1b]0;x\x07one\ntwo\n", 1, r"sudo refused: \x1b]0;x\x07one / two (exit status 1)"),
        (b"", 0, "sudo refused (exit status 0)"),
        (b"x" * 700, 1, f"sudo refused: {'x' * 600} (exit status 1)"),
    ],
)
def test_sudo_refused(stderr: bytes, exit_status: int, message: str) -> None:
    """With sudo, a script that never gave its sign of life was refused, in whatever language sudo says so."""
    with pytest.raises(BecomeError) as caught:
        _conclude(become="sudo", exit_status=exit_status, stdout=b"", stderr=stderr)

    assert caught.value.message == message
    assert caught.value.hint == (
        "let the user run `sh` without a password, which makes it root: `USER ALL=(root) NOPASSWD: /bin/sh` by `visudo`"
    )


@pytest.mark.parametrize(
    ("stdout", "stderr", "said"),
    [
        (b"This account is currently not available.\n", b"", ": This account is currently not available."),
        (b"hello", b"sh: not found", ": sh: not found"),
        (MARK, b"", ": relayconf-session 1"),
        (b"", b"", ""),
    ],
)
def test_login_shell_refused(stdout: bytes, stderr: bytes, said: str) -> None:
    """Without sudo, the login shell is to blame; both outputs must have given the sign of life."""
    with pytest.raises(ConnectError) as caught:
        _conclude(exit_status=1, stdout=stdout, stderr=stderr)

    assert caught.value.message == f"the login shell did not start the script{said} (exit status 1)"
    assert caught.value.hint == (
        "the user needs an ordinary login shell, without a forced command; `sh` and `dd` must be on its PATH"
    )


def test_up_to_the_limit() -> None:
    """Both outputs are gathered, each for itself, up to the limit and with it."""
    output = Output(6)

    assert output.into_stdout(b"ab")
    assert output.into_stderr(b"xyz")
    assert output.into_stdout(b"c")
    assert (bytes(output.stdout), bytes(output.stderr), output.is_full) == (b"abc", b"xyz", False)


def test_beyond_the_limit() -> None:
    """Beyond the limit everything is dropped, also what would fit again."""
    output = Output(6)
    output.into_stdout(b"abc")

    assert not output.into_stderr(b"wxyz")
    assert not output.into_stdout(b"d")
    assert (bytes(output.stdout), bytes(output.stderr), output.is_full) == (b"", b"", True)


def test_error_of_too_much() -> None:
    """The error names the limit in MiB, and ends its hint with the caller's, or else with the journal's."""
    where = "look first on the host for what prints without end (a login shell's profile) or a file that grew huge; "

    of_itself, of_the_caller = Output(256 * 2**20).error(None), Output(3 * 2**19).error("plan again")

    assert of_itself.message == "the host sent more than 256 MiB; given up"
    assert of_itself.hint == f"{where}run the command again: the host's journal knows what was done"
    assert of_the_caller.message == "the host sent more than 1.5 MiB; given up"
    assert of_the_caller.hint == f"{where}plan again"


def test_helper_refused() -> None:
    """The helper's own words have the way out; sudo's get one that leads to the helper."""
    with pytest.raises(BecomeError) as helper:
        _conclude(become="helper", exit_status=2, stdout=b"", stderr=b"motd\nrelayconf-helper: of \x1b another\n")
    with pytest.raises(BecomeError) as sudo:
        _conclude(become="helper", exit_status=1, stdout=b"", stderr=b"sudo: a password is required\n")

    assert (helper.value.message, helper.value.hint) == (r"of \x1b another", None)
    assert sudo.value.message == "sudo refused: sudo: a password is required (exit status 1)"
    assert sudo.value.hint == "`relayconf helper HOST` prints the helper, how root installs it, and the rule for sudo"
