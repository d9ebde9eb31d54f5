"""`relayconf doctor`: what is wrong with each host's mail, examined from its own network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from relayconf.commands.options import Options
from relayconf.commands.wiring import Wiring
from relayconf.console import Console
from relayconf.dns import server
from relayconf.doctor.examination import Order, examine
from relayconf.doctor.targets import Targets, place, usual
from relayconf.exits import ExitCode
from relayconf.output import doctor as text
from relayconf.output.doctor_json import as_json
from relayconf.visits import Told


@dataclass(frozen=True, kw_only=True)
class DoctorOptions:
    """What is asked of an examination.

    `targets` are servers whose port 25 is tried, `controls` others where any connection should be possible, `zone` is
    the list of addresses, `resolvers` are asked instead of the host's own; empty: the usual ones. `seconds` bounds one
    connection. `without_secrets`: no login is tried. `provider` names the preset of a relay that is to be added.
    """

    targets: Sequence[str] = ()
    controls: Sequence[str] = ()
    zone: str | None = None
    resolvers: Sequence[str] = ()
    seconds: int = 10
    without_secrets: bool = False
    provider: str | None = None


USUAL = DoctorOptions()


def _targets(asked: DoctorOptions) -> Targets:
    known = usual()
    servers = [server(text) for text in asked.resolvers]
    return replace(
        known,
        mail=tuple(place(text, port=25) for text in asked.targets) or known.mail,
        control=tuple(place(text, port=443) for text in asked.controls) or known.control,
        zone=asked.zone or known.zone,
        servers=tuple(f"{one.address}#{one.port}" for one in servers),
        seconds=asked.seconds,
    )


def doctor(console: Console, options: Options, asked: DoctorOptions = USUAL) -> ExitCode:
    """Print what is wrong with the selected hosts. Nothing is changed, and no mail is sent.

    ERROR when something is surely wrong with one of them; what is unknown is no error. Raises UsageError.
    """
    targets = _targets(asked)
    wiring = Wiring(options=options, console=console)
    order = Order(
        inventory=wiring.inventory,
        targets=targets,
        secret=None if asked.without_secrets else wiring.secrets.resolve,
        provider=asked.provider,
    )
    with wiring.visits() as visits:
        visited = visits.visit(wiring.hosts, lambda host, session: Told(value=examine(host, session, order)))
    code = visited.fleet.exit_code
    if code is ExitCode.OK and any(found.is_ill for found in visited.values.values()):
        code = ExitCode.ERROR
    console.data(as_json(visited, code) if options.json else text.text(visited))
    return code
