"""`relayconf check`: is the inventory sound, and can every host's MTA do what it asks? No host is contacted.

`relayconf check --control DIR`, `relayconf check --config DIR`: is this directory of qmail's or Postfix's sound?
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from relayconf import relay_rules
from relayconf.commands.checked_configuration import read_configuration
from relayconf.commands.control import read_control
from relayconf.commands.options import Options
from relayconf.commands.wiring import Wiring
from relayconf.console import Console
from relayconf.exits import ExitCode
from relayconf.facts import Finding, Severity
from relayconf.model import SecretRef
from relayconf.mta.postfix.lint import lint
from relayconf.mta.postfix.lint.codes import Fault
from relayconf.mta.qmail.directory import lint_directory
from relayconf.mtas import MTAS
from relayconf.output import faults, text
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


def _directory(
    console: Console, directory: Path, found: Sequence[Fault] | Sequence[Finding], what: str, *, as_json: bool
) -> ExitCode:
    """Tell of what is wrong with a directory; *what* it is goes into the last line."""
    shown = printable(str(directory))
    findings = [one.finding if isinstance(one, Fault) else one for one in found]
    is_bad = any(finding.severity is Severity.ERROR for finding in findings)
    status = ExitCode.ERROR if is_bad else ExitCode.OK
    if as_json:
        console.data(faults.directory(str(directory), found, status))
    else:
        for line in text.findings(shown, findings):
            console.data(line)
    problems = sum(finding.severity is not Severity.NOTE for finding in findings)
    count = f"{problems} problem{'' if problems == 1 else 's'}" if problems else "no problems"
    console.talk(f"{shown}: {what}, {count}")
    return status


def check_control(console: Console, directory: Path, *, flavour: str | None = None, as_json: bool = False) -> ExitCode:
    """Say what is wrong with the qmail control directory *directory*, on this machine, as *flavour* reads it."""
    control = read_control(directory, flavour)
    found = lint_directory(control.flavour, control.files)
    what = f"{control.flavour.name} ({printable(control.why)})"
    return _directory(console, directory, found, what, as_json=as_json)


def check_config(console: Console, directory: Path, *, as_json: bool = False) -> ExitCode:
    """Say what is wrong with the Postfix configuration directory *directory*, on this machine."""
    return _directory(console, directory, lint(read_configuration(directory)), "Postfix", as_json=as_json)
