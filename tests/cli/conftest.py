"""A host of this machine, whose inventory is in the current folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.local_host import LocalHost, local_host


@pytest.fixture(name="host")
def _host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LocalHost:
    host = local_host(tmp_path)
    monkeypatch.chdir(tmp_path)
    return host
