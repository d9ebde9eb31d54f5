"""What is wrong with a Postfix configuration that `postfix check` is silent about, or says less of.

Each check is a function from a `Configuration` to its faults; `CHECKS` lists them in the order in which they tell.
Facts: postconf(5), transport(5), master(5), SASL_README, TLS_README, and what Postfix 3.7 and 3.11 do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from relayconf.mta.postfix.lint import (
    access,
    chroot,
    credentials,
    encryption,
    lookup,
    loops,
    master,
    parameters,
    routing,
)
from relayconf.mta.postfix.lint.codes import Fault
from relayconf.mta.postfix.lint.configuration import Configuration

Check = Callable[[Configuration], Iterator[Fault]]

CHECKS: tuple[Check, ...] = (
    parameters.broken_lines,
    parameters.values,
    parameters.duplicates,
    parameters.misspelt,
    parameters.obsolete,
    master.lines,
    master.ports,
    master.torn,
    master.twice,
    lookup.forms,
    lookup.files,
    lookup.lines,
    routing.transports,
    routing.nexthops,
    routing.transport_keys,
    routing.wildcard,
    routing.sender_keys,
    routing.beaten,
    routing.content_filter,
    routing.null_sender,
    loops.relay_self,
    loops.two_classes,
    loops.parked,
    credentials.switches,
    credentials.keys,
    credentials.shadows,
    credentials.rows,
    credentials.mechanisms,
    credentials.in_clear,
    credentials.open_files,
    encryption.files,
    encryption.authorities,
    encryption.policy_keys,
    encryption.policies,
    encryption.ports,
    encryption.dane,
    chroot.resolver,
    access.mynetworks,
    access.restrictions,
)


def lint(config: Configuration) -> tuple[Fault, ...]:
    """Every fault of *config*, each once. What is not known of the machine is not asked about."""
    found: dict[tuple[str, str, str], Fault] = {}
    for check in CHECKS:
        for one in check(config):
            found.setdefault((one.code, str(one.place), one.text), one)
    return tuple(found.values())
