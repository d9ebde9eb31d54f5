"""`relayconf render --out DIR`."""

from __future__ import annotations

from pathlib import Path

import pytest

from relayconf.commands.render import render
from relayconf.errors import RelayconfError
from relayconf.exits import ExitCode
from tests.support.local_host import INVENTORY, local_host, said


def test_the_files_as_they_would_be(tmp_path: Path) -> None:
    """One folder a host; the paths are printed."""
    host, heard = local_host(tmp_path), said()

    assert render(heard.console, host.options(), out=tmp_path / "out") is ExitCode.OK
    path = tmp_path / "out" / "edge" / "qmail" / "smtproutes"
    assert heard.out.getvalue() == f"{path}\n"
    assert path.read_bytes().endswith(b"kamata-net.com:192.168.0.100\n:mail.asahi-net.or.jp\n")


def test_a_refused_host_renders_nothing(tmp_path: Path) -> None:
    """Not even the other hosts: half a tree would be taken for the whole."""
    host = local_host(tmp_path, inventory=INVENTORY.replace("tls: none", "tls: secure"))

    with pytest.raises(RelayconfError, match=r"^edge: ") as caught:
        render(said().console, host.options(), out=tmp_path / "out")
    assert caught.value.hint
    assert not (tmp_path / "out").exists()
