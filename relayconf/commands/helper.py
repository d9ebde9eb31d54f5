"""`relayconf helper HOST`: the fixed helper that root installs there."""

from __future__ import annotations

from pathlib import Path

from relayconf.console import Console
from relayconf.exits import ExitCode
from relayconf.helper import helper as script_of
from relayconf.helper import sudo_rule
from relayconf.inventory import find_host, load
from relayconf.mtas import MTAS
from relayconf.remote.framing import HELPER


def helper(console: Console, inventory: Path, name: str) -> ExitCode:
    """Print the helper of the host *name*, and to the human how it is installed. Raises UsageError for no such host."""
    host = find_host(load(inventory), name)
    console.data(script_of(host, MTAS[host.mta]))
    console.talk(f"as root on {host.name}: install -o root -g root -m 0755 FILE {HELPER}")
    console.talk(f"visudo -f /etc/sudoers.d/relayconf: {sudo_rule(host)}")
    if host.ssh.become != "helper":
        console.talk(f"{host.name} does not use it yet: say `ssh: {{become: helper}}` in the inventory")
    return ExitCode.OK
