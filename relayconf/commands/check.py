"""`relayconf check`: is the inventory sound, and can every host's MTA do what it asks? No host is contacted.

`relayconf check --control DIR`: is this qmail control directory sound?
"""

from __future__ import annotations

from pathlib import Path

from relayconf import relay_rules
from relayconf.commands.control import read_control
from relayconf.commands.options import Options
from relayconf.commands.wiring import Wiring
from relayconf.console import Console
from relayconf.exits import ExitCode
from relayconf.facts import Severity
from relayconf.model import SecretRef
from relayconf.mta.qmail.directory import lint_directory
from relayconf.mtas import MTAS
from relayconf.output import text
from relayconf.render import render
from relayconf.text import printable


def _unasked(ref: SecretRef) -> str:  # noqa: ARG001  the interface's
    """A stand-in for every secret: nobody is asked for one to see whether an inventory is sound."""
    return "secret"


def check(console: Console, options: Options) -> ExitCode:
    """Load the inventory, ask each MTA what it refuses, and render what it does not."""
    wiring = Wiring(options=options, console=console)
    refused = False
    for host in wiring.hosts:
        findings = (*MTAS[host.mta].refusals(host), *relay_rules.findings(host))
        for line in text.findings(host.name, findings):
            console.data(line)
        if any(finding.severity is Severity.ERROR for finding in findings):
            refused = True
        else:
            render(host, wiring.templates, _unasked)
    if refused:
        return ExitCode.ERROR
    count = len(wiring.hosts)
    console.talk(f"{printable(str(options.inventory))}: {count} host{'' if count == 1 else 's'}, no problems")
    return ExitCode.OK


def check_control(console: Console, directory: Path, *, flavour: str | None = None) -> ExitCode:
    """Say what is wrong with the qmail control directory *directory*, on this machine, as *flavour* reads it."""
    control = read_control(directory, flavour)
    found = lint_directory(control.flavour, control.files)
    for line in text.findings(printable(str(directory)), found):
        console.data(line)
    problems = sum(finding.severity is not Severity.NOTE for finding in found)
    count = f"{problems} problem{'' if problems == 1 else 's'}" if problems else "no problems"
    console.talk(f"{printable(str(directory))}: {control.flavour.name} ({printable(control.why)}), {count}")
    return ExitCode.ERROR if any(finding.severity is Severity.ERROR for finding in found) else ExitCode.OK
