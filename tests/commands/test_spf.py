"""What `spf plan` answers to wrong options, and what BIND's own tool makes of what it prints."""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path

import pytest

from relayconf.commands.spf import plan
from relayconf.console import Console
from relayconf.dns import ask
from relayconf.errors import UsageError
from tests.support.bind import Bind, bind
from tests.support.local_host import said


def test_a_resolver_is_an_address(tmp_path: Path) -> None:
    """A name is refused before anything is asked."""
    inventory = tmp_path / "inventory.yaml"
    inventory.write_text("version: 1\n", encoding="utf-8")
    console = Console(stdin=io.StringIO(), stdout=io.StringIO(), stderr=io.StringIO())

    with pytest.raises(UsageError, match="named by its address"):
        plan(console, inventory, ["a.example"], resolvers=["dns.example"])


INVENTORY = """version: 1
hosts: {edge: {address: 192.0.2.1, mta: postfix, relay: direct, domains: {kamata-net.com: local}}}
"""
OLD, NEW = "v=spf1 -all", "v=spf1 ip4:192.0.2.1 -all"


def nsupdate(here: Bind, text: str) -> str:
    """What `nsupdate` says to *text*."""
    program = shutil.which("nsupdate")
    if program is None:
        pytest.skip("needs nsupdate (Debian: bind9-dnsutils)")
    head = f"server {here.server.address} {here.server.port}\n"
    done = subprocess.run(
        [program, "-k", str(here.key_file)], input=head + text, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


def test_nsupdate_takes_a_plan_once(tmp_path: Path) -> None:
    """The whole set of records is the condition, so that the second time it is void."""
    path, heard = tmp_path / "inventory.yaml", said()
    path.write_text(INVENTORY, encoding="utf-8")
    with bind(tmp_path, f'@ 700 IN TXT "{OLD}"', '@ 700 IN TXT "a;b \\"c\\""') as here:
        plan(heard.console, path, [], resolvers=[str(here.server)], form="nsupdate", port=here.server.port)
        first, second = (nsupdate(here, heard.out.getvalue()) for _ in range(2))
        found = ask(here.server, "kamata-net.com", "TXT", recursive=False)

    assert (first, second) == ("", "update failed: NXRRSET\n")
    assert (sorted(found.values), found.ttl) == (['a;b "c"', NEW], 700)
