"""The shape of the code: floors, mirrors, sizes, and words that have no place in it."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

import relayconf

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "relayconf"
MODULES = tuple(sorted(PACKAGE.rglob("*.py")))
SOURCES = tuple(
    path
    for folder in ("relayconf", "templates", "tests", "tools", "demo", "benchmarks", "docs")
    for path in sorted((ROOT / folder).rglob("*"))
    if path.suffix in {".py", ".sh", ".j2", ".md"}
)

WITHOUT_TEST = {
    "relayconf/__init__.py": "a version; it is compared with the changelog below",
    "relayconf/__main__.py": "one call; tests/test_packaging.py and tests/test_startup.py run it",
    "relayconf/commands/options.py": "values without behaviour",
    "relayconf/facts.py": "values without behaviour",
    "relayconf/mta/base.py": "a protocol; mypy holds the MTAs to it",
    "relayconf/mta/postfix/resolver/outcomes.py": "exceptions without behaviour",
    "relayconf/remote/base.py": "a protocol; tests/remote/test_contract.py holds the sessions to it",
}
"""Modules without a test file of their own, and why."""

LINES = 300
PRAGMAS = 5


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _has_code(path: Path) -> bool:
    """Whether a module does more than describe itself and pass on names."""
    return any(not isinstance(node, ast.Expr | ast.Import | ast.ImportFrom) for node in _tree(path).body)


def _tests_of(path: Path) -> tuple[Path, ...]:
    """Where the tests of a module may stand; a package's own code is tested beside its folder, or in it."""
    inside = path.relative_to(PACKAGE)
    folder = ROOT / "tests" / inside.parent
    if path.stem == "__init__":
        return folder / "test_init.py", folder.with_name(f"test_{folder.name}.py")
    return (folder / f"test_{inside.stem.strip('_')}.py",)


def _is_tested(path: Path) -> bool:
    return any(test.exists() for test in _tests_of(path))


def test_every_module_has_its_test() -> None:
    """relayconf/x/y.py is tested by tests/x/test_y.py."""
    missing = [_name(path) for path in MODULES if _has_code(path) and not _is_tested(path)]

    assert [name for name in missing if name not in WITHOUT_TEST] == []


def test_exceptions_are_needed() -> None:
    """A module that has a test by now is no exception any more."""
    paths = [ROOT / name for name in WITHOUT_TEST]

    assert [_name(path) for path in paths if _is_tested(path) or not path.exists()] == []


def test_modules_are_short() -> None:
    """A module can be read in one sitting."""
    long = {_name(path): path.read_text(encoding="utf-8").count("\n") for path in MODULES}

    assert {name: lines for name, lines in long.items() if lines > LINES} == {}


def _calls(path: Path, name: str) -> Iterator[int]:
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
            yield node.lineno


def test_nothing_prints() -> None:
    """Only console.py writes to the terminal."""
    assert [_name(path) for path in MODULES if list(_calls(path, "print"))] == []
    assert [
        _name(path) for path in MODULES if re.search(r"sys\.std(out|err)\.write|typer\.echo", path.read_text("utf-8"))
    ] == []


def _catches_all(path: Path) -> bool:
    """Whether something is swallowed that has no name; cleaning up and raising it again is fine."""
    return any(
        isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"}))
        and not (isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None)
        for node in ast.walk(_tree(path))
    )


def test_two_catch_alls() -> None:
    """Only the error handler catches everything, and the rollout, for which a failed host is a result."""
    catching = {_name(path) for path in MODULES if _catches_all(path)}

    assert catching == {"relayconf/error_handler.py", "relayconf/workers.py"}


def test_any_stays_in_the_inventory() -> None:
    """Untyped values end where YAML is read."""
    using = {
        _name(path)
        for path in MODULES
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Name) and node.id == "Any"
    }

    assert [name for name in using if not name.startswith("relayconf/inventory/")] == []


def test_pragmas_are_counted() -> None:
    """Branches that no test can reach are few, and stay few."""
    pragmas = sum(path.read_text(encoding="utf-8").count("pragma: no cover") for path in MODULES)

    assert pragmas <= PRAGMAS


def test_no_leftovers() -> None:
    """Nothing is left for later, and tests use no mocks."""
    words = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|Magic" + r"Mock|unittest\.mo" + r"ck)\b")
    hits = [_name(path) for path in SOURCES if words.search(path.read_text(encoding="utf-8"))]

    assert hits == []


def _tests(path: Path) -> Iterator[ast.FunctionDef]:
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node


def test_every_test_states_its_fact() -> None:
    """Each test has a docstring."""
    silent = [
        f"{_name(path)}::{test.name}"
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        for test in _tests(path)
        if not ast.get_docstring(test)
    ]

    assert silent == []


def test_changelog_has_this_version() -> None:
    """The newest entry of the changelog is this version's."""
    versions = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)

    assert versions[0] == relayconf.__version__


def _lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    script = Path(sysconfig.get_path("scripts")) / "lint-imports"
    return subprocess.run(
        [script, "--no-logo", "--no-cache"], cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.fixture(name="copy")
def _copy(tmp_path: Path) -> Path:
    """The package and its contract, to be broken."""
    shutil.copytree(PACKAGE, tmp_path / "relayconf", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / ".importlinter", tmp_path)
    return tmp_path


def test_contract_holds(copy: Path) -> None:
    """The unbroken copy keeps every contract, so that what the next tests see comes from what they broke."""
    result = _lint_imports(copy)

    assert (result.returncode, " 0 broken." in result.stdout) == (0, True), result.stdout


BREACHES = (
    ("model.py", "import relayconf.plan", "relayconf.model is not allowed to import relayconf.plan"),
    ("observe.py", "import relayconf.deploy", "relayconf.observe is not allowed to import relayconf.deploy"),
    ("rollout.py", "import relayconf.output.text", "relayconf.rollout is not allowed to import relayconf.output"),
    ("mta/base.py", "import relayconf.mta.qmail", "relayconf.mta.base is not allowed to import relayconf.mta.qmail"),
    ("remote/local.py", "import relayconf.remote.ssh", "relayconf.remote.local is not allowed to import relayconf"),
    ("rollout.py", "import relayconf.remote.ssh", "- relayconf.rollout -> relayconf.remote.ssh"),
    ("deploy.py", "import paramiko", "- relayconf.deploy -> paramiko"),
    ("plan.py", "import yaml", "- relayconf.plan -> yaml"),
    ("render.py", "import jinja2", "- relayconf.render -> jinja2"),
    ("text.py", "import typer", "- relayconf.text -> typer"),
    ("attic.py", "", "- relayconf.attic"),
    ("mta/sendmail.py", "", "- relayconf.mta.sendmail"),
)


def test_contract_bites(copy: Path) -> None:
    """An import that climbs, goes sideways or leaves its room is refused, and so is a module without a floor."""
    for module, line, _ in BREACHES:
        with (copy / "relayconf" / module).open("a", encoding="utf-8") as file:
            file.write(f"\n{line}\n")
    result = _lint_imports(copy)

    assert result.returncode == 1
    assert [complaint for *_, complaint in BREACHES if complaint not in result.stdout] == []
