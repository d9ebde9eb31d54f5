"""What the first apply on a host that somebody configured by hand replaces in main.cf, and what it composes with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from relayconf.facts import Finding, Severity
from relayconf.files import DesiredFile
from relayconf.model import Host
from relayconf.mta.postfix import ownership
from relayconf.mta.postfix.live import Live
from relayconf.mta.postfix.names import RECORD
from relayconf.mta.postfix.ownership import Owned, squeeze
from relayconf.mta.postfix.tables import MAP_NAMES, foreign
from relayconf.mta.postfix.words import MAX_NAMES, shown
from relayconf.text import printable

# Of these a limit tells where something is lost (`edited.takes_over`), or an error (`tls.unusable`).
_TOLD = frozenset({"default_transport", "relay_transport", "smtp_tls_fingerprint_digest"})
_LONGEST = 80


def _words(value: str) -> str:
    text = printable(squeeze(shown(value)))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _note(code: str, text: str) -> Finding:
    return Finding(code=code, severity=Severity.NOTE, text=text)


def _joined(parts: Sequence[str]) -> str:
    """As `words.listing`, for parts with commas of their own."""
    more = len(parts) - MAX_NAMES
    return "; ".join((*parts[:MAX_NAMES], *((f"and {more} more",) if more > 0 else ())))


def _relayhost(before: str, after: str) -> Finding:
    becomes = f"replaced by {_words(after)}" if after else "emptied"
    text = f"main.cf: relayhost = {_words(before)} is {becomes}; `relayconf rollback` brings it back"
    return _note("postfix-relayhost-replaced", text)


def _maps(before: Mapping[str, str]) -> Iterator[Finding]:
    found = {name: _words(", ".join(foreign(value))) for name, value in before.items() if name in MAP_NAMES}
    parts = [f"{name}: the admin's {tables} stays behind relayconf's table" for name, tables in found.items() if tables]
    if parts:
        yield _note("postfix-maps-composed", f"main.cf: {_joined(parts)}")


def _others(before: Mapping[str, str], after: Mapping[str, Owned]) -> Iterator[Finding]:
    parts = [
        f"{name} = {_words(value)} becomes {_words(after[name].applied) or 'empty'}" for name, value in before.items()
    ]
    if parts:
        text = f"main.cf: {_joined(parts)}; the old value comes back when the inventory needs the new one no longer"
        yield _note("postfix-replaced", text)


def findings(host: Host, live: Live, desired: Sequence[DesiredFile]) -> Iterator[Finding]:
    """One note of each kind, relayhost, tables and other parameters; none once relayconf has written to the host.

    What `takes_over` or an error may name is left to them.
    """
    if live.record or live.directory is not None:
        return
    after = ownership.read(next((file.content for file in desired if file.path == RECORD), None))
    told = _TOLD | host.settings.keys()
    before = {name: value for name in after if name not in told and (value := live.value(name))}
    if relayhost := before.pop("relayhost", ""):
        yield _relayhost(relayhost, after["relayhost"].applied)
    yield from _maps(before)
    yield from _others({name: value for name, value in before.items() if name not in MAP_NAMES}, after)
