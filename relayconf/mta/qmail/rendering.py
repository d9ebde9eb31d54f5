"""From the inventory to control/smtproutes, whole.

Domains that are local on the host get no line: qmail-send decides local before any route is asked for, by `locals` and
`virtualdomains`, so such a line would be dead. That holds for `.suffix` keys too, which only `virtualdomains` can make
local; whether the host's files really do is checked when the host is planned.
"""

from __future__ import annotations

from relayconf.files import DesiredFile
from relayconf.model import Host
from relayconf.mta.base import Resolve
from relayconf.mta.qmail.flavours import CLASSIC
from relayconf.mta.qmail.lines import value_for
from relayconf.mta.qmail.proof import prove
from relayconf.mta.qmail.smtproutes import PATH
from relayconf.templating import Templates

TEMPLATE = "qmail/smtproutes.j2"


def rows(host: Host) -> tuple[tuple[str, str], ...]:
    """The lines of smtproutes without the default's: key and value. A route hides a domain with the same key."""
    # Few targets are shared by many keys, and comparing targets costs more than all the rest.
    by_identity: dict[int, str | None] = {}
    lines: dict[str, str | None] = {}
    for table in (host.domains, host.routes):
        for key, target in table.items():
            if id(target) not in by_identity:
                by_identity[id(target)] = value_for(CLASSIC, host.target(target))
            lines[key] = by_identity[id(target)]
    return tuple((key, value) for key, value in lines.items() if value is not None and "@" not in key)


def render(host: Host, templates: Templates, secret: Resolve) -> tuple[DesiredFile, ...]:  # noqa: ARG001  classic qmail has no credentials
    """The managed files of *host*: smtproutes, or its absence when everything goes by MX.

    What smtproutes cannot say (`refusals`) is left out. Raises TemplateError, and RenderMismatch when the text that
    the template makes routes otherwise than the inventory says.
    """
    routes, default = rows(host), value_for(CLASSIC, host.target(host.default[0]))
    content = None
    if routes or default:
        content = templates.render(TEMPLATE, routes=routes, default=default or "", host=host.name).encode()
    prove(host, content)
    return (DesiredFile(path=PATH, content=content),)
