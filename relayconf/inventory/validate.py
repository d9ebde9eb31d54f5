"""A document held against the language: pydantic's findings in our words, and what is left when they are taken out.

What is wrong is taken out of the data and the rest is read again, so that names which refer to nothing are found in
the same run as misspelt keys; `Document.spoiled` keeps what follows from a mistake from being a second one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from relayconf.inventory.document import Document, Location, Part, Plain
from relayconf.inventory.kinds import Strict
from relayconf.inventory.language import Root
from relayconf.inventory.problems import Fault, suggestion

_TAGS = frozenset({"<word>", "<map>", "<list>"})
_SHAPES: Mapping[str, str] = {
    "string_type": "wanted_text",
    "model_type": "wanted_map",
    "dict_type": "wanted_map",
    "list_type": "wanted_list",
}


def _models(annotation: object) -> list[type[Strict]]:
    if isinstance(annotation, type) and issubclass(annotation, Strict):
        return [annotation]
    return [model for argument in get_args(annotation) for model in _models(argument)]


def _names_things(annotation: object) -> bool:
    return get_origin(annotation) is dict or any(_names_things(argument) for argument in get_args(annotation))


def _fields(location: Location) -> Mapping[str, FieldInfo]:
    """The fields of the map that *location* leads to."""
    model: type[Strict] = Root
    parts = iter(location)
    for part in parts:
        field = model.model_fields.get(str(part))
        if field and (found := _models(field.annotation)):
            model = found[0]
            if _names_things(field.annotation):
                next(parts, None)
    return model.model_fields


def _location(data: Plain, path: tuple[Part, ...]) -> Location:
    """Pydantic's *path* without the tags that it puts after the key of a union."""
    location: list[Part] = []
    for part in path:
        inside = data[part] if isinstance(data, dict) and isinstance(part, str) and part in data else None
        if part in _TAGS and inside is None:
            continue
        location.append(part)
        data = data[part] if isinstance(data, list) and isinstance(part, int) else inside
    return tuple(location)


def _unknown_key(document: Document, location: Location) -> None:
    fields = _fields(location[:-1])
    keys = [field.alias or name for name, field in fields.items()]
    hint = suggestion(str(location[-1]), keys)
    document.complain_of_key(location, "unknown_key", suggestion=hint)
    if near := re.fullmatch("did you mean `(.*)`.", hint):
        document.spoiled.add((*location[:-1], near[1]))


def _wrong_word(document: Document, location: Location, error: Mapping[str, Any]) -> None:
    expected = error["ctx"]["expected"].replace("'", "`")
    words = re.findall("`([^`]*)`", expected)
    given = error["input"] if isinstance(error["input"], str) else ""
    near = suggestion(given, words)
    hint = near if near.startswith("did you mean") else ""
    document.complain(location, "wanted_word", expected=expected, suggestion=hint)


def _complain(document: Document, error: Mapping[str, Any]) -> Location:
    """Put one of pydantic's errors into our words; what to take out of the data."""
    kind, location = error["type"], _location(document.data, error["loc"])
    if kind == "missing":
        if location not in document.spoiled:
            document.complain_of_key(location, "missing_key", name=str(location[-1]))
        return location[:-1]
    if kind == "extra_forbidden":
        _unknown_key(document, location)
    elif kind == "literal_error":
        _wrong_word(document, location, error)
    elif kind == "value_error":
        # A map that lost a key just now is not blamed for lacking it.
        if location not in document.spoiled:
            fault: Fault = error["ctx"]["error"]
            document.complain(location, fault.code, **fault.params)
    else:
        document.complain(location, _SHAPES.get(kind, kind))
    return location


def _take_out(data: dict[str, Plain], location: Location) -> None:
    """Take out the value at *location*, or the list that it is in; nothing when it is gone already."""
    within: Plain = data
    for part in location[:-1]:
        if not isinstance(within, dict) or not isinstance(part, str) or part not in within:
            return
        if isinstance(within[part], list):
            del within[part]
            return
        within = within[part]
    if isinstance(within, dict) and location:
        within.pop(str(location[-1]), None)


def validate(document: Document) -> Root:
    """What the document says, without what is wrong in it; the problems go into the document."""
    while True:
        try:
            return Root.model_validate(document.data)
        except ValidationError as failure:
            # Misspelt keys first: they explain missing ones.
            errors = sorted(failure.errors(include_url=False), key=lambda error: error["type"] != "extra_forbidden")
        for location in [_complain(document, error) for error in errors]:
            _take_out(document.data, location)
        document.data.setdefault("version", "1")
