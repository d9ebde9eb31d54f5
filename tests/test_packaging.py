"""What is shipped: the exact files of the wheel, by both ways of building it, and that they work where they land."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

import relayconf
from tests.support.golden import Golden

ROOT = Path(__file__).parents[1]
INFO = f"relayconf-{relayconf.__version__}.dist-info"


def _build(source: Path, out: Path, *kinds: str) -> None:
    # Without isolation, so that nothing is fetched; the tests' own environment has hatchling.
    command = [sys.executable, "-m", "build", "--no-isolation", *kinds, "--outdir", str(out), str(source)]
    completed = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)

    assert completed.returncode == 0, completed.stdout + completed.stderr


@pytest.fixture(name="sdist", scope="session")
def _sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("sdist")
    _build(ROOT, out, "--sdist")
    return next(out.glob("*.tar.gz"))


@pytest.fixture(name="wheel", scope="session")
def _wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    _build(ROOT, out, "--wheel")
    return next(out.glob("*.whl"))


def _files(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return sorted(archive.namelist())


def _unpacked(sdist: Path) -> list[str]:
    with tarfile.open(sdist) as archive:
        return sorted(name.partition("/")[2] for name in archive.getnames())


def test_wheel_files(wheel: Path, golden: Golden) -> None:
    """The wheel holds exactly the files of the list: the package, its shell, its templates, and who it is."""
    golden.check("wheel-files.txt", "".join(f"{name.replace(INFO, '*.dist-info')}\n" for name in _files(wheel)))


def test_wheel_has_all_of_the_package(wheel: Path) -> None:
    """Nothing of the package or of the templates is forgotten."""
    files = {path for folder in ("relayconf", "templates") for path in (ROOT / folder).rglob("*") if path.is_file()}
    names = {path.relative_to(ROOT).as_posix() for path in files if path.suffix != ".pyc"}
    shipped = {f"relayconf/{name}" if name.startswith("templates/") else name for name in names}

    assert {name for name in _files(wheel) if INFO not in name} == shipped


def test_wheel_from_sdist(sdist: Path, wheel: Path, tmp_path: Path) -> None:
    """A wheel built from the sdist has the same files as one built from the checkout."""
    subprocess.run(["tar", "-xzf", sdist, "-C", tmp_path], check=True, timeout=60)
    _build(next(tmp_path.iterdir()), tmp_path / "out", "--wheel")

    assert _files(next((tmp_path / "out").glob("*.whl"))) == _files(wheel)


def test_sdist_can_be_tested(sdist: Path) -> None:
    """Who has only the sdist has the tests, the templates, and all that make needs."""
    names = set(_unpacked(sdist))

    assert {
        ".ci/run",
        ".importlinter",
        "CHANGELOG.md",
        "LICENSE",
        "Makefile",
        "inventory.example.yaml",
        "pyproject.toml",
        "tests/conftest.py",
        "tests/data/wheel-files.txt",
        "tools/setup.sh",
    } <= names
    assert any(name.startswith("templates/qmail/") for name in names)
    assert not [name for name in names if name.startswith((".venv", ".git/")) or name.endswith(".pyc")]


@pytest.fixture(name="installed")
def _installed(wheel: Path, tmp_path: Path) -> Path:
    """A new environment with the wheel, and with the dependencies of this one; nothing is fetched."""
    home = tmp_path / "venv"
    venv.EnvBuilder(with_pip=False, symlinks=True).create(home)
    paths = {"base": str(home), "platbase": str(home)}
    target = Path(sysconfig.get_path("purelib", "venv", vars=paths))
    command = [
        sys.executable,
        "-m",
        "pip",
        f"--python={home}",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        str(wheel),
    ]
    subprocess.run(command, check=True, timeout=100)
    # After the wheel on the path, and without this environment's own .pth files: the checkout stays out of sight.
    (target / "dependencies.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return home / "bin"


def _run(program: Path, *args: str, cwd: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    completed = subprocess.run(
        [program, *args], cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=60
    )

    assert completed.returncode == 0, completed.stderr
    return completed.stdout


def test_wheel_works(installed: Path, tmp_path: Path) -> None:
    """The installed program starts, and finds code and templates where the wheel put them, not in the checkout."""
    script = "import relayconf, relayconf.templating as t; print(relayconf.__file__, *t.default_directories(None))"
    found = _run(installed / "python", "-c", script, cwd=tmp_path).split()

    assert _run(installed / "relayconf", "--version", cwd=tmp_path) == f"relayconf {relayconf.__version__}\n"
    package = Path(found[0]).parent
    assert package.is_relative_to(installed.parent)
    assert [Path(path) for path in found[1:]] == [package / "templates"]
    assert (package / "templates").is_dir()


def test_wheel_renders(installed: Path, tmp_path: Path) -> None:
    """The installed program renders an inventory, so its templates are whole."""
    example = str(ROOT / "tests" / "data" / "packaging.yaml")
    _run(installed / "relayconf", "render", "-i", example, "--out", "out", cwd=tmp_path)

    assert (
        (tmp_path / "out/edge/qmail/smtproutes")
        .read_text(encoding="utf-8")
        .endswith("kamata-net.com:192.168.0.100\n:mail.asahi-net.or.jp\n")
    )
