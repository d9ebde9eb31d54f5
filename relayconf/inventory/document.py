"""One YAML file as plain values that remember their place.

Scalars stay text, so `no`, `0755` and `1:30` mean themselves; only an unquoted `null`, `~` or nothing is None.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import yaml

from relayconf.errors import Problem
from relayconf.inventory.compose import compose, failure, node_origin
from relayconf.inventory.problems import problem
from relayconf.model import Origin

Part = str | int
Location = tuple[Part, ...]
Plain = str | None | list["Plain"] | dict[str, "Plain"]

_MAX_DEPTH = 50
_MAX_ALIASED = 100_000
_STANDARD_TAG = re.compile(r"tag:yaml\.org,2002:(str|null|bool|int|float|timestamp|value|map|seq)")
_PLAIN_PART = re.compile(r"[A-Za-z0-9_-]+")
_SECRET_KEYS = frozenset({"username", "password", "env", "file", "command", "keyring"})
_NULL = "tag:yaml.org,2002:null"
_MERGE = "tag:yaml.org,2002:merge"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Document:
    """One file: what it says, and where it says it. `spoiled` are the places where something is wrong."""

    file: str
    path: Path
    data: dict[str, Plain]
    node: yaml.MappingNode
    problems: list[Problem] = field(default_factory=list)
    spoiled: set[Location] = field(default_factory=set)
    _index: dict[int, dict[Part, tuple[yaml.Node, yaml.Node]]] = field(default_factory=dict)

    def _children(self, node: yaml.Node) -> Mapping[Part, tuple[yaml.Node, yaml.Node]]:
        if id(node) not in self._index:
            children: dict[Part, tuple[yaml.Node, yaml.Node]] = {}
            if isinstance(node, yaml.MappingNode):
                for key, value in node.value:
                    children.setdefault(key.value if isinstance(key, yaml.ScalarNode) else "", (key, value))
            elif isinstance(node, yaml.SequenceNode):
                children.update((number, (item, item)) for number, item in enumerate(node.value))
            self._index[id(node)] = children
        return self._index[id(node)]

    def origin(self, location: Location, *, key: bool = False) -> Origin:
        """Where the value at *location* stands, or its key; the nearest thing around it when it is not there."""
        pair: tuple[yaml.Node, yaml.Node] = (self.node, self.node)
        for part in location:
            child = self._children(pair[1]).get(part)
            if child is None:
                break
            pair = child
        return node_origin(self.file, pair[0 if key else 1])

    def complain_at(self, origin: Origin, location: Location, code: str, **params: str) -> None:
        """Add a problem of *location* that shows at *origin*; the place and all around it are spoiled."""
        self.spoiled.update(location[:length] for length in range(1, len(location) + 1))
        self.problems.append(problem(origin, dotted(location), code, params))

    def complain(self, location: Location, code: str, **params: str) -> None:
        """Add a problem with the value at *location*."""
        self.complain_at(self.origin(location), location, code, **params)

    def complain_of_key(self, location: Location, code: str, **params: str) -> None:
        """Add a problem with the key at *location*."""
        self.complain_at(self.origin(location, key=True), location, code, **params)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A value in a file."""

    document: Document
    location: Location

    def child(self, *parts: Part) -> Place:
        """The value below this one."""
        return Place(document=self.document, location=(*self.location, *parts))

    def origin(self, *, key: bool = False) -> Origin:
        """Where the value stands, or its key."""
        return self.document.origin(self.location, key=key)

    def complain(self, code: str, **params: str) -> None:
        """Add a problem with the value."""
        self.document.complain(self.location, code, **params)

    def complain_of_key(self, code: str, **params: str) -> None:
        """Add a problem with the key."""
        self.document.complain_of_key(self.location, code, **params)


class _Aliases(Exception):
    """The aliases stand for more values than `_MAX_ALIASED`."""


def dotted(location: Sequence[Part]) -> str:
    """*location* as `hosts.mx1.domains[example.com]`. Below an `auth` only the keys that belong there are repeated."""
    text = ""
    below_auth = False
    for number, part in enumerate(location):
        if below_auth and part not in _SECRET_KEYS:
            break
        below_auth = below_auth or (part == "auth" and number > 1 and location[0] == "relays")
        if isinstance(part, str) and _PLAIN_PART.fullmatch(part):
            text += f".{part}" if text else part
        else:
            text += f"[{part}]"
    return text


class _Builder:
    """Turns nodes into plain values, and complains about what an inventory cannot hold."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.seen: set[int] = set()
        self.open: set[int] = set()
        self.aliased = 0

    def _count(self, node: yaml.Node) -> None:
        # A node met again is an alias's target, and so is everything below it: only these can multiply.
        if id(node) in self.seen:
            self.aliased += 1
            if self.aliased > _MAX_ALIASED:
                raise _Aliases
        self.seen.add(id(node))

    def _refusal(self, node: yaml.Node, location: Location) -> str | None:
        self._count(node)
        if id(node) in self.open:
            return "endless_alias"
        if not _STANDARD_TAG.fullmatch(node.tag):
            return "tag"
        return "too_deep" if len(location) > _MAX_DEPTH else None

    def value(self, node: yaml.Node, location: Location) -> Iterator[Plain]:
        """The plain value, or nothing when it was refused."""
        if code := self._refusal(node, location):
            self.document.complain(location, code)
            return
        if isinstance(node, yaml.ScalarNode):
            yield None if node.tag == _NULL else node.value
            return
        self.open.add(id(node))
        if isinstance(node, yaml.MappingNode):
            yield self.mapping(node, location)
        else:
            yield [plain for number, item in enumerate(node.value) for plain in self.value(item, (*location, number))]
        self.open.discard(id(node))

    def _key(self, key: yaml.Node, location: Location, lines: Mapping[str, int]) -> str | None:
        """The key's text, None after a complaint. *lines* are those of the keys before it."""
        origin = node_origin(self.document.file, key)
        complain = partial(self.document.complain_at, origin)
        if key.tag == _MERGE:
            complain(location, "merge_key")
        elif not isinstance(key, yaml.ScalarNode) or key.tag == _NULL:
            complain(location, "key_shape")
        elif key.value in lines:
            complain((*location, key.value), "duplicate_key", line=str(lines[key.value]))
        else:
            return str(key.value)
        return None

    def mapping(self, node: yaml.MappingNode, location: Location) -> dict[str, Plain]:
        """The map, without the entries that were refused."""
        result: dict[str, Plain] = {}
        lines: dict[str, int] = {}
        for key_node, value in node.value:
            if (key := self._key(key_node, location, lines)) is None:
                continue
            lines[key] = node_origin(self.document.file, key_node).line
            for plain in self.value(value, (*location, key)):
                result[key] = plain
        return result


def parse(file: str, path: Path, content: bytes) -> Document:
    """The document in *content* (UTF-8, with or without a byte order mark). *file* is its name in messages.

    Raises NoDocument for what ends all reading; smaller problems stand in the document.
    """
    node = compose(file, content)
    document = Document(file=file, path=path, data={}, node=node)
    builder = _Builder(document)
    builder.open.add(id(node))
    builder.seen.add(id(node))
    try:
        document.data.update(builder.mapping(node, ()))
    except _Aliases as error:
        raise failure(node_origin(file, node), "too_many_aliases") from error
    return document
