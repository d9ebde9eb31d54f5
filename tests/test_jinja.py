"""The room for Jinja; tests/test_templating.py has its errors."""

from __future__ import annotations

from pathlib import Path

import pytest

from relayconf.errors import TemplateError
from relayconf.jinja import rendered


def test_rendered(tmp_path: Path) -> None:
    """The first directory counts; values are data."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "t.j2").write_text(name + " {{ x }}\n")

    assert rendered((tmp_path / "a", tmp_path / "b"), "t.j2", {"x": "{{ y }}"}) == "a {{ y }}\n"


def test_names_that_are_not_given(tmp_path: Path) -> None:
    """Are errors with their place."""
    (tmp_path / "t.j2").write_text("{{ x }}\n")

    with pytest.raises(TemplateError, match=r"t\.j2:1: 'x' is undefined"):
        rendered((tmp_path,), "t.j2", {})
