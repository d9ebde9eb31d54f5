"""How the scripts are put together, and that shellcheck and every shell agree to them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import relayconf
from relayconf.mta import qmail
from relayconf.remote.local import LocalSession
from relayconf.shell import CORE, DEPLOY, OBSERVE, assemble
from tests.shell.sandbox import shells

POSTFIX = Path(relayconf.__file__).with_name("mta") / "postfix" / "postfix.sh"
SHELLCHECK = Path(sys.executable).with_name("shellcheck")
PARTS = [CORE, *OBSERVE, *DEPLOY, qmail.SHELL, POSTFIX]


def shellcheck(*options: str, stdin: str = "") -> str:
    """What shellcheck has to say."""
    done = subprocess.run([SHELLCHECK, "-s", "sh", *options], input=stdin, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_one_function_without_comments() -> None:
    """Comments, indentation and empty lines are left out; the last line calls the one function."""
    script = assemble("# why\nmain() {\n\n\t# what\n\tsay 'a  # b'\n}\n")

    lines = script.splitlines()
    assert lines[0] == "relayconf() {"
    assert lines[-6:] == ["main() {", "say 'a  # b'", "}", 'main "$@"', "}", 'relayconf "$@"']
    assert not [line for line in lines if line.startswith(("#", " ", "\t")) or not line]


def test_only_what_is_called() -> None:
    """Functions that `main` never comes to are left out; what stands outside of functions is not."""
    script = assemble(
        "x=1\none() { :; }\ntwo() {\n\tthree\n}\nthree() { say 3; }\nfour() { one; }\n", "main() { two; }\n"
    )

    lines = script.splitlines()
    assert lines[-9:] == ["x=1", "two() {", "three", "}", "three() { say 3; }", "main() { two; }", *lines[-3:]]
    assert not [line for line in lines if "copy_new" in line]
    assert LocalSession().run(script).stdout == b"3\n"


def test_the_task() -> None:
    """A script whose last part is a file says in front what it is for, as a host with a helper is told."""
    for task, parts in {"observe": OBSERVE, "deploy": DEPLOY}.items():
        assert assemble(qmail.SHELL, *parts).startswith(f"relayconf() {{\ntask={task}\n")
    assert "task=" not in assemble("main() { :; }")


def test_last_definition_counts() -> None:
    """A part may replace a function of an earlier one."""
    script = assemble("one() { say 1; }\n", "one() {\n\tsay 2\n}\nmain() {\n\tone\n}\n")

    assert LocalSession().run(script).stdout == b"2\n"


@pytest.mark.parametrize("shell", shells())
def test_arguments_reach_main(shell: str) -> None:
    """`main` gets the script's arguments, however odd they are."""
    done = LocalSession(shell=shell).run(assemble('main() { say "$2"; }'), ["a b", "c  '$d"])

    assert done.stdout == b"c  '$d\n"


@pytest.mark.parametrize("shell", shells())
@pytest.mark.parametrize("task", [OBSERVE, DEPLOY])
def test_half_a_script_does_nothing(task: tuple[Path, ...], shell: str, tmp_path: Path) -> None:
    """A script that is cut anywhere is a syntax error and runs not a single command."""
    script = assemble(qmail.SHELL, *task)
    for end in (len(script) // 3, len(script) - 4):
        cut = script[:end].removesuffix("\n")
        done = subprocess.run(
            [*shell.split(), "-c", f"{cut[: cut.rindex(chr(10))]}"],
            input=f"state {tmp_path}/state\n".encode(),
            capture_output=True,
            check=False,
        )
        assert done.stdout == b""
    assert not list(tmp_path.iterdir())


def test_output_without_a_printf(tmp_path: Path) -> None:
    """No shell needs an external printf for a line of output, whose arguments others could see."""
    for name in ("printf", "print", "echo"):
        (tmp_path / name).write_text("#!/bin/dash\necho external\n")
        (tmp_path / name).chmod(0o755)
    for shell in shells():
        script = f"PATH={tmp_path}:$PATH\n" + assemble("main() { say 'a\\tb  c'; }")
        assert LocalSession(shell=shell).run(script).stdout == b"a\\tb  c\n", shell


@pytest.mark.parametrize("part", PARTS, ids=lambda part: str(part.name))
def test_shellcheck_part(part: Path) -> None:
    """Each part is clean."""
    assert shellcheck(str(part)) == ""


@pytest.mark.parametrize("mta", [qmail.SHELL, POSTFIX], ids=lambda part: str(part.name))
@pytest.mark.parametrize("task", [OBSERVE, DEPLOY], ids=["observe", "deploy"])
def test_shellcheck_whole(task: tuple[Path, ...], mta: Path) -> None:
    """So is what travels: nothing is used that no part defines (what the other script alone uses is no fault)."""
    script = assemble(mta, *task)

    assert shellcheck("-e", "SC2015,SC2034,SC2329", "-", stdin=script) == ""
