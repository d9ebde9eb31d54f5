"""Plans without secrets: no reference is resolved, and the host's own secrets stand in for those of the inventory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from relayconf.drift import Drift
from relayconf.facts import Facts, Finding, Severity
from relayconf.files import DesiredFile
from relayconf.model import Host, SecretRef
from relayconf.mta.base import Mta

PLACEHOLDER = "relayconf-unresolved-secret"
"""Stands for every secret of the inventory; one word without separators, as every file takes it."""


def unresolved(ref: SecretRef) -> str:  # noqa: ARG001  whatever it refers to
    """The secret that is not asked for."""
    return PLACEHOLDER


def _secrets(mta: Mta, path: str, content: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Where each secret stands, after what is in front of it on its line, whose white space does not matter."""
    for start, end in mta.secret_spans(path, content):
        line = content.rfind(b"\n", 0, start) + 1
        yield b" ".join(content[line:start].split()), start, end


def _known(mta: Mta, facts: Facts) -> Mapping[bytes, bytes]:
    """The secrets on the host by what stands in front of them; the first of several counts."""
    known: dict[bytes, bytes] = {}
    for path, file in facts.files.items():
        content = file.content or b""
        for before, start, end in _secrets(mta, path, content):
            known.setdefault(before, content[start:end])
    return known


def _with_secrets(mta: Mta, path: str, content: bytes, known: Mapping[bytes, bytes]) -> bytes:
    parts, done = [], 0
    for before, start, end in _secrets(mta, path, content):
        if before in known and content[start:end] == PLACEHOLDER.encode():
            parts += [content[done:start], known[before]]
            done = end
    return b"".join([*parts, content[done:]])


def filled(mta: Mta, facts: Facts, rendered: Sequence[DesiredFile]) -> tuple[DesiredFile, ...]:
    """*rendered*, with the host's own secret wherever the placeholder stands behind the same relay and user."""
    known = _known(mta, facts)
    return tuple(
        file if file.content is None else replace(file, content=_with_secrets(mta, file.path, file.content, known))
        for file in rendered
    )


def drift(
    host: Host, mta: Mta, facts: Facts, rendered: Sequence[DesiredFile], found: Sequence[Drift]
) -> tuple[Drift, ...]:
    """Files beyond those *found* whose secrets alone may have been edited: only the hash of what was applied tells."""
    others = mta.drift(host, facts, mta.desired(host, facts, rendered))
    known = {item.path for item in found if item.name is None}
    return tuple(item for item in others if item.name is None and item.path not in known)


def notes(rendered: Sequence[DesiredFile]) -> tuple[Finding, ...]:
    """What to say of a host that has secrets."""
    if not any(PLACEHOLDER.encode() in (file.content or b"") for file in rendered):
        return ()
    return (Finding(code="secrets-not-compared", severity=Severity.NOTE, text="secrets not compared"),)
