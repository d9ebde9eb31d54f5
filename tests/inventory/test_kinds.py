from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from relayconf.inventory import kinds
from relayconf.inventory.problems import Fault
from relayconf.model import TlsLevel


class _Map(kinds.Strict):
    port: kinds.Port


def test_maps_are_strict_and_frozen() -> None:
    """A map takes known keys only and is not changed afterwards."""
    made = _Map.model_validate({"port": "25"})

    assert made.port == 25
    with pytest.raises(ValidationError, match="extra_forbidden"):
        _Map.model_validate({"port": "25", "prot": "26"})
    with pytest.raises(ValidationError, match="frozen"):
        made.port = 26


def test_faults_come_through() -> None:
    """What a value is refused for can be read from pydantic's error."""
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kinds.HostName).validate_python("a b")
    (error,) = caught.value.errors()

    assert error["type"] == "value_error"
    assert isinstance(error["ctx"]["error"], Fault)


def test_tls_words_are_the_model_s() -> None:
    """The inventory knows the TLS levels of the model, no more and no fewer."""
    schema = TypeAdapter(kinds.TlsWord).json_schema()

    assert schema["enum"] == [level.value for level in TlsLevel]
