"""What `apply` did is told, and the relays of the hosts that it changed are tested."""

from __future__ import annotations

from collections.abc import Sequence

from relayconf.commands.options import VerifyOptions
from relayconf.commands.wiring import Wiring
from relayconf.errors import RelayconfError
from relayconf.exits import ExitCode
from relayconf.model import Host
from relayconf.mtas import MTAS
from relayconf.output import json, text, verify, verify_json
from relayconf.relay_tests import RelayTest, relay_tests
from relayconf.remote.base import Session
from relayconf.result import FleetResult, HostResult, Status
from relayconf.verification import Tested, has_failed, unknown
from relayconf.verify import Turns, ask_relay
from relayconf.visits import Told, Visited


def _tests(host: Host) -> tuple[RelayTest, ...]:
    return tuple(test for test in relay_tests(host) if test.probe is not None)


def _nobody_knows(host: Host, why: str) -> Tested:
    return tuple((str(test.target), unknown(why)) for test in _tests(host))


def _answers(host: Host, session: Session, turns: Turns, wait: int) -> Tested:
    """What each test came to; one that cannot be made takes nothing from those before it."""
    tested: Tested = ()
    for test in _tests(host):
        with turns.at(test.target.relay.name):
            try:
                found = ask_relay(session, host, MTAS[host.mta], test, wait=wait)
            except RelayconfError as error:
                found = unknown(error.message)
        tested = (*tested, (str(test.target), found))
    return tested


def _why(result: HostResult) -> str:
    return result.error.message if result.error is not None else "interrupted before it was asked"


def _ask(wiring: Wiring, hosts: Sequence[Host], how: VerifyOptions) -> Visited[Tested]:
    """Every one of *hosts* with an answer: where none came, nobody knows. So no host fails, and ^C loses nothing."""
    turns = Turns(limit=how.per_relay)

    def step(host: Host, session: Session) -> Told[Tested]:
        return Told(value=_answers(host, session, turns, how.wait))

    def progress(result: HostResult, done: int, total: int) -> None:
        wiring.console.progress(f"{result.host}: asked", done=done, total=total)

    try:
        with wiring.visits(progress) as visits:
            visited = visits.visit(hosts, step)
    except KeyboardInterrupt:  # the second: what the first waits for is not waited for
        visited = Visited(fleet=FleetResult(results=(), interrupted=True), values={})
    reasons = {result.host: _why(result) for result in visited.fleet.results}
    values = {
        host.name: visited.values[host.name]
        if host.name in visited.values
        else _nobody_knows(host, reasons.get(host.name, "interrupted"))
        for host in hosts
    }
    return Visited(fleet=FleetResult(results=(), interrupted=visited.fleet.interrupted), values=values)


def _changed(fleet: FleetResult) -> tuple[Host, ...]:
    """The changed hosts that have something to ask. After ^C nobody waits for more."""
    hosts = [result.plan.host for result in fleet.with_status(Status.CHANGED) if result.plan is not None]
    return () if fleet.interrupted else tuple(host for host in hosts if _tests(host))


def _exit_code(fleet: FleetResult, asked: Visited[Tested]) -> ExitCode:
    if fleet.exit_code is ExitCode.ROLLBACK_FAILED:
        return fleet.exit_code
    if asked.fleet.interrupted:
        return ExitCode.INTERRUPTED
    return ExitCode.HOST_FAILED if any(map(has_failed, asked.values.values())) else fleet.exit_code


def outcome(
    wiring: Wiring, fleet: FleetResult, how: VerifyOptions | None, *, fingerprint: str, spf: json.Json
) -> ExitCode:
    """Tell what `apply` did, and with *how* what the MTAs of the changed hosts say of relays that have `probe`.

    A relay that refuses is the exit code; nothing is rolled back. Where nothing is asked, nothing is said of it.
    """
    console, as_json = wiring.console, wiring.options.json
    if not as_json:
        console.data(text.applied(fleet))
    hosts = () if how is None else _changed(fleet)
    asked = None if how is None or not hosts else _ask(wiring, hosts, how)
    code = fleet.exit_code if asked is None else _exit_code(fleet, asked)
    if as_json:
        told = None if asked is None else verify_json.beside_apply(asked)
        console.data(json.applied(fleet, fingerprint=fingerprint, spf=spf, verify=told, exit_code=code))
    elif asked is not None:
        console.data(f"\n{verify.beside_apply(asked)}")
    return code
