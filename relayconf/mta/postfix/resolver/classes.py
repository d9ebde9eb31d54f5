"""The class of a domain, which decides by which parameters its mail goes (ADDRESS_CLASS_README; resolve_local.c)."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Literal, TypeAlias

from relayconf.mta.postfix.resolver.lookup import Domains, Lookups
from relayconf.mta.postfix.resolver.own_addresses import is_own
from relayconf.mta.postfix.resolver.settings import Settings

AddressClass: TypeAlias = Literal["local", "alias", "virtual", "relay", "default"]
"""Local, virtual alias, virtual mailbox, relay, and all others."""

Locality: TypeAlias = Callable[[str], str | None]
"""By what a domain is local; None when it is not."""


class Classes:
    """The lists of domains of one configuration, read when they are needed.

    Where *locality* is given, it says what is local, in place of mydestination.
    """

    def __init__(self, settings: Settings, lookups: Lookups, locality: Locality | None = None) -> None:
        self._settings = settings
        self._lookups = lookups
        self._given = locality

    @cached_property
    def _local(self) -> Domains:
        return self._lookups.domains("mydestination")

    @cached_property
    def _lists(self) -> tuple[tuple[AddressClass, Domains], ...]:
        """In the order in which they count."""
        domains, parents = self._lookups.domains, self._lookups.parents("relay_domains")
        return (
            ("alias", domains("virtual_alias_domains")),
            ("virtual", domains("virtual_mailbox_domains")),
            ("relay", domains("relay_domains", parents)),
        )

    def locality(self, domain: str) -> str | None:
        """By what *domain* is local; None when it is not. Raises LookupFailure, Unknowable."""
        name = domain.removesuffix(".")
        if not name or name.endswith("."):
            return None
        if self._given is not None:
            return self._given(name)
        pattern = self._local.match(name)
        if pattern is not None:
            return f"`{pattern}` in mydestination"
        if name.startswith("[") and name.endswith("]") and is_own(self._settings, name[1:-1]):
            return f"`{name}` is an address of this host"
        return None

    def is_local(self, domain: str) -> bool:
        """Whether *domain* is in mydestination, or the literal of an address of this host."""
        return self.locality(domain) is not None

    def is_here(self, domain: str) -> bool:
        """Whether a sender at *domain* may be looked for by the local part alone."""
        return domain.casefold() == self._settings.value("myorigin").casefold() or self.is_local(domain)

    def of(self, domain: str) -> tuple[AddressClass, str]:
        """The class of a *domain* that is not local, and why. Raises LookupFailure, Unknowable."""
        for address_class, domains in self._lists:
            pattern = domains.match(domain)
            if pattern is not None:
                return address_class, f"`{pattern}` in {domains.name}"
        return "default", f"{domain} is in no list of domains" if self._given is None else f"{domain} is not local"
