"""Which files the checks want to know of beside main.cf and master.cf."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from relayconf.mta.postfix.lint.configuration import SOURCES, Configuration
from relayconf.mta.postfix.lint.lookup import every_table, paths

_IN_CHROOT = ("/etc/resolv.conf", "/etc/services")
_PEM = ("smtp_tls_CAfile", "smtp_tls_cert_file", "smtp_tls_key_file")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A path as Postfix uses it, and whether its content is wanted too."""

    path: str
    content: bool


def _paths(config: Configuration) -> Iterator[Wanted]:
    queue = config.value("queue_directory")
    for table in every_table(config):
        for number, path in enumerate(paths(table)):
            yield Wanted(path=path, content=number == 0 and table.kind in SOURCES)
    for path in _IN_CHROOT:
        yield Wanted(path=path, content=True)
        yield Wanted(path=f"{queue}{path}", content=True)
    for service in config.clients():
        for name in _PEM:
            # A key is private: that it is there is enough.
            yield Wanted(path=config.value(name, service), content=name == "smtp_tls_CAfile")
        folder = config.value("smtp_tls_CApath", service)
        yield Wanted(path=folder, content=False)
        yield Wanted(path=f"{queue}{folder}", content=False)


def wanted(config: Configuration) -> tuple[Wanted, ...]:
    """Every absolute path once; its content is wanted where one of its uses wants it."""
    found: dict[str, bool] = {}
    for one in _paths(config):
        if one.path.startswith("/"):
            found[one.path] = found.get(one.path, False) or one.content
    return tuple(Wanted(path=path, content=content) for path, content in found.items())
