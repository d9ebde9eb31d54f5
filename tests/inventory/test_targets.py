from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from relayconf.inventory.problems import Fault
from relayconf.inventory.targets import (
    DomainsFrom,
    DomainTarget,
    FlatFile,
    RelayChoice,
    RelayMap,
    RouteMap,
    RouteTarget,
)


def _validated(kind: Any, value: object) -> object:
    return TypeAdapter(kind).validate_python(value)


def _code(kind: object, value: object) -> str:
    with pytest.raises(ValidationError) as caught:
        _validated(kind, value)
    (error,) = caught.value.errors()
    fault = error.get("ctx", {}).get("error")
    return fault.code if isinstance(fault, Fault) else error["type"]


@pytest.mark.parametrize(
    ("kind", "value", "code"),
    [
        (RelayChoice, None, "wanted_relay"),
        (RelayChoice, [[]], "wanted_relay"),
        (RelayChoice, [], "empty_list"),
        (RelayChoice, {"via": "a", "host": "b"}, "one_target"),
        (RelayChoice, {"via": None}, "one_target"),
        (RelayChoice, {"via": "a", "port": "26"}, "lone_port"),
        (DomainTarget, ["local"], "wanted_domain"),
        (DomainTarget, "direct", "domain_word"),
        (DomainTarget, {}, "one_target"),
        (RouteTarget, ["direct"], "wanted_route"),
        (RouteTarget, "isp", "route_word"),
        (RouteTarget, {"reject": "no"}, "reject_code"),
        (RouteTarget, {"retry": "no"}, "retry_code"),
        (FlatFile, None, "wanted_flat_file"),
        (FlatFile, {"at": "a"}, "missing"),
        (FlatFile, {"file": "a", "at": "b", "mx": "true"}, "one_target"),
        (FlatFile, {"file": "a", "at": "b", "port": "26"}, "lone_port"),
    ],
)
def test_refused(kind: object, value: object, code: str) -> None:
    """One mistake in a target has one code."""
    assert _code(kind, value) == code


def test_shapes() -> None:
    """Words stay words, maps become maps with their port, lists keep their order."""
    assert TypeAdapter(RelayChoice).validate_python(["isp", {"via": "a"}]) == ["isp", RelayMap(via="a")]
    assert TypeAdapter(RouteTarget).validate_python({"host": "A", "port": "26"}) == RouteMap.model_validate(
        {"host": "a", "port": "26"}
    )
    assert TypeAdapter(FlatFile).validate_python({"file": "a", "mx": "true"}) == DomainsFrom.model_validate(
        {"file": "a", "mx": "true"}
    )
