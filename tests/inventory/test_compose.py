from __future__ import annotations

import pytest
import yaml

from relayconf.inventory.compose import NoDocument, compose, node_origin


def _refusal(content: bytes) -> str:
    with pytest.raises(NoDocument) as caught:
        compose("inventory.yaml", content)
    return f"{caught.value.problem} ({caught.value.problem.hint})"


def test_a_map_with_places() -> None:
    """A map of nodes comes out, each with its place; byte order marks and Windows line ends do not shift it."""
    node = compose("inventory.yaml", b"\xef\xbb\xbfversion: 1\r\nrelay: isp\r\n")

    assert isinstance(node, yaml.MappingNode)
    assert str(node_origin("inventory.yaml", node.value[0][1])) == "inventory.yaml:1:10"
    assert str(node_origin("inventory.yaml", node.value[1][1])) == "inventory.yaml:2:8"


def test_columns_count_characters() -> None:
    """A column is a number of characters, not of bytes."""
    node = compose("inventory.yaml", "{ü: 1, b: 2}".encode())

    assert str(node_origin("inventory.yaml", node.value[1][0])) == "inventory.yaml:1:8"


@pytest.mark.parametrize("opening", ["[", "[\n  ", "{a: ", "- ", "? "])
def test_deep_nesting_is_survived(opening: str) -> None:
    """Nesting that would overflow the composer's stack is refused before it gets there."""
    assert "nested too deep" in _refusal(b"a:\n  " + opening.encode() * 10_000)


def test_many_brackets_are_not_deep() -> None:
    """A long file with many small maps gets a second look and is fine."""
    text = "".join(f"a{number}: {{b: [1]}}\n" for number in range(5_000))

    assert len(compose("inventory.yaml", text.encode()).value) == 5_000


def test_a_carriage_return_alone_is_refused() -> None:
    """No two programs agree on what lines a lone carriage return makes."""
    assert _refusal(b"a: 1\rb: 2") == "inventory.yaml:1:5: the file holds the control character U+000D (None)"


def test_a_byte_order_mark_is_no_column() -> None:
    """What stands in front of the text does not shift the place of a mistake."""
    assert _refusal(b"\xef\xbb\xbfa\x07") == "inventory.yaml:1:2: the file holds the control character U+0007 (None)"


def test_utf_16_is_refused() -> None:
    """Other encodings are named as what they are not."""
    assert _refusal("a: 1".encode("utf-16")) == "inventory.yaml:1:1: the file is not UTF-8 text (save it as UTF-8)"


def test_an_error_past_the_end() -> None:
    """A parser that points past the last line of an unfinished file is no reason to fail."""
    assert _refusal(b"a: 1\nb") == (
        "inventory.yaml:3:1: this is not YAML: could not find expected ':' "
        "(while scanning a simple key that begins in line 2)"
    )
