"""A Postfix configuration as values: main.cf, master.cf, and what is known of the files that they name.

The one module of the checks that reads Postfix's files. It goes on where Postfix gives up, so that one broken line
does not hide the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import PurePosixPath

from relayconf.errors import MainCfError, MapError
from relayconf.mta.postfix import maps, tables
from relayconf.mta.postfix.expansion import expand_text
from relayconf.mta.postfix.lint.codes import Place
from relayconf.mta.postfix.lint.services import Service, services
from relayconf.mta.postfix.logical_lines import logical_lines
from relayconf.mta.postfix.main_cf import parse

SOURCES = frozenset({"hash", "btree", "dbm", "sdbm", "lmdb", "cdb", "texthash"})
"""The types whose sources have a key and a value in a line."""

COMPILED = {
    "hash": (".db",),
    "btree": (".db",),
    "lmdb": (".lmdb",),
    "cdb": (".cdb",),
    "dbm": (".pag",),
    "sdbm": (".pag",),
}
"""What `postmap` adds to the name of a source."""

_DEFAULTS = {
    "config_directory": "/etc/postfix",
    "queue_directory": "/var/spool/postfix",
    "default_database_type": "hash",
    "mydestination": "$myhostname, localhost.$mydomain, localhost",
    "inet_interfaces": "all",
    "default_transport": "smtp",
    "relay_transport": "relay",
    "local_transport": "local:$myhostname",
    "virtual_transport": "virtual",
    "virtual_alias_maps": "$virtual_maps",
    "parent_domain_matches_subdomains": "debug_peer_list, fast_flush_domains, mynetworks, relay_domains",
    "smtp_sasl_security_options": "noplaintext, noanonymous",
    "smtp_sasl_tls_security_options": "$smtp_sasl_security_options",
    "smtp_host_lookup": "dns",
    "empty_address_relayhost_maps_lookup_key": "<>",
}
"""Of what the checks ask for (postconf(5))."""

_MASTER = b"smtp unix - - n - - smtp\nrelay unix - - n - - smtp\n"
"""The services that every host has, where its own are not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is known of one file or folder. `content` is None where it was not read, `names` are what a folder holds."""

    present: bool
    content: bytes | None = field(default=None, repr=False)
    mode: int | None = None
    time: float = 0
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """The machine around the two files, as far as it is known: what is absent here is not asked about.

    `files` go by the paths that Postfix uses; `types` are the types of tables that this Postfix has, `plugins` the
    files with SASL mechanisms. `is_live` is false of a copy, whose times and modes say nothing.
    """

    files: Mapping[str, Seen] = field(default_factory=dict)
    types: frozenset[str] | None = None
    plugins: frozenset[str] | None = None
    defaults: Mapping[str, str] = field(default_factory=dict)
    is_live: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table of a parameter: `path` is what stands behind its type, `place` where it is named."""

    kind: str
    path: str
    word: str
    parameter: str
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One entry of a table, with its place. The value may hold a password."""

    key: str
    value: str = field(repr=False)
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One parameter as main.cf sets it. The last entry counts; `earlier` are the lines of those before it."""

    value: str
    line: int
    earlier: tuple[int, ...] = ()


@lru_cache(maxsize=16)
def _rows(content: bytes) -> maps.MapSource:
    return maps.parse(content)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Configuration:
    """Both files, read; `broken` are the lines of main.cf that are no parameter."""

    settings: Mapping[str, Setting] = field(repr=False)
    broken: tuple[int, ...]
    services: tuple[Service, ...]
    has_master: bool
    around: Around

    def is_set(self, name: str, service: Service | None = None) -> bool:
        """Whether the parameter has a value of the admin's, even an empty one."""
        return name in self.settings or (service is not None and name in service.options)

    def place(self, name: str, service: Service | None = None) -> Place:
        """Where the parameter is set; main.cf as a whole when it is not."""
        if service is not None and name in service.options:
            return Place(file="master.cf", line=service.line)
        setting = self.settings.get(name)
        return Place(file="main.cf", line=None if setting is None else setting.line)

    def values(self, service: Service | None = None) -> Mapping[str, str]:
        """Every value, unexpanded: of *service* before main.cf, and of that before what Postfix takes else."""
        own = {} if service is None else service.options
        found = {**_DEFAULTS, **self.around.defaults, **{name: one.value for name, one in self.settings.items()}, **own}
        host = found.get("myhostname", "")
        found.setdefault("mydomain", host.partition(".")[2])
        return found

    def raw(self, name: str, service: Service | None = None) -> str:
        """The value as *service* has it, expanded. Raises MainCfError where Postfix's programs die."""
        values = self.values(service)
        return expand_text(values.get(name, ""), values).strip()

    def value(self, name: str, service: Service | None = None) -> str:
        """The same, empty where it cannot be expanded."""
        try:
            return self.raw(name, service)
        except MainCfError:
            return ""

    def words(self, name: str, service: Service | None = None) -> tuple[str, ...]:
        """The value as a list."""
        return tables.split(self.value(name, service))

    def is_yes(self, name: str, service: Service | None = None) -> bool:
        """Whether a boolean is switched on."""
        return self.value(name, service).lower() == "yes"

    def seen(self, path: str) -> Seen | None:
        """What is known of a file; None when nothing is."""
        return self.around.files.get(path)

    def tables(self, name: str, service: Service | None = None) -> tuple[Table, ...]:
        """The tables that a parameter names, in order."""
        found = []
        for word in self.words(name, service):
            plain = word.removeprefix("proxy:")
            kind, colon, path = plain.partition(":")
            kind, path = (kind, path) if colon else ("", plain)
            place = self.place(name, service)
            found.append(Table(kind=kind, path=path, word=word, parameter=name, place=place))
        return tuple(found)

    def named(self, path: str) -> str:
        """A file as the admin names it: in the configuration directory by what is behind it."""
        folder = PurePosixPath(self.value("config_directory"))
        inside = PurePosixPath(path)
        return str(inside.relative_to(folder)) if inside.is_relative_to(folder) else path

    def source(self, table: Table) -> maps.MapSource | None:
        """What an indexed table's source says; None when that is not known or nothing Postfix could read."""
        seen = self.seen(table.path)
        if table.kind not in SOURCES or seen is None or seen.content is None:
            return None
        try:
            return _rows(seen.content)
        except MapError:
            return None

    def rows(self, name: str, service: Service | None = None) -> tuple[tuple[Row, ...], bool]:
        """The entries of all tables of a parameter, each key's first, and whether these are all that there are."""
        return _entries(self, name, service)

    def clients(self) -> Iterator[Service]:
        """The services that speak SMTP to other servers."""
        return (service for service in self.services if service.is_unix and service.program == "smtp")

    def service(self, name: str) -> Service | None:
        """The service of a transport."""
        return next((one for one in reversed(self.services) if one.is_unix and one.name == name), None)


@lru_cache(maxsize=32)
def _entries(config: Configuration, name: str, service: Service | None) -> tuple[tuple[Row, ...], bool]:
    found: dict[str, Row] = {}
    is_whole = True
    for table in config.tables(name, service):
        source, file = config.source(table), config.named(table.path)
        if source is None:
            is_whole = False
            continue
        for entry in source.entries:
            row = Row(key=entry.key, value=entry.value, place=Place(file=file, line=entry.line))
            found.setdefault(entry.key.lower(), row)
    return tuple(found.values()), is_whole


def _settings(main: bytes) -> tuple[Mapping[str, Setting], tuple[int, ...]]:
    found: dict[str, Setting] = {}
    broken = []
    for line in logical_lines(main):
        try:
            (parameter,) = parse(line.text).values()
        except MainCfError:
            broken.append(line.number)
            continue
        before = found.get(parameter.name)
        earlier = () if before is None else (*before.earlier, before.line)
        found[parameter.name] = Setting(value=parameter.value, line=line.number, earlier=earlier)
    return found, tuple(broken)


def configuration(main: bytes, master: bytes | None, around: Around) -> Configuration:
    """The configuration of these two files; no *master* when master.cf is not known."""
    settings, broken = _settings(main)
    level = settings["compatibility_level"].value if "compatibility_level" in settings else "0"
    found = services(_MASTER if master is None else master, chroot_by_default=level.strip() in {"", "0"})
    return Configuration(settings=settings, broken=broken, services=found, has_master=master is not None, around=around)
