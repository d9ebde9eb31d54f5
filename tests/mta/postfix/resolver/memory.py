"""Configurations in memory, for tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from relayconf.mta.postfix.resolver.decision import Decision, Resolver
from relayconf.mta.postfix.resolver.model import Answer, Model
from relayconf.mta.postfix.resolver.outcomes import Unknowable
from relayconf.mta.postfix.resolver.settings import Settings, settings

BASE = "compatibility_level = 3.6\nmyhostname = host.example.org\ninet_interfaces = 127.0.0.1\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Files by path, and when they were changed; those in `locked` cannot be read."""

    contents: Mapping[str, bytes] = field(default_factory=dict)
    times: Mapping[str, float] = field(default_factory=dict)
    locked: frozenset[str] = frozenset()

    def read(self, path: str) -> bytes | None:
        """The content."""
        if path in self.locked:
            raise Unknowable(f"{path} cannot be read here")
        return self.contents.get(path)

    def changed(self, path: str) -> float | None:
        """The time."""
        return self.times.get(path)


def settings_of(main: str, *, master: str | None = None, files: Memory | None = None) -> Settings:
    """The parameters of `BASE` and *main*."""
    text = None if master is None else master.encode()
    return settings((BASE + main).encode(), text, files or Memory(), directory="/etc/postfix", machine="machine")


def resolved(main: str, recipient: str, sender: str = "a@b.test", **tables: str) -> Decision:
    """The decision by *main* and *tables*, which are at `/NAME`."""
    files = Memory(contents={f"/{name}": text.encode("utf-8", "surrogateescape") for name, text in tables.items()})
    return Resolver(settings_of(main, files=files)).resolve(sender, recipient)


def asked(main: str, recipient: str = "u@foo.test", sender: str = "a@b.test", *, master: str | None = None) -> Answer:
    """The whole answer."""
    return Model(settings_of(main, master=master)).ask(sender, recipient)
