"""`relayconf route` without files: for the hosts of the inventory, by what would be rendered for them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace

from relayconf.blind import unresolved
from relayconf.commands import route_config, route_control
from relayconf.commands.options import Options
from relayconf.commands.route import Answer, Ask, AskAll, envelope, plain
from relayconf.commands.wiring import Wiring
from relayconf.console import Console
from relayconf.facts import Severity
from relayconf.files import DesiredFile
from relayconf.model import Host, MtaName
from relayconf.mta.postfix.resolver import wished as postfix
from relayconf.mta.qmail import wished as qmail
from relayconf.mtas import MTAS
from relayconf.render import render
from relayconf.text import printable

SOURCE = "model, by the inventory"
"""Where an answer comes from when no host was asked."""


def _refusing(host: Host) -> Ask | None:
    """The answer of a host whose MTA cannot do what the inventory asks for."""
    errors = [item for item in MTAS[host.mta].refusals(host) if item.severity is Severity.ERROR]
    if not errors:
        return None

    def ask(sender: str, recipient: str) -> Answer:
        value = {"sender": plain(sender), "recipient": plain(recipient), "refused": errors[0].text}
        return Answer(value=value, rows=(("refused", printable(errors[0].text)),))

    return ask


def _of_postfix(host: Host, rendered: tuple[DesiredFile, ...]) -> Ask:
    model = postfix.model(host, rendered)

    def ask(sender: str, recipient: str) -> Answer:
        found = model.ask(envelope(sender), recipient)
        if found.decision.address_class != "local":
            # Which lists of domains main.cf has is the host's own.
            found = replace(found, decision=replace(found.decision, address_class=None))
        return Answer(value=route_config.value(sender, recipient, found), rows=tuple(route_config.rows(found)))

    return ask


def _of_qmail(host: Host, rendered: tuple[DesiredFile, ...]) -> Ask:
    control = qmail.directory(host, rendered)
    flavour = f"{control.flavour.name} ({'named' if host.flavour else 'taken for granted'})"

    def ask(sender: str, recipient: str) -> Answer:
        decision = qmail.wished(host, control, os.fsencode(envelope(sender)), os.fsencode(recipient))
        return Answer(
            value=route_control.value(sender, recipient, decision, control.flavour.name),
            rows=tuple(route_control.rows(decision, flavour)),
        )

    return ask


_MODELS = {MtaName.POSTFIX: _of_postfix, MtaName.QMAIL: _of_qmail}


def by_model(wiring: Wiring) -> Mapping[str, Ask]:
    """For every selected host the one to ask: the model of what would be rendered for it. No secret is resolved.

    Raises TemplateError, and RenderMismatch for a file that would route otherwise than the inventory says.
    """
    return {
        host.name: _refusing(host) or _MODELS[host.mta](host, render(host, wiring.templates, unresolved))
        for host in wiring.hosts
    }


def together(asks: Mapping[str, Ask], source: str) -> AskAll:
    """Asks all hosts at once: one answer for those that agree, with their names and the *source* in front."""

    def ask_all(sender: str, recipient: str) -> tuple[Answer, ...]:
        groups: dict[str, tuple[list[str], Answer]] = {}
        for name, ask in asks.items():
            answer = ask(sender, recipient)
            groups.setdefault(json.dumps(answer.value), ([], answer))[0].append(name)
        return tuple(
            Answer(
                value={"hosts": names, "source": source, **answer.value},
                rows=(("hosts", printable(" ".join(names))), ("source", source), *answer.rows),
            )
            for names, answer in groups.values()
        )

    return ask_all


def by_inventory(console: Console, options: Options) -> AskAll:
    """Asks the models of the hosts that *options* select. Raises what `by_model` and the inventory's loader raise."""
    return together(by_model(Wiring(options=options, console=console)), SOURCE)
