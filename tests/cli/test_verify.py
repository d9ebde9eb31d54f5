"""The options of `relayconf verify` reach their functions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from relayconf.exits import ExitCode
from tests.support.cli import run
from tests.support.local_host import LocalHost

COMMON = (
    "--json",
    "--parallel",
    "3",
    "--accept-new",
    "--wait",
    "5",
    "--per-relay",
    "2",
    "-i",
    "inventory.yaml",
    "edge",
)


def test_a_test_and_a_message(host: LocalHost) -> None:
    """Nothing is made on the host."""
    tested = run("verify", *COMMON)
    sent = run("verify", "--send", "you@world.test", "--from", "me@kamata-net.com", *COMMON)

    assert (tested.exit_code, json.loads(tested.stdout)["kind"]) == (ExitCode.OK, "verify")
    assert json.loads(sent.stdout)["hosts"][0]["tests"][0]["relay"] == "to you@world.test"
    assert not (host.folder / "state").exists()


def test_headers(tmp_path: Path) -> None:
    """Need no inventory."""
    (tmp_path / "header").write_text("Received-SPF: pass\n")

    assert run("verify", "--headers", str(tmp_path / "header")).stdout.startswith("spf   pass   pass\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--headers", "x", "edge"), "--headers reads a header and contacts no host"),
        (("--headers", "x", "--send", "you@world.test"), "--headers reads a header and contacts no host"),
        (("--from", "me@kamata-net.com"), "--from names the sender of a real message"),
    ],
)
def test_what_makes_no_sense(words: tuple[str, ...], said: str) -> None:
    """Is refused before a host is asked."""
    ran = run("verify", *words)

    assert (ran.exit_code, said in ran.stderr) == (ExitCode.USAGE, True)
