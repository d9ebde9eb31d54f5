"""Each mistake in an inventory has a folder with the exact text that it gets.

`pytest --update-golden tests/inventory/test_exhibits.py` writes the texts anew; the diff is for a human.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from relayconf.errors import InventoryError
from relayconf.inventory import load
from relayconf.inventory.problems import WORDINGS
from tests.support.golden import Golden

CASES = Path(__file__).parents[1] / "cases" / "inventory"
NAMES = sorted(case.name for case in CASES.iterdir())


def refusal(case: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """What the inventory of *case* is refused with, as it would be printed."""
    monkeypatch.chdir(case)
    with pytest.raises(InventoryError) as caught:
        load(Path("inventory.yaml"))
    lines = []
    for problem in caught.value.problems:
        lines.append(f"{problem}\n")
        if problem.hint:
            lines.append(f"  hint: {problem.hint}\n")
    return "".join(lines)


@pytest.mark.parametrize("name", NAMES)
def test_exact_text(name: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """The mistake gets exactly the problems and hints of its exhibit."""
    exhibits = Golden(CASES, update=bool(request.config.getoption("--update-golden")))

    exhibits.check(f"{name}/expected.txt", refusal(CASES / name, monkeypatch))


@pytest.mark.parametrize("name", NAMES)
def test_no_secret_is_repeated(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No word that stands for a password in the exhibits comes back in a problem."""
    assert "hunter" not in refusal(CASES / name, monkeypatch)


def _pattern(template: str) -> str:
    return re.sub(r"\\\{[a-z]+\\\}", ".*", re.escape(template))


@pytest.mark.parametrize("code", WORDINGS)
def test_every_wording_has_an_exhibit(code: str) -> None:
    """Each wording and each hint of the table stands in the text of some exhibit."""
    shown = "".join(path.read_text(encoding="utf-8") for path in CASES.glob("*/expected.txt"))
    text, hint = WORDINGS[code]

    assert re.search(rf"^[a-z./]*:[0-9]+:[0-9]+: (\S+: )?{_pattern(text)}$", shown, re.MULTILINE)
    assert not hint or re.search(rf"^  hint: {_pattern(hint)}$", shown, re.MULTILINE)


@pytest.mark.parametrize(
    "relays",
    [
        'isp: "u:hunter2@a.example"',
        "isp: [hunter2]",
        "isp: {host: a.example, auth: [u, hunter2]}",
        "isp: {host: a.example, auth: {username: u, password: !vault hunter2}}",
        "isp: {host: a.example, auth: {username: u, password: *hunter2}}",
        "isp: {host: a.example, auth: {username: u, password: hunter2: x}}",
        "isp: {host: a.example, auth: {username: u, password: 'hunter2}}",
        "isp: {host: a.example, auth: {username: u, password: @hunter2}}",
        "isp: {host: a.example, auth: {username: u, password: {env: hunter2, hunter2: hunter2}}}",
        "isp: {host: a.example, auth: {username: u, password: {hunter2: {hunter2: hunter2}}}}",
        "isp: {host: a.example, auth: {username: u, username: hunter2, hunter2: 1, hunter2: 2}}",
        "isp: {host: a.example, auth: {username: u, password: {keyring: hunter2}, passwd: hunter2}}",
        "isp: {host: a.example, auth: {<<: hunter2, ? [hunter2] : hunter2}}",
        "isp: {host: a.example, passwd: hunter2, endpoints: [{port: 25, auth: hunter2}]}",
        'isp: {host: a.example, auth: {username: "hunter2\\n", password: {command: "hunter2\\0"}}}',
        "isp: {host: hunter2@a.example, port: hunter2, tls: hunter2, probe: {from: hunter2, to: 'hunter2 @x'}}",
    ],
)
def test_no_password_is_repeated(relays: str, tmp_path: Path) -> None:
    """Whatever is wrong around a password, no problem and no hint holds it."""
    path = tmp_path / "inventory.yaml"
    path.write_text(f"version: 1\nrelays:\n  {relays}\n", encoding="utf-8")
    with pytest.raises(InventoryError) as caught:
        load(path)

    assert caught.value.problems
    assert "hunter2" not in "".join(f"{problem} {problem.hint}" for problem in caught.value.problems)
    assert "hunter2" not in str(caught.value)
