from __future__ import annotations

import json

from relayconf.inventory.language import Host, Layer, Root, json_schema


def test_schema_document() -> None:
    """The schema names its dialect, and takes what an editor sees as number, boolean or null."""
    schema = json.loads(json_schema())
    endpoint = schema["$defs"]["Endpoint"]["properties"]

    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["additionalProperties"] is False
    assert schema["required"] == ["version"]
    assert schema["properties"]["version"]["const"] == 1
    assert endpoint["port"]["type"] == "integer"
    assert endpoint["allow_plaintext_auth"]["type"] == "boolean"
    assert {"type": "null"} in schema["$defs"]["Host"]["properties"]["relay"]["anyOf"]


def test_every_key_is_described() -> None:
    """An editor can say of every key what it is."""
    schema = json.loads(json_schema())
    maps = [schema, *schema["$defs"].values()]

    assert all(field.get("description") for entry in maps for field in entry.get("properties", {}).values())


def test_a_relay_is_a_word_a_map_or_a_list() -> None:
    """The schema allows all the ways to write `relay`."""
    relay = json.loads(json_schema())["$defs"]["Layer"]["properties"]["relay"]["anyOf"][0]

    assert [shape.get("type", "map") for shape in relay["oneOf"]] == ["string", "map", "array"]


def test_layers_have_the_same_keys() -> None:
    """What can stand at the top can stand in a group and in a host; null can delete each of them."""
    assert Layer.model_fields.keys() <= Host.model_fields.keys()
    assert Layer.model_fields.keys() <= Root.model_fields.keys()
    assert all(not field.is_required() for field in Layer.model_fields.values())


def test_a_relay_has_a_host_or_a_provider() -> None:
    """An editor says so before relayconf does."""
    relay = json.loads(json_schema())["$defs"]["Relay"]

    assert relay["anyOf"] == [{"required": ["host"]}, {"required": ["provider"]}]
    assert "required" not in relay
