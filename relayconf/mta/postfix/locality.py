"""Which domains the host delivers itself, as far as mydestination and virtual_*_domains name them one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from relayconf.errors import MainCfError
from relayconf.mta.postfix.expansion import expand
from relayconf.mta.postfix.live import Live
from relayconf.mta.postfix.main_cf import Parameter
from relayconf.mta.postfix.tables import split


@dataclass(frozen=True, slots=True, kw_only=True)
class Locality:
    """The domains that are named, in lower case. `is_whole` is false where tables or files may name more."""

    domains: frozenset[str]
    is_whole: bool


def _defaults(values: Mapping[str, str]) -> Mapping[str, str]:
    # Postfix's own defaults (postconf(5)) of what is asked for here.
    return {
        "virtual_alias_maps": "$virtual_maps",
        "virtual_alias_domains": "$virtual_alias_maps",
        "virtual_mailbox_domains": "$virtual_mailbox_maps",
        "myhostname": values.get("postfix.myhostname", ""),
    }


def _named(words: Iterable[str]) -> Iterator[str]:
    """The domains among the words of a list, in which tables have a colon and files a slash."""
    return (word.lower() for word in words if ":" not in word and "/" not in word)


def relayed(parameters: Mapping[str, Parameter], values: Mapping[str, str]) -> frozenset[str]:
    """The domains that relay_domains in main.cf names one by one: received here, delivered elsewhere."""
    mydestination = values.get("postfix.mydestination", "-").removeprefix("-")
    try:
        text = expand(parameters, "relay_domains", {**_defaults(values), "mydestination": mydestination})
    except MainCfError:
        return frozenset()
    return frozenset(_named(split(text)))


def local(parameters: Mapping[str, Parameter], values: Mapping[str, str]) -> Locality:
    """What main.cf's *parameters* and the host's facts say. The host itself has expanded mydestination."""
    named = values.get("postfix.mydestination", "")
    # A host that delivers nothing itself says `-`.
    words = [] if named == "-" else list(split(named))
    is_whole = bool(named)
    for name in ("virtual_alias_domains", "virtual_mailbox_domains"):
        try:
            words += split(expand(parameters, name, _defaults(values)))
        except MainCfError:
            is_whole = False
    domains = list(_named(words))
    return Locality(domains=frozenset(domains), is_whole=is_whole and len(domains) == len(words))


def locality(live: Live, values: Mapping[str, str]) -> Locality:
    """What *live* and the host's facts say."""
    return local(live.parameters, values)
