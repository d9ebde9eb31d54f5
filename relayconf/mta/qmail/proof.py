"""The proof that rendered files route as the inventory says: read back by the route model, key by key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from relayconf.errors import RenderMismatch
from relayconf.model import Direct, Host, Local, Mx, Nexthop, Target
from relayconf.mta.base import EVERYTHING_ELSE
from relayconf.mta.qmail.flavours import CLASSIC, Around, Flavour
from relayconf.mta.qmail.lines import Login, LoginOf, ascii_key, can_name, nexthop_of, nobody, wanted_hop
from relayconf.mta.qmail.route import QmailRoute, direct, route, through
from relayconf.mta.qmail.smtproutes import lookup, parse
from relayconf.mta.qmail.words import key_words, route_words, unless_torn


def intended_route(
    target: Target, domain: str, flavour: Flavour = CLASSIC, login: Login | None = None
) -> QmailRoute | None:
    """What qmail-remote should do with mail for *domain*.

    None where it is not asked (local here), or where the inventory asks for what no smtproutes can say.
    """
    if isinstance(target, Direct | Mx):
        return direct(domain.encode("utf-8", "surrogateescape"))
    nexthop = nexthop_of(target)
    if nexthop is None or not can_name(flavour, nexthop):
        return None
    return through(wanted_hop(nexthop, login))


def _keys(host: Host, table: Mapping[bytes, bytes]) -> dict[str, None]:
    """Every key of the inventory, and every key of the file: a line too many is a mismatch as much as one too few.

    Per-address routes are not among them: smtproutes knows domains alone.
    """
    inventory = dict.fromkeys(key for keys in (host.domains, host.routes) for key in keys if "@" not in key)
    return inventory | dict.fromkeys(key.decode("utf-8", "surrogateescape") for key in table)


def _probes(keys: Mapping[str, None]) -> Iterator[str]:
    """A name for every key: itself, or one below a `.suffix`. The empty key's is one that no other key matches."""
    label = "relayconf-probe"
    while label in keys:
        label += "x"
    yield label
    for key in keys:
        if not key.startswith("."):
            yield key
        else:
            below = label
            while below + key in keys:
                below += "x"
            yield below + key


def _words(wanted: QmailRoute, got: QmailRoute, encoded: bytes) -> str:
    if (wanted.via, wanted.host, wanted.port) == (got.via, got.host, got.port):
        return "the same place with other credentials"
    return unless_torn(encoded, route_words(got))


def _around(flavour: Flavour) -> Around:
    return Around(environment=frozenset({flavour.needs_variable}))


def prove(host: Host, content: bytes | None, flavour: Flavour = CLASSIC, login_of: LoginOf = nobody) -> None:
    """Insist that *content* (None: no file) routes every name as `host.intended` says, with the credentials meant.

    Asked are every key of the inventory and of the file, a name under each `.suffix`, and one that nothing matches.
    Raises RenderMismatch naming the domain, what was wanted and what is.
    """
    table, around = parse(content), _around(flavour)
    proved: set[tuple[bytes | None, int]] = set()
    for name in _probes(_keys(host, table)):
        key, target = host.intended(ascii_key(name) if flavour.unicode_keys else name)
        if isinstance(target, Local):
            continue
        encoded = name.encode("utf-8", "surrogateescape")
        pair = (lookup(table, encoded), id(target))
        if pair in proved:
            continue
        wanted = intended_route(target, name, flavour, login_of(target))
        got = route(table, encoded, flavour, around)
        if wanted is not None and wanted != got:
            raise RenderMismatch(
                f"{host.name}: the rendered smtproutes sends mail for {key_words(encoded)} to "
                f"{_words(wanted, got, encoded)}, "
                f"but the inventory says {route_words(wanted)} ({key or EVERYTHING_ELSE})",
                hint="the template `qmail/smtproutes.j2` must write every route and nothing else that routes",
            )
        proved.add(pair)


def prove_senders(
    host: Host, content: bytes, flavour: Flavour, wanted: Mapping[str, tuple[Nexthop, Login | None]]
) -> None:
    """Insist that *content* has the senders of *wanted* with their relays and credentials, and no others.

    Raises RenderMismatch naming a sender.
    """
    table, read = parse(content), flavour.read_sender or flavour.read
    for name in dict.fromkeys((*wanted, *(key.decode("utf-8", "surrogateescape") for key in table))):
        value = table.get(name.lower().encode("utf-8", "surrogateescape"))
        nexthop, login = wanted.get(name, (None, None))
        if nexthop is None or value is None or read(value, _around(flavour)) != wanted_hop(nexthop, login):
            raise RenderMismatch(
                f"{host.name}: the rendered authsenders has not what the inventory says of {key_words(name.encode())}",
                hint="the template `qmail/authsenders.j2` must write every sender and nothing else",
            )
