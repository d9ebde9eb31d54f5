"""A Postfix that relayconf never wrote to and that does what the inventory says: it stays as it is.

So an inventory that was written from a host changes nothing there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from relayconf.errors import MainCfError
from relayconf.facts import Facts
from relayconf.files import ActualFile, DesiredFile
from relayconf.mta.base import Found
from relayconf.mta.postfix import main_cf
from relayconf.mta.postfix.expansion import expand
from relayconf.mta.postfix.importing import read
from relayconf.mta.postfix.live import Live
from relayconf.mta.postfix.main_cf import Parameter
from relayconf.mta.postfix.names import MAIN_CF, MASTER_CF, THEIRS, theirs
from relayconf.mta.postfix.tables import split

_DEFAULTS = {
    "smtp_sasl_security_options": "noplaintext, noanonymous",
    "smtp_sasl_tls_security_options": "$smtp_sasl_security_options",
}
_AUTHORITIES = ("smtp_tls_CAfile", "smtp_tls_CApath")


def _their_tables(facts: Facts, live: Live) -> Mapping[str, bytes | None]:
    """The admin's tables by the paths that main.cf has for them."""
    found: dict[str, bytes | None] = {}
    for name in THEIRS:
        file = facts.files.get(theirs(name))
        if file is not None and file.content is not None:
            found[expand(live.parameters, name, _paths(live)).partition(":")[2]] = file.content
    return found


def _paths(live: Live) -> Mapping[str, str]:
    return {"config_directory": live.config_directory, "default_database_type": live.database_type}


def _after(facts: Facts, files: Sequence[DesiredFile]) -> tuple[Facts, Mapping[str, bytes | None]]:
    """The facts once *files* are live, and the tables of the generations among them by path."""
    contents = {file.path: file.content for file in files if file.path in {MAIN_CF, MASTER_CF}}
    there: dict[str, ActualFile] = dict(facts.files)
    for path, content in contents.items():
        there[path] = replace(there[path], present=True, content=content)
    tables = {file.target: file.content for file in files if file.target is not None}
    return replace(facts, files=there), tables


def _speaks(before: Mapping[str, Parameter], after: Mapping[str, Parameter]) -> bool:
    """Whether nothing is missing of what *after* sets for passwords, certificates and DNSSEC."""
    for name in _DEFAULTS:
        is_refused, is_still = ("noplaintext" in split(expand(one, name, _DEFAULTS)) for one in (before, after))
        if is_refused and not is_still:
            return False
    level = "smtp_dns_support_level"
    if level in after and (level not in before or before[level].value != after[level].value):
        return False
    return not any(name in after for name in _AUTHORITIES) or any(name in before for name in _AUTHORITIES)


def _alike(one: Found, other: Found) -> bool:
    if not one.default:
        return False  # where the rest goes cannot be said, so it cannot be said either that it goes the same way
    is_same = (one.default, one.domains, one.routes) == (other.default, other.domains, other.routes)
    return is_same and (one.senders, one.rewrite) == (other.senders, other.rewrite) and {*other.unsaid} <= {*one.unsaid}


def says_same(facts: Facts, live: Live, files: Sequence[DesiredFile]) -> bool:
    """Whether mail goes the same ways, to the same relays by the same passwords and TLS, with *files* and without.

    Never for a host that relayconf wrote to: there it keeps its own files. Nor where nothing would be written anyway.
    """
    after, tables = _after(facts, files)
    is_ours = bool(live.record) or live.directory is not None
    if is_ours or not (tables or after.files[MAIN_CF].content != live.main):
        return False
    try:
        their = _their_tables(facts, live)
        one, other = read(facts, their), read(after, {**their, **tables})
        return _alike(one, other) and _speaks(live.parameters, main_cf.parse(after.files[MAIN_CF].content or b""))
    except MainCfError:
        return False
