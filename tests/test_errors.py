"""The error tree is what its drawing says."""

from __future__ import annotations

import importlib
import pkgutil
import re

import pytest

import relayconf
from relayconf import errors
from relayconf.errors import InventoryError, Problem, RelayconfError


def _descendants(base: type[RelayconfError], depth: int = 0) -> list[tuple[int, type[RelayconfError]]]:
    own = [(depth, base)]
    for child in base.__subclasses__():
        own += _descendants(child, depth + 1)
    return own


def _drawn() -> list[tuple[int, str]]:
    lines = re.findall(
        r"^([│├└─ ]*)([A-Z]\w+Error|[A-Z]\w+)", (errors.__doc__ or "").partition("\n\n")[2], re.MULTILINE
    )
    return [(len(indent) // 4, name) for indent, name in lines]


for module in pkgutil.walk_packages(relayconf.__path__, "relayconf."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)

TREE = _descendants(RelayconfError)


def test_drawing() -> None:
    """The tree in the module's docstring has the same classes, in the same order and depth."""
    assert _drawn() == [(depth, error.__name__) for depth, error in TREE]


def test_all_in_one_module() -> None:
    """No error of relayconf is defined elsewhere, and none in errors.py stands outside the tree."""
    here = {value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, Exception)}

    assert here == {error for _, error in TREE}


@pytest.mark.parametrize("error", [error for _, error in TREE], ids=lambda error: error.__name__)
def test_docstring(error: type[RelayconfError]) -> None:
    """Each error says in its own sentence when it happens."""
    assert (vars(error).get("__doc__") or "").rstrip().endswith(".")


def test_message_and_hint() -> None:
    """An error carries its message and, where there is one, the way out."""
    error = RelayconfError("no", hint="try yes")

    assert (str(error), error.message, error.hint) == ("no", "no", "try yes")
    assert RelayconfError("no").hint is None


def _problem(file: str, line: int, column: int, place: str = "") -> Problem:
    return Problem(file=file, line=line, column=column, place=place, text="is wrong")


def test_problem_text() -> None:
    """A problem reads file, line, column, place, text; a file as a whole has no place."""
    assert str(_problem("a.yaml", 17, 9, "hosts.mx1.relay")) == "a.yaml:17:9: hosts.mx1.relay: is wrong"
    assert str(_problem("a.yaml", 1, 1)) == "a.yaml:1:1: is wrong"


def test_problems_are_sorted() -> None:
    """An InventoryError has its problems by file, line and column, and counts them."""
    error = InventoryError([_problem("b", 1, 1), _problem("a", 10, 2), _problem("a", 10, 1), _problem("a", 9, 9)])

    assert [str(problem) for problem in error.problems] == [
        "a:9:9: is wrong",
        "a:10:1: is wrong",
        "a:10:2: is wrong",
        "b:1:1: is wrong",
    ]
    assert error.message == "the inventory has 4 problems"
    assert InventoryError([_problem("a", 1, 1)]).message == "the inventory has 1 problem"
