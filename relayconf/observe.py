"""What is on one host: a single script run that changes nothing there (docs/wire.md)."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from relayconf.errors import HostError, ObserveError
from relayconf.facts import Facts
from relayconf.files import ActualFile
from relayconf.model import Host
from relayconf.mta.base import Watched
from relayconf.remote.base import Session
from relayconf.shell import OBSERVE, assemble
from relayconf.text import printable

MAX_HEAD = 1 << 20
"""Bytes of facts and file lines that a host may send."""

MAX_CONTENTS = 256 << 20
"""Bytes of file contents, unpacked, that a host may send."""

_CHANGED_WHILE_READ = 11  # the script's status when a file vanished, or a deploy began or ended, between two looks
_PRESENT = re.compile(
    r"(?P<sha256>[0-9a-f]{64})\t(?P<size>[0-9]{1,12})\t(?P<mode>[0-7]{1,4})"
    r"\t(?P<owner>[^\t]+)\t(?P<group>[^\t]+)\t(?P<frozen>free|frozen)\t(?P<target>/[^\t]*)"
)
_FACT_NAME = re.compile(r"[a-z]+\.[A-Za-z0-9_.:/-]+")
_TRANSACTION = re.compile(r"[0-9A-Za-z-]{1,64}")
_END = re.compile(rb"end ([0-9]{1,3})\n\Z")
_TRIES = 3  # a deploy that begins and ends costs two


class _ChangedWhileRead(Exception):
    """A file's content is not the one that was described."""


@dataclass(slots=True, kw_only=True)
class _Answer:
    facts: dict[str, str] = field(default_factory=dict)
    files: dict[str, ActualFile] = field(default_factory=dict)
    bad: list[str] = field(default_factory=list)
    sent: tuple[str, ...] = ()
    error: str = ""


def _broken(what: str, shown: str | bytes = "") -> ObserveError:
    return ObserveError(f"the host's answer cannot be used: {what}{f': {printable(shown)[:200]}' if shown else ''}")


def _split(stdout: bytes) -> tuple[list[str], bytes, int]:
    """The lines of the head, the packed contents behind them, and the status of the last line."""
    end = _END.search(stdout[-16:])
    if end is None:
        raise ObserveError(
            "the host's answer broke off; what is on the host is unknown", hint="nothing was changed: run it again"
        )
    body = stdout[: -len(end.group())]
    mark = body.find(b"\ncontents ", 0, MAX_HEAD)
    close = len(body) if mark < 0 else body.find(b"\n", mark + 1) + 1
    if not 0 < close <= MAX_HEAD:
        raise _broken("it is too long or has no lines")
    try:
        head = body[:close].decode("utf-8")
    except UnicodeDecodeError as error:
        raise _broken("it is no UTF-8", body[max(0, error.start - 20) : error.end]) from error
    return head.removesuffix("\n").split("\n"), body[close:], int(end.group(1))


def _file(path: str, fields: str) -> ActualFile:
    match = _PRESENT.fullmatch(fields)
    if match is None:
        raise _broken(f"the line for {path}", fields)
    return ActualFile(
        path=path,
        target=match["target"],
        present=True,
        sha256=match["sha256"],
        size=int(match["size"]),
        mode=int(match["mode"], 8),
        owner=match["owner"],
        group=match["group"],
        immutable=match["frozen"] == "frozen",
    )


def _take_fact(answer: _Answer, name: str, value: str) -> None:
    if not _FACT_NAME.fullmatch(name) or name in answer.facts:
        raise _broken("the fact", name)
    answer.facts[name] = value


def _take_line(answer: _Answer, line: str, awaited: set[str]) -> None:
    kind, _, rest = line.partition(" ")
    name, _, value = rest.partition(" ")
    if kind == "fact":
        _take_fact(answer, name, value)
    elif kind == "contents":
        answer.sent = tuple(rest.split(" "))
    elif kind == "error":
        answer.error = rest
    elif kind not in {"present", "absent", "bad"} or name not in awaited:
        raise _broken("an unexpected line", line)
    else:
        awaited.remove(name)
        if kind == "bad":
            answer.bad.append(f"{name}: {printable(value)}")
        elif kind == "present":
            answer.files[name] = _file(name, value)
        elif value.startswith("/"):
            answer.files[name] = ActualFile(path=name, target=value, present=False)
        else:
            raise _broken(f"the line for {name}", value)


def _unpack(packed: bytes, size: int) -> bytes:
    """The *size* bytes of one gzip member. Never unpacks more than that, whatever the host sent."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        content = unpacker.decompress(packed, size + 1)
    except zlib.error as error:
        raise _broken("the contents do not unpack") from error
    if len(content) != size or not unpacker.eof or unpacker.unused_data:
        raise _ChangedWhileRead
    return content


def _with_contents(answer: _Answer, packed: bytes, known: Mapping[str, str]) -> Iterator[ActualFile]:
    wanted = tuple(path for path, file in answer.files.items() if file.present and known.get(path) != file.sha256)
    if sorted(answer.sent) != sorted(wanted) or bool(packed) != bool(wanted):
        raise _broken("it holds other contents than were asked for")
    total = sum(answer.files[path].size for path in answer.sent)
    if total > MAX_CONTENTS:
        raise ObserveError(f"the files hold {total} bytes; relayconf reads at most {MAX_CONTENTS}")
    contents = _unpack(packed, total) if answer.sent else b""
    start = 0
    for path in answer.sent:
        file = answer.files[path]
        content = contents[start : start + file.size]
        if hashlib.sha256(content).hexdigest() != file.sha256:
            raise _ChangedWhileRead
        start += file.size
        yield replace(file, content=content)


def _expired(unconfirmed: str) -> str | None:
    """The transaction that was not confirmed in time and is still there."""
    name, _, window = unconfirmed.partition(" ")
    return name if window in {"overdue", "rebooted"} else None


def _facts(stdout: bytes, host: Host, mta: Watched, known: Mapping[str, str]) -> Facts:
    lines, packed, status = _split(stdout)
    answer = _Answer()
    awaited = {file.path for file in mta.watched(host)}
    for line in lines:
        _take_line(answer, line, awaited)
    if status == _CHANGED_WHILE_READ:
        raise _ChangedWhileRead
    if status or answer.error:
        raise ObserveError(printable(answer.error) or f"the script ended with status {status}")
    if answer.bad:
        raise ObserveError("; ".join(sorted(answer.bad)))
    if awaited:
        raise _broken("nothing is said about", ", ".join(sorted(awaited)))
    files = answer.files | {file.path: file for file in _with_contents(answer, packed, known)}
    unfinished = answer.facts.get("state.unfinished") or _expired(answer.facts.get("state.unconfirmed", ""))
    if unfinished is not None and not _TRANSACTION.fullmatch(unfinished):
        raise _broken("the name of a transaction", unfinished)
    return Facts(values=answer.facts, files=files, unfinished=unfinished)


def request_text(host: Host, mta: Watched, lines: Sequence[str]) -> bytes:
    """The request that a script reads first: what it must know of *host*, then *lines*, then `end`.

    Raises HostError for a value that no line can hold.
    """
    parameters = [f"parameter {key} {value}" for key, value in mta.parameters(host).items()]
    every = [f"state {host.state_directory}", *parameters, *lines, "end"]
    for line in every:
        if not line.isprintable():
            raise HostError(f"a parameter holds characters that no path of relayconf may hold: {printable(line)}")
    return "".join(f"{line}\n" for line in every).encode()


def observe(
    session: Session,
    host: Host,
    mta: Watched,
    known: Mapping[str, str] | None = None,
    asked: Sequence[tuple[str, str]] = (),
) -> Facts:
    """Facts and watched files of *host*, read over *session* with the privileges that it has.

    *known* maps symbolic paths to the SHA-256 (hexadecimal) of contents that the caller has: such a file comes without
    its content while it is unchanged. *asked* are senders and recipients without blanks for the MTA's own router: its
    answers are the facts `route.N`, from 1. What changes while it is read is read again, twice. Raises ObserveError for
    anything that cannot be used, HostError for parameters that cannot be sent, and what the session raises.
    """
    known = known or {}
    lines = [f"watch {file.path} {known.get(file.path, '-')}" for file in mta.watched(host)]
    request = request_text(host, mta, [*lines, *(f"ask {sender} {recipient}" for sender, recipient in asked)])
    script = assemble(mta.SHELL, *OBSERVE)
    for _ in range(_TRIES):
        try:
            return _facts(
                session.run(script, stdin=request, unknown_hint="nothing was changed: run the command again").stdout,
                host,
                mta,
                known,
            )
        except _ChangedWhileRead:
            continue
    raise ObserveError(f"the host changed while it was read, {_TRIES} times; run it again when it is quiet")
