"""The documentation says what is true: its commands run, its inventories load, its tables agree with the program."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from relayconf.exits import ExitCode
from tests.support.readme import Block, Command, blocks, commands, matches, run, stand
from tools import clidoc

ROOT = Path(__file__).parents[1]
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")))
TARGETS = frozenset(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))

page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def _run_console(block: Block, folder: Path) -> None:
    for command in commands(block):
        status, output = run(command, folder)

        assert matches(command.expected, output), f"line {block.line}: {command.line}\n{output}"
        assert status == 0, f"line {block.line}: {command.line}: exit status {status}\n{output}"


def _run(block: Block, folder: Path) -> None:
    match block:
        case Block(shown_only=True):
            pass
        case Block(language="yaml", mark="inventory"):
            (folder / "inventory.yaml").write_text(block.body, encoding="utf-8")
            status, output = run(Command(line="relayconf check", expected=""), folder)
            assert status == 0, output
        case Block(language="console", host=None, mark=""):
            _run_console(block, folder)
        case Block(language="console", host=str(name)):
            stand(name, folder)
            _run_console(block, folder)
        case Block(language="sh", mark=""):
            assert set(re.findall(r"^make (\w+)(?:\s+#.*)?$", block.body, re.MULTILINE)) <= TARGETS
            assert not [line for line in block.body.splitlines() if not line.startswith("make ")]
        case _:
            pytest.fail(f"line {block.line}: a block of {block.language!r} marked {block.mark!r}: nobody checks it")


@page
def test_blocks(page: Path, tmp_path: Path) -> None:
    """Every block of a page is run, in order and in one folder, and prints what the page says."""
    shutil.copy(ROOT / "inventory.example.yaml", tmp_path)
    for block in blocks(page.read_text(encoding="utf-8")):
        _run(block, tmp_path)


@page
def test_fences(page: Path) -> None:
    """No fenced block escapes the runner by being indented or unclosed."""
    text = page.read_text(encoding="utf-8")

    assert len(re.findall(r"^\s*(?:```|~~~)", text, re.MULTILINE)) == 2 * len(list(blocks(text)))


@page
def test_links(page: Path) -> None:
    """Every link to a file of the project leads to one."""
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", page.read_text(encoding="utf-8"))

    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_exit_codes() -> None:
    """The README's table has every exit code and no other."""
    rows = re.findall(r"^\| (\d+) \|", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)

    assert [int(row) for row in rows] == [code.value for code in ExitCode]


def test_cli_page() -> None:
    """docs/cli.md is what `make docs` writes."""
    assert clidoc.PAGE.read_text(encoding="utf-8") == clidoc.page()


def test_commands_in_readme() -> None:
    """The README names every command."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    names = re.findall(r"^## relayconf (\w+)$", clidoc.page(), re.MULTILINE)

    assert names
    assert [name for name in names if f"`{name}" not in text and f"relayconf {name}" not in text] == []


@pytest.mark.parametrize(
    ("expected", "actual", "same"),
    [
        ("a\nb\n", "a\nb\n", True),
        ("a\nb\n", "a\nc\n", False),
        ("a … c\n", "a b c\n", True),
        ("a … c\n", "a b\nc\n", False),
        ("…\nc\n", "a\nb\nc\n", True),
        ("…\nc\n", "c\n", True),
        ("a\n…\n", "a\nb\nc\n", True),
        ("a\n…\n", "b\na\n", False),
        ("a.c\n", "abc\n", False),
    ],
)
def test_matches(expected: str, actual: str, *, same: bool) -> None:
    """`…` stands for text within a line, or for whole lines where it is alone; all else is literal."""
    assert matches(expected, actual) is same


def test_runner_sees_failures(tmp_path: Path) -> None:
    """A command that fails, or prints something else, fails the page."""
    with pytest.raises(AssertionError, match="exit status 3"):
        _run_console(Block(line=1, language="console", mark="", body="$ exit 3\n"), tmp_path)
    with pytest.raises(AssertionError, match="line 1: echo b"):
        _run_console(Block(line=1, language="console", mark="", body="$ echo b\na\n"), tmp_path)


@pytest.mark.parametrize(
    ("language", "mark"), [("yaml", ""), ("python", ""), ("console", "hosts"), ("sh", "inventory")]
)
def test_runner_refuses_unknown(language: str, mark: str, tmp_path: Path) -> None:
    """A block that nobody would check fails the page."""
    with pytest.raises(pytest.fail.Exception, match="nobody checks it"):
        _run(Block(line=1, language=language, mark=mark, body=""), tmp_path)
