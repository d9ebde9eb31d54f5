"""`relayconf verify`: whether mail leaves each host by its relays, asked of the MTA there, or seen in a header."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path

from relayconf.authentication import MOST_BYTES, Noted, noted
from relayconf.commands.options import Options, VerifyOptions
from relayconf.commands.wiring import Wiring
from relayconf.console import Console
from relayconf.errors import HostError, MailboxError, SecretError, UsageError
from relayconf.exits import ExitCode
from relayconf.mailbox import find
from relayconf.model import Host, Smarthost
from relayconf.mtas import MTAS
from relayconf.output import verify as text
from relayconf.output import verify_json as json
from relayconf.relay_tests import relay_tests
from relayconf.remote.base import Session
from relayconf.verification import Outcome, Tested, Verified, has_failed, of_header, unknown
from relayconf.verify import Letter, Turns, ask_relay, send
from relayconf.visits import Told, Visited

STDIN = Path("-")


def _tests(host: Host, session: Session, turns: Turns, wait: int) -> Told[Tested]:
    tested = []
    for test in relay_tests(host):
        with turns.at(test.target.relay.name):
            tested.append((str(test.target), ask_relay(session, host, MTAS[host.mta], test, wait=wait)))
    return Told(value=tuple(tested))


def _default(host: Host) -> Smarthost | None:
    target = host.target(host.default[0])
    return target if isinstance(target, Smarthost) else None


def _sender(host: Host, given: str | None) -> str:
    target = _default(host)
    if given is None and target is not None and target.relay.probe is not None:
        return target.relay.probe.sender
    if given is None:
        raise HostError("its relay has no `probe:` that names a sender", hint="name one: --from ADDRESS")
    return given


def _arrival(wiring: Wiring, letter: Letter, wait: int) -> Tested:
    """What the mailbox of the inventory shows of it. Without one there is nothing to say."""
    mailbox = wiring.inventory.mailbox
    if mailbox is None:
        return ()
    try:
        password = wiring.secrets.resolve(mailbox.credentials.password)
        header = find(mailbox, password, letter.message_id, wait=wait)
    except (MailboxError, SecretError) as error:
        return (("mailbox", unknown(error.message)),)
    if header is None:
        return (("mailbox", unknown(f"the message is not in the mailbox within {wait} s")),)
    arrived = Verified(outcome=Outcome.PASS, said="the message is there")
    return (("mailbox", arrived), *((one.method, of_header(one)) for one in noted(header)))


def _letter(host: Host, session: Session, turns: Turns, how: VerifyOptions, wiring: Wiring) -> Told[Tested]:
    recipient = how.recipient or ""
    letter = Letter(sender=_sender(host, how.sender), recipient=recipient, token=secrets.token_hex(8))
    target = _default(host)
    with turns.at(target.relay.name if target else "direct"):
        sent = send(session, host, MTAS[host.mta], letter, wait=how.wait)
    more = _arrival(wiring, letter, how.wait) if sent.outcome is Outcome.PASS else ()
    return Told(value=((f"to {recipient}", sent), *more))


def _exit_code(visited: Visited[Tested]) -> ExitCode:
    failing = any(map(has_failed, visited.values.values()))
    if visited.fleet.exit_code is ExitCode.OK and failing:
        return ExitCode.HOST_FAILED
    return visited.fleet.exit_code


def verify(console: Console, options: Options, how: VerifyOptions) -> ExitCode:
    """Test the relays of the selected hosts, or send one message from each; print what came of it."""
    wiring, turns = Wiring(options=options, console=console), Turns(limit=how.per_relay)

    def step(host: Host, session: Session) -> Told[Tested]:
        if how.recipient is None:
            return _tests(host, session, turns, how.wait)
        return _letter(host, session, turns, how, wiring)

    with wiring.visits() as visits:
        visited = visits.visit(wiring.hosts, step)
    code = _exit_code(visited)
    console.data(json.verified(visited, code) if options.json else text.verified(visited))
    return code


def _read(console: Console, file: Path) -> bytes:
    try:
        if file == STDIN:
            return console.stdin.buffer.read(MOST_BYTES)
        with file.open("rb") as stream:
            return stream.read(MOST_BYTES)
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error


def _headers_code(results: Sequence[Noted]) -> ExitCode:
    return ExitCode.ERROR if any(one.outcome == "fail" for one in results) else ExitCode.OK


def headers(console: Console, file: Path, *, as_json: bool) -> ExitCode:
    """Say what the receiver noted in the header in *file*, `-` for standard input. No host is contacted.

    Raises UsageError for a file that cannot be read.
    """
    results = noted(_read(console, file))
    code = _headers_code(results)
    console.data(json.headers(results, code) if as_json else text.headers(results))
    return code
