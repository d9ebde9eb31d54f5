from __future__ import annotations

from pathlib import Path

from relayconf.inventory.document import Document, parse
from relayconf.inventory.unsupported import refuse_unsupported


def _refused(text: str) -> Document:
    document = parse("inventory.yaml", Path("inventory.yaml"), text.encode())
    refuse_unsupported(document)
    return document


def test_keys_are_taken_out() -> None:
    """A key without effect is refused by name wherever it stands, and gone from the data."""
    document = _refused("senders: {}\ngroups: {g: {senders: {}}}\nhosts: {mx1: {senders: {}, mta: qmail}}\n")

    assert [str(problem) for problem in document.problems] == [
        "inventory.yaml:1:1: senders: `senders` is not supported yet",
        "inventory.yaml:2:14: groups.g.senders: `senders` is not supported yet",
        "inventory.yaml:3:15: hosts.mx1.senders: `senders` is not supported yet",
    ]
    assert document.data == {"groups": {"g": {}}, "hosts": {"mx1": {"mta": "qmail"}}}


def test_other_shapes_are_left_alone() -> None:
    """Sections and entries that are no maps are for the language to refuse."""
    document = _refused("hosts: [a]\nrelays: {isp: x}\ngroups: null\n")

    assert document.data == {"hosts": ["a"], "relays": {"isp": "x"}, "groups": None}
    assert not document.problems
