"""ssh_config(5): what the admin's own configuration says of a host. Nothing that it names is ever run.

Read are Host, Match (but not what `exec`, `localnetwork` and `tagged` decide), Include and the keywords of `Settings`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from relayconf.remote.ssh.config_file import Block, ConfigError, expand_home, parse

_TOKEN = re.compile(r"%(.)")
_UNDECIDABLE = frozenset({"exec", "localnetwork", "tagged", "version", "sessiontype", "command"})
_REPEATED = frozenset({"identityfile"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What applies to one host; None where nothing was said. `ignored` names the blocks that could not be decided."""

    host_name: str
    port: int | None = None
    user: str | None = None
    identity_files: tuple[str, ...] = ()
    identities_only: bool = False
    identity_agent: str | None = None
    proxy_jump: str | None = None
    proxy_command: str | None = None
    host_key_alias: str | None = None
    user_known_hosts: tuple[str, ...] = ()
    connect_timeout: float | None = None
    alive_interval: int | None = None
    ignored: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class _Lookup:
    """A look-up in progress: the first value of an option wins."""

    original: str
    local_user: str
    found: dict[str, tuple[str, ...]] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    ignored: dict[str, None] = field(default_factory=dict)

    def value(self, keyword: str) -> str | None:
        words = self.found.get(keyword)
        return words[0] if words else None

    @property
    def host_name(self) -> str:
        name = self.value("hostname") or self.original
        return _TOKEN.sub(lambda match: {"h": self.original, "%": "%"}.get(match[1], match[0]), name)


def _glob_list(patterns: Iterator[str], name: str) -> bool:
    matched = False
    for pattern in patterns:
        parts = (".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern.removeprefix("!"))
        if re.fullmatch("".join(parts), name, re.IGNORECASE):
            if pattern.startswith("!"):
                return False
            matched = True
    return matched


def _holds(block: Block, lookup: _Lookup) -> bool:
    subjects: Mapping[str, str] = {
        "host": lookup.host_name,
        "originalhost": lookup.original,
        "user": lookup.value("user") or lookup.local_user,
        "localuser": lookup.local_user,
    }
    undecidable = False
    for name, patterns, negated in block.criteria:
        if name in _UNDECIDABLE:
            undecidable = True
        elif name in subjects:
            if _glob_list(iter(patterns.split(",")), subjects[name]) is negated:
                return False
        elif (name == "all") is negated:  # `canonical` and `final` never hold: names are not canonicalised
            return False
    if undecidable:
        lookup.ignored[f"{block.place} (its criteria would need a command or the network to decide)"] = None
    return not undecidable


def _variables(text: str) -> str:
    return re.sub(r"\$\{(\w+)\}", lambda match: os.environ.get(match[1], match[0]), text)


def _number(lookup: _Lookup, keyword: str) -> int | None:
    value = lookup.value(keyword)
    if value is None or (value == "none" and keyword != "port"):
        return None
    match = re.fullmatch("([0-9]+)([smhd]?)", value.lower())
    if match is None or (keyword == "port" and (match[2] or not 0 < int(match[1]) < 65536)):
        raise ConfigError(
            f"{lookup.places.get(keyword, 'inventory')}: `{value}` is no {'port' if keyword == 'port' else 'time'}"
        )
    return int(match[1]) * {"s": 1, "": 1, "m": 60, "h": 3600, "d": 86400}[match[2]]


class SshConfig:
    """The files of one run, parsed once: the user's first, then the system's, as ssh does."""

    def __init__(self, files: Sequence[tuple[Path, Path]], *, home: Path, local_user: str) -> None:
        """*files* are pairs of a file and the folder that its relative Includes start from. Raises ConfigError."""
        self._home = home
        self._local_user = local_user
        self._lines = tuple(line for file, folder in files for line in parse(file, folder, home))

    def _find(self, host: str, given: dict[str, tuple[str, ...]]) -> _Lookup:
        lookup = _Lookup(original=host, local_user=self._local_user, found=given)
        decided: dict[int, bool] = {}  # a block is judged once, where it begins
        for line in self._lines:
            for block in line.blocks:
                if id(block) not in decided:
                    decided[id(block)] = _holds(block, lookup)
            if all(decided[id(block)] for block in line.blocks):
                if line.keyword in _REPEATED:
                    lookup.found[line.keyword] = (*lookup.found.get(line.keyword, ()), *line.words)
                elif line.keyword not in lookup.found:
                    lookup.found[line.keyword] = line.words
                    lookup.places[line.keyword] = line.place
        return lookup

    def lookup(self, host: str, *, user: str | None = None, port: int | None = None) -> Settings:
        """What applies to *host* as typed; a *user* and *port* of the inventory's stand before those of the files.

        Raises ConfigError for a port or a time that is none.
        """
        given = {"user": user, "port": None if port is None else str(port)}
        lookup = self._find(host, {key: (value,) for key, value in given.items() if value is not None})
        name = lookup.host_name
        tokens = {
            "%": "%",
            "d": str(self._home),
            "h": name,
            "n": host,
            "p": str(_number(lookup, "port") or 22),
            "r": lookup.value("user") or self._local_user,
            "u": self._local_user,
        }

        def expand(text: str) -> str:
            return _TOKEN.sub(lambda m: tokens.get(m[1], m[0]), _variables(expand_home(text, self._home)))

        jump = lookup.value("proxyjump")
        command = " ".join(lookup.found.get("proxycommand", ()))
        return Settings(
            host_name=name,
            port=_number(lookup, "port"),
            user=lookup.value("user"),
            identity_files=tuple(dict.fromkeys(expand(word) for word in lookup.found.get("identityfile", ()))),
            identities_only=(lookup.value("identitiesonly") or "").lower() == "yes",
            identity_agent=lookup.value("identityagent"),
            proxy_jump=None if jump is None else expand(jump),
            proxy_command=command if command.lower() not in {"", "none"} else None,
            host_key_alias=lookup.value("hostkeyalias"),
            user_known_hosts=tuple(expand(word) for word in lookup.found.get("userknownhostsfile", ())),
            connect_timeout=_number(lookup, "connecttimeout"),
            alive_interval=_number(lookup, "serveraliveinterval"),
            ignored=tuple(lookup.ignored),
        )
