"""`relayconf route SENDER RECIPIENT`: where a message would go, by the files of a qmail control directory."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from relayconf.commands.control import ControlDirectory, read_control
from relayconf.console import Console
from relayconf.errors import UsageError
from relayconf.exits import ExitCode
from relayconf.mta.qmail.decision import Decision, Directory, decide, read_directory
from relayconf.mta.qmail.words import shown_host
from relayconf.output.tables import columns
from relayconf.text import printable


def _text(value: bytes) -> str:
    return value.decode("utf-8", "backslashreplace")


def _sender(word: str) -> bytes:
    """The envelope sender: `<>` is the empty one of a bounce, as nothing is."""
    return b"" if word == "<>" else os.fsencode(word)


def _value(sender: str, recipient: str, decision: Decision, flavour: str) -> Mapping[str, object]:
    stays = decision.via in {"local", "virtual"}
    return {
        "sender": _text(os.fsencode(sender)),
        "recipient": _text(os.fsencode(recipient)),
        "via": decision.via,
        "address": _text(decision.address),
        "nexthop": None if stays else _text(decision.nexthop),
        "port": None if stays else decision.port,
        "user": _text(decision.user) or None,
        "tls": None if decision.tls is None else str(decision.tls),
        "flavour": flavour,
        "why": decision.why,
    }


def _rows(decision: Decision, control: ControlDirectory) -> Iterator[tuple[str, str]]:
    yield "via", decision.via
    yield "address", printable(decision.address)
    if decision.tls is not None:
        yield "nexthop", f"{printable(shown_host(decision.nexthop))}:{decision.port}"
        yield "user", printable(decision.user) or "-"
        yield "tls", str(decision.tls)
    yield "flavour", f"{control.flavour.name} ({printable(control.why)})"
    yield "why", printable(decision.why)


def _pairs(lines: Iterator[str]) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(lines, start=1):
        sender, tab, recipient = line.removesuffix("\n").partition("\t")
        if not tab:
            raise UsageError(f"line {number} of the input has no tab between sender and recipient")
        yield sender, recipient


def _batch(console: Console, directory: Directory) -> ExitCode:
    for sender, recipient in _pairs(iter(console.stdin)):
        decision = decide(directory, _sender(sender), os.fsencode(recipient))
        console.data(json.dumps(_value(sender, recipient, decision, directory.flavour.name)))
    return ExitCode.OK


def route(
    console: Console,
    control: Path,
    *,
    pair: tuple[str, str] | None,
    flavour: str | None = None,
    as_json: bool = False,
) -> ExitCode:
    """Print what becomes of mail from the first of *pair* to the second by the control directory *control*.

    No *pair*: of many, a line `SENDER<TAB>RECIPIENT` of input, one JSON object a line. Text hides what may be a
    password; JSON has the exact name that qmail-remote would look up.
    """
    found = read_control(control, flavour)
    directory = read_directory(found.flavour, found.files)
    if pair is None:
        return _batch(console, directory)
    sender, recipient = pair
    decision = decide(directory, _sender(sender), os.fsencode(recipient))
    if as_json:
        console.data(json.dumps(_value(sender, recipient, decision, found.flavour.name), indent=2))
    else:
        console.data("\n".join(columns(list(_rows(decision, found)), indent=0, gap=2, max_width=None)))
    return ExitCode.OK
