"""`relayconf spf watch`, run after run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from relayconf.commands.spf_watch import watch
from relayconf.exits import ExitCode
from relayconf.spf.lookup import Outcome
from tests.support.cli import run
from tests.support.dns_server import dns_server
from tests.support.local_host import said
from tests.support.spf_zone import Records, Zone

INVENTORY = """version: 1
relays: {isp: {host: mail.example, spf: ["include:isp.example"]}}
hosts:
  edge: {address: 192.0.2.1, mta: postfix, relay: isp, domains: {a.example: local}}
"""
OURS = {"TXT": ["v=spf1 include:esp.example -all"]}
ESP, ISP = {"TXT": ["v=spf1 ip4:192.0.2.0/28 -all"]}, {"TXT": ["v=spf1 ip4:198.51.100.0/24 -all"]}


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> Path:
    path = tmp_path / "inventory.yaml"
    path.write_text(INVENTORY, encoding="utf-8")
    return path


def ran(path: Path, names: dict[str, Records | Outcome], *, json: bool = False) -> tuple[ExitCode, str]:
    """One run in a world of *names*, and what it said."""
    heard = said()
    with dns_server(Zone(names=names)) as here:
        return watch(heard.console, path, [], resolvers=[str(here)], json=json), heard.out.getvalue()


def test_run_after_run(path: Path) -> None:
    """The first one records; the next ones tell what moved since, once; an answer that fails forgets nothing."""
    first = ran(path, {"a.example": OURS, "esp.example": ESP, "isp.example": ISP})
    second = ran(path, {"a.example": OURS, "esp.example": ESP, "isp.example": ISP})
    failing = ran(path, {"a.example": OURS, "esp.example": Outcome.SERVFAIL, "isp.example": ISP})
    moved = ran(path, {"a.example": OURS, "esp.example": {"TXT": ["v=spf1 ip4:192.0.2.0/27 -all"]}, "isp.example": {}})
    after = ran(path, {"a.example": OURS, "esp.example": {"TXT": ["v=spf1 ip4:192.0.2.0/27 -all"]}, "isp.example": {}})

    recorded = "esp.example   recorded: 1 network, 1 look-up\nisp.example   recorded: 1 network, 1 look-up\n"
    unknown = "esp.example   unknown: no answer; what was known of it is kept\n"
    assert first == (ExitCode.OK, f"{recorded}Includes: 0 changed, 2 new, 0 unknown, 0 unchanged\n")
    assert second == (ExitCode.OK, "Includes: 0 changed, 0 new, 0 unknown, 2 unchanged\n")
    assert failing == (ExitCode.ERROR, f"{unknown}Includes: 0 changed, 0 new, 1 unknown, 1 unchanged\n")
    assert moved == (
        ExitCode.CHANGES_PENDING,
        """esp.example   changed
  -192.0.2.0/28
  +192.0.2.0/27
  before  "v=spf1 ip4:192.0.2.0/28 -all"
  now     "v=spf1 ip4:192.0.2.0/27 -all"
isp.example   changed
  -198.51.100.0/24
  has no SPF record any more: whatever includes it is broken (permerror)
  before  "v=spf1 ip4:198.51.100.0/24 -all"
Includes: 2 changed, 0 new, 0 unknown, 0 unchanged
""",
    )
    assert after == (ExitCode.OK, "Includes: 0 changed, 0 new, 0 unknown, 2 unchanged\n")


def test_a_domain_that_is_not_answered_for(path: Path) -> None:
    """Is said; its includes are not known then, and nothing is said to have gone."""
    code, shown = ran(path, {"a.example": Outcome.SERVFAIL})

    assert (code, shown.splitlines()[0]) == (
        ExitCode.ERROR,
        "a.example   unknown: no answer; what was known of it is kept",
    )


def test_a_record_that_grew_past_the_limit(path: Path) -> None:
    """By nobody of us: each run says so until it is mended."""
    names = {f"n{n}.example": {"TXT": ["v=spf1 -all"]} for n in range(10)}
    many = {"TXT": ["v=spf1 " + " ".join(f"include:{name}" for name in names) + " -all"]}
    code, shown = ran(path, {"a.example": OURS, "esp.example": many, "isp.example": ISP, **names}, json=True)

    assert code is ExitCode.CHANGES_PENDING
    assert json.loads(shown)["over"] == {"a.example": 11}


def test_the_command_line(path: Path, home: Path) -> None:
    """The state stands in the user's state folder."""
    with dns_server(Zone(names={"a.example": OURS, "esp.example": ESP, "isp.example": ISP})) as here:
        done = run("spf", "watch", "A.example", "-i", str(path), "--resolver", str(here))

    assert done.exit_code == ExitCode.OK
    assert (home / ".local/state/relayconf/spf-watch.json").exists()
