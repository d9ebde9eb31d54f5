"""Which files a host leaves to relayconf beyond its routes, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Manage:
    """Control files of qmail that relayconf writes because the inventory says so.

    `virtualdomains` maps a domain, a `.domain` or an address to what goes in front of the address (empty: it is
    exempt from a wildcard). None: the file is the admin's, as all of them are by themselves.
    """

    locals: bool = False
    rcpthosts: bool = False
    virtualdomains: Mapping[str, str] | None = None
    me: str | None = None
    helohost: str | None = None

    def names(self) -> tuple[str, ...]:
        """The files that are managed."""
        said = {
            "me": self.me,
            "helohost": self.helohost,
            "virtualdomains": self.virtualdomains is not None,
            "locals": self.locals,
            "rcpthosts": self.rcpthosts,
        }
        return tuple(name for name, value in said.items() if value)
