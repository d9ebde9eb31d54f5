"""Symptoms and verdicts as values; their codes are documented."""

from __future__ import annotations

import re
from pathlib import Path

from relayconf.doctor.values import Code, Examination, Level, Ruling, Symptom, codes_of

PAGE = (Path(__file__).parents[2] / "docs/doctor.md").read_text(encoding="utf-8")


def of(code: Code, level: Level) -> Symptom:
    """A symptom without words."""
    return Symptom(code=code, level=level, text="")


def test_who_is_ill() -> None:
    """What is unknown, or a warning, is no illness."""
    for level in Level:
        examination = Examination(symptoms=(of(Code.DNSBL_UNKNOWN, level),), verdicts=())
        assert examination.is_ill is (level is Level.ERROR)


def test_codes_of() -> None:
    """In the order asked for, each once."""
    symptoms = [of(code, Level.OK) for code in (Code.PTR_MISSING, Code.NO_TOOL, Code.PTR_MISSING)]

    assert codes_of(symptoms, Code.NO_TOOL, Code.SASL_MISSING, Code.PTR_MISSING) == (Code.NO_TOOL, Code.PTR_MISSING)


def test_every_code_has_its_paragraph() -> None:
    """docs/doctor.md says of each code of a symptom or verdict, and of no other, what it means and what to do."""
    rows = re.findall(r"^- `([a-z0-9-]+)`: \S.*", PAGE, re.MULTILINE)

    assert sorted(rows) == sorted([*map(str, Code), *map(str, Ruling)])
