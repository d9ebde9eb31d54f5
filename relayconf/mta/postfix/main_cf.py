"""main.cf, read as Postfix reads it and edited as `postconf -e` and `postconf -X` edit it.

Facts: postconf(1), postconf(5), and the behaviour of Postfix 3.11. Values are text in UTF-8 with `surrogateescape`,
so that any bytes come back as they were. White space is ASCII's only: U+00A0 is an ordinary character.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from relayconf.errors import MainCfError
from relayconf.mta.postfix.logical_lines import LogicalLine, logical_lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter as main.cf sets it: the last entry wins.

    `line` is where the winning entry starts, `duplicates` where the entries start that it overrides; from 1.
    `value` is unexpanded, continuation lines joined, trimmed.
    """

    name: str
    value: str
    line: int
    duplicates: tuple[int, ...] = ()


_NAME = re.compile(rb"[^\s=#\0][^\s=\0]*")
_CONTINUATION = re.compile(rb"^[ \t\v\f\r]+[^\s#][^\n]*\n", re.MULTILINE)


def _encode(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise MainCfError(f"not text that main.cf can hold: {text!a}") from None


def _decode(text: bytes) -> str:
    return text.decode("utf-8", "surrogateescape")


def _check_name(name: str) -> bytes:
    encoded = _encode(name)
    if not _NAME.fullmatch(encoded):
        raise MainCfError(f"not a parameter name: {name!a}")
    return encoded


def _check_value(name: str, value: str) -> bytes:
    encoded = _encode(value)
    if b"\n" in encoded or b"\0" in encoded:
        raise MainCfError(f"the value of `{name}` holds a newline or a NUL")
    return encoded.strip()


def _requests(settings: Mapping[str, str], remove: Collection[str]) -> dict[bytes, bytes | None]:
    both = sorted(settings.keys() & set(remove))
    if both:
        raise MainCfError(f"asked both to set and to remove: {', '.join(both)}")
    requests: dict[bytes, bytes | None] = {_check_name(name): None for name in remove}
    requests.update({_check_name(name): _check_value(name, value) for name, value in settings.items()})
    return requests


def _check_text(text: bytes) -> None:
    nul = text.find(b"\0")
    if nul >= 0:
        line = text.count(b"\n", 0, nul) + 1
        raise MainCfError(
            f"main.cf, line {line}: holds a NUL",
            hint="Postfix ignores what follows it on that line: delete it by hand",
        )


def _check_end(text: bytes) -> None:
    if text.endswith(b"\xff"):
        raise MainCfError(
            "main.cf ends in the byte 0xFF without a newline",
            hint="postconf takes that byte for the end of the file and drops the line: repair the last line by hand",
        )


def _entries_of(names: Iterable[bytes]) -> re.Pattern[bytes]:
    # Only blank, tab, CR, newline and `=` end a name here, not vertical tab and form feed.
    alternatives = b"|".join(re.escape(name) for name in names)
    return re.compile(
        rb"^(?P<name>" + alternatives + rb")(?=[ \t\r\n=])[^\n]*\n"
        rb"(?P<more>(?:\n|[# \t\v\f\r][^\n]*\n)*+)",
        re.MULTILINE,
    )


def edit(text: bytes, settings: Mapping[str, str], remove: Collection[str] = ()) -> bytes:
    """What `postconf -e` and `postconf -X` of current releases make of main.cf, byte for byte.

    `settings` are written even where they say what is there already, duplicates all alike; new ones go to the end in
    byte order. Continuation lines go with their entry, comments and empty lines among them stay. Values are trimmed,
    and a last line without newline gets one. Where nothing is asked, which postconf refuses, `text` itself comes back.
    The result does not depend on whether the removals or the settings come first. Raises MainCfError for names and
    values that postconf refuses, for a name in both, and for a `text` with a NUL or a final 0xFF, which postconf maims.
    """
    requests = _requests(settings, remove)
    _check_text(text)
    _check_end(text)
    if not requests:
        return text
    if text and not text.endswith(b"\n"):
        text += b"\n"
    found: set[bytes] = set()

    def rewrite(match: re.Match[bytes]) -> bytes:
        name = match["name"]
        found.add(name)
        value = requests[name]
        entry = b"" if value is None else b"%b = %b\n" % (name, value)
        return entry + _CONTINUATION.sub(b"", match["more"])

    edited = _entries_of(requests).sub(rewrite, text)
    new = sorted((name, value) for name, value in requests.items() if value is not None and name not in found)
    return edited + b"".join(b"%b = %b\n" % entry for entry in new)


def _first_and_more(raw: bytes) -> tuple[bytes, bytes]:
    first, newline, more = raw.partition(b"\n")
    return first + newline, more


def entries(text: bytes, name: str) -> tuple[bytes, ...]:
    """The entries of one parameter as they stand in main.cf, each from its name to the end of its last line.

    Comments between the lines of an entry are part of it. Raises MainCfError for a name that postconf refuses.
    """
    if not text.endswith(b"\n"):
        text += b"\n"
    found = []
    for match in _entries_of([_check_name(name)]).finditer(text):
        first, more = _first_and_more(match[0])
        lines = list(_CONTINUATION.finditer(more))
        found.append(first + more[: lines[-1].end() if lines else 0])
    return tuple(found)


def restore(text: bytes, name: str, originals: Sequence[bytes]) -> bytes:
    """main.cf with the entries of one parameter as `entries` found them before `edit` gave them another value.

    Byte for byte, where the comments among the lines are still the same; else without those. With another number of
    entries than then, only the value comes back. Without *originals* the entries go. Raises MainCfError as `edit` does.
    """
    matches = list(_entries_of([_check_name(name)]).finditer(text))
    if not originals:
        return edit(text, {}, (name,)) if matches else text
    if len(matches) != len(originals):
        return edit(text, {name: parse(b"".join(originals))[name].value})
    parts, end = [], 0
    for match, original in zip(matches, originals, strict=True):
        first, more = _first_and_more(original)
        comments = _CONTINUATION.sub(b"", more)
        if match["more"].startswith(comments):
            entry, rest = original, match["more"][len(comments) :]
        else:
            entry, rest = first + b"".join(_CONTINUATION.findall(more)), match["more"]
        parts += [text[end : match.start()], entry, _CONTINUATION.sub(b"", rest)]
        end = match.end()
    return b"".join([*parts, text[end:]])


def _split(line: LogicalLine) -> tuple[str, str]:
    name, equals, value = line.text.partition(b"=")
    words = name.split()
    if len(words) == 1 and equals:
        return _decode(words[0]), _decode(value.strip())
    raise MainCfError(
        f"main.cf, line {line.number}: no `name = value`",
        hint="Postfix refuses the whole file because of this line: repair it by hand",
    )


def parse(text: bytes) -> Mapping[str, Parameter]:
    """The parameters that main.cf sets, by name, in the order of their first entries, as Postfix reads them.

    Raises MainCfError for a line without `=` or without a name, on which every Postfix program dies, and for a NUL.
    """
    _check_text(text)
    values: dict[str, str] = {}
    lines: dict[str, list[int]] = {}
    for line in logical_lines(text):
        name, value = _split(line)
        values[name] = value
        lines.setdefault(name, []).append(line.number)
    return {
        name: Parameter(name=name, value=values[name], line=starts[-1], duplicates=tuple(starts[:-1]))
        for name, starts in lines.items()
    }


def _squeeze(value: str) -> bytes:
    return b" ".join(_encode(value).split())


def _differing(parameters: Mapping[str, Parameter], settings: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in settings.items()
        if name not in parameters or _squeeze(parameters[name].value) != _squeeze(value)
    }


def changed(text: bytes, settings: Mapping[str, str]) -> dict[str, str]:
    """The settings that main.cf does not say already.

    Continuation lines, and runs of white space and their kind, make no difference; a parameter that is absent differs
    even when its default is the value. Raises MainCfError as `parse` and `edit` do.
    """
    _requests(settings, ())
    return _differing(parse(text), settings)


def merge(text: bytes, settings: Mapping[str, str], remove: Collection[str] = ()) -> bytes:
    """`edit`, but only of what differs: an entry that has its value already keeps its layout.

    Returns `text` itself, with or without a final newline, when nothing differs. Raises MainCfError as `edit` does,
    and as `parse` does; and where Postfix reads a name that postconf does not find, such as one before a form feed.
    """
    _requests(settings, remove)
    parameters = parse(text)
    gone = parameters.keys() & set(remove)
    merged = edit(text, _differing(parameters, settings), gone)
    for name in gone & (parse(merged).keys() if gone else set()):
        raise MainCfError(f"main.cf has a strange character behind the name {name}, line {parameters[name].line}")
    return merged
