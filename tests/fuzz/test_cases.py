"""Whatever an inventory or a host says: a result or an explained error. The small size of benchmarks/fuzz.py."""

from __future__ import annotations

import random

import pytest

from tests.fuzz.cases import FAMILIES, play, run
from tests.fuzz.mutation import mutate

_COUNTS = {"inventory": 150, "observe": 250, "report": 500, "planfile": 500, "journal": 500, "bounce": 500}


@pytest.mark.parametrize("family", FAMILIES)
def test_no_case_crashes(family: str) -> None:
    """Every case is a result or a RelayconfError; and not all of them are one and the same."""
    outcome = run(family, range(_COUNTS[family]))

    assert not outcome.crashes, next(iter(outcome.crashes.values()))
    assert outcome.ends.total() == _COUNTS[family]
    assert len(outcome.ends) >= 2, outcome.ends


def test_a_crash_is_told_with_its_number() -> None:
    """So that it can be had again."""

    def crash(_: random.Random) -> str:
        raise KeyError("odd")

    outcome = play("report", crash, [7])

    assert outcome.ends == {"crash": 1}
    assert "KeyError: 'odd'" in outcome.crashes["report 7"]


def test_the_same_number_is_the_same_case() -> None:
    """And another one is another."""
    text = b"version: 1\nhosts: {a: {mta: qmail}}\n"

    def case(number: int) -> bytes:
        return mutate(text, random.Random(number))  # noqa: S311  a test's chance

    assert case(1) == case(1)
    assert len({case(number) for number in range(50)}) > 40
