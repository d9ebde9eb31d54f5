"""The services of master.cf, malformed ones among them (master(5))."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from relayconf.mta.postfix.logical_lines import logical_lines
from relayconf.mta.postfix.tables import split

_COLUMNS = 8
_TYPES = frozenset({"inet", "unix", "unix-dgram", "fifo", "pass"})
_YES_NO = frozenset({"y", "n", "-"})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Service:
    """One service. `options` are its `-o`, `torn` those without a `=`; `fault` is why master would not start."""

    name: str
    kind: str
    chroot: bool
    program: str
    options: Mapping[str, str]
    torn: tuple[str, ...]
    line: int
    fault: str | None

    @property
    def is_unix(self) -> bool:
        """Whether mail can be handed to it by the name of a transport."""
        return self.kind == "unix"


def _options(arguments: list[str]) -> Iterator[tuple[str, str | None]]:
    """Every `-o`; None as the value where there is no `=`."""
    waits = False
    for argument in arguments:
        if waits or (argument.startswith("-o") and argument != "-o"):
            text = argument if waits else argument[2:]
            name, equals, value = text.removeprefix("{").removesuffix("}").partition("=")
            yield name.strip(), value.strip() if equals else None
            waits = False
        else:
            waits = argument == "-o"


def _fault(words: list[str]) -> str | None:
    if len(words) < _COLUMNS:
        return f"{len(words)} columns where there must be {_COLUMNS}"
    if words[1] not in _TYPES:
        return f"no type of service: {words[1]}"
    bad = [word for word in words[2:5] if word not in _YES_NO]
    if bad:
        return f"neither y, n nor `-`: {bad[0]}"
    limits = (words[5].removesuffix("?"), words[6])
    bad = [word for word in limits if word != "-" and not (word.isascii() and word.isdigit())]
    return f"no number: {bad[0]}" if bad else None


def services(text: bytes, *, chroot_by_default: bool) -> tuple[Service, ...]:
    """The services in order; *chroot_by_default* is what `-` means, as it does at a compatibility level below 1."""
    found = []
    for line in logical_lines(text):
        words = list(split(line.text.decode("utf-8", "surrogateescape").replace(",", "\x1f")))
        words = [word.replace("\x1f", ",") for word in words]
        options = list(_options(words[_COLUMNS:]))
        padded = [*words, *[""] * _COLUMNS]
        found.append(
            Service(
                name=padded[0],
                kind=padded[1],
                chroot=padded[4] == "y" or (padded[4] == "-" and chroot_by_default),
                program=padded[7],
                options={name: value for name, value in options if value is not None},
                torn=tuple(name for name, value in options if value is None),
                line=line.number,
                fault=_fault(words),
            )
        )
    return tuple(found)
