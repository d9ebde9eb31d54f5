"""What the contents of Postfix's files mean: for the plan's route table, and whether a difference matters."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from relayconf.errors import MainCfError, MapError
from relayconf.mta.base import EVERYTHING_ELSE, FROM
from relayconf.mta.postfix import main_cf, maps
from relayconf.mta.postfix.main_cf import Parameter
from relayconf.mta.postfix.names import BY_SENDER, MAIN_CF, SMTP, in_use
from relayconf.mta.postfix.nexthop import members
from relayconf.mta.postfix.routing import AS_DEFAULT, CLASS, Routing, Way, route
from relayconf.mta.postfix.words import DIRECT, way_words

UNKNOWN = "unknown: main.cf cannot be read"

_PASSWORDS = re.compile(r"postfix:(?:[a-z0-9]+/)?sasl_passwd")
_LINE = re.compile(rb"^(?P<mark>#[#\s]*|[ \t\v\f\r]+)?(?P<key>\S+)(?P<value>[^\n]*)$", re.MULTILINE)


def table_in_use(
    contents: Mapping[str, bytes | None], parameters: Mapping[str, Parameter], name: str
) -> Mapping[str, str]:
    """A table of the generation in use, empty unless main.cf names it."""
    names = " ".join(parameter.value for parameter in parameters.values())
    if f"_maps}}/{name}" not in names:
        return {}
    return maps.table(contents.get(in_use(name)) or b"")


def _relay_words(nexthop: str, users: Mapping[str, str], levels: Mapping[str, str]) -> str:
    user, level = users.get(nexthop, "").partition(":")[0], levels.get(nexthop, "").partition(" ")[0]
    return " ".join(part for part in (nexthop, f"{user}," if user else "", level) if part)


def _words(way: Way, users: Mapping[str, str], levels: Mapping[str, str]) -> str:
    """A relay with the user at it and the level of its policy, or what else becomes of the mail."""
    hops = members(way.nexthop)
    if not any(hop in levels for hop in hops):
        return way_words(way)
    return ", else ".join(_relay_words(hop, users, levels) for hop in hops)


def _sender_words(key: str, value: str, users: Mapping[str, str], levels: Mapping[str, str]) -> str:
    """As `_words`, with the sender's own user where the service looks for it."""
    service, _, nexthop = value.partition(":")
    known = {nexthop: users[key]} if service in BY_SENDER and key in users else users
    return _words(Way(service=service, nexthop=nexthop), known, levels)


def _routes(contents: Mapping[str, bytes | None]) -> Mapping[str, str]:
    parameters = main_cf.parse(contents.get(MAIN_CF) or b"")
    table, senders, users, levels = (
        table_in_use(contents, parameters, name) for name in ("transport", "senders", "sasl_passwd", "tls_policy")
    )
    relayhost, transport = (
        parameters[name].value if name in parameters else "" for name in ("relayhost", "default_transport")
    )
    routing = Routing(table=table, relayhost=relayhost, default_transport=transport or SMTP)
    _, _, fixed = routing.default_transport.partition(":")
    nexthop = fixed or relayhost
    rows = {EVERYTHING_ELSE: _words(Way(service=SMTP, nexthop=nexthop), users, levels) if nexthop else DIRECT}
    for key, value in table.items():
        way = route(routing, key)
        rows[key] = "local" if value == CLASS else DIRECT if value.endswith(":") else _words(way, users, levels)
    for key, value in senders.items():
        rows[f"{FROM}{key}"] = (
            rows[EVERYTHING_ELSE] if value == AS_DEFAULT else _sender_words(key, value, users, levels)
        )
    return rows


def routes(contents: Mapping[str, bytes | None]) -> Mapping[str, str]:
    """Key to next hop, in words, from the files' *contents*; there is always a row for everything else."""
    try:
        return _routes(contents)
    except (MainCfError, MapError):
        return {EVERYTHING_ELSE: UNKNOWN}


def same_meaning(path: str, actual: bytes, desired: bytes) -> bool:
    """Whether the two contents of one file are alike to Postfix. main.cf: the same parameters with the same words."""
    if path != MAIN_CF:
        return actual == desired
    try:
        one, other = (
            {name: parameter.value.split() for name, parameter in main_cf.parse(text).items()}
            for text in (actual, desired)
        )
    except MainCfError:
        return False
    return one == other


def _secret_start(line: re.Match[bytes]) -> int:
    """Where the password begins in a line of a table: behind the user's colon."""
    mark = line["mark"] or b""
    if mark and not mark.startswith(b"#"):
        return line.start("key")  # it continues the line before
    colon = line["value"].find(b":")
    if colon >= 0:
        return line.start("value") + colon + 1
    # A comment of words alone is prose.
    return line.end() if mark else line.start("value")


def secret_spans(path: str, content: bytes) -> Sequence[tuple[int, int]]:
    """Where passwords stand in a table of them, in comments too, as byte offsets; only there can be any."""
    if not _PASSWORDS.fullmatch(path):
        return ()
    spans = []
    for line in _LINE.finditer(content):
        text = content[_secret_start(line) : line.end()]
        start, end = line.end() - len(text.lstrip()), line.end() - len(text) + len(text.rstrip())
        if start < end:
            spans.append((start, end))
    return tuple(spans)
