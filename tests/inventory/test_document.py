from __future__ import annotations

from pathlib import Path

from relayconf.inventory.document import Document, Place, dotted, parse


def _parse(text: str) -> Document:
    return parse("inventory.yaml", Path("inventory.yaml"), text.encode())


def test_scalars_are_text() -> None:
    """The traps of YAML 1.1 are not there: only an unquoted null is anything but text."""
    document = _parse("a: [no, 0755, 1:30, 1e3, 2026-11-24, '', 'null', !!str null, =]\nb: [null, ~, Null]\nc:\n")

    assert document.data == {
        "a": ["no", "0755", "1:30", "1e3", "2026-11-24", "", "null", "null", "="],
        "b": [None, None, None],
        "c": None,
    }
    assert not document.problems


def test_aliases() -> None:
    """An alias stands for what its anchor names, each time on its own."""
    document = _parse("a: &x {b: [1]}\nc: *x\nd: [*x]\n")

    assert document.data == {"a": {"b": ["1"]}, "c": {"b": ["1"]}, "d": [{"b": ["1"]}]}
    assert str(document.origin(("c", "b", 0))) == "inventory.yaml:1:12"


def test_places() -> None:
    """A value, its key, or the nearest thing around it that is there."""
    document = _parse("hosts:\n  mx1: {relay: isp}\n")
    place = Place(document=document, location=("hosts", "mx1")).child("relay")

    assert str(place.origin()) == "inventory.yaml:2:16"
    assert str(place.origin(key=True)) == "inventory.yaml:2:9"
    assert str(place.child("port").origin()) == "inventory.yaml:2:16"
    assert str(document.origin(("hosts", "mx9", "relay"))) == "inventory.yaml:2:3"


def test_complaints_spoil_what_is_around() -> None:
    """After a complaint the place and everything around it is known to be wrong."""
    document = _parse("hosts:\n  mx1: {relay: isp}\n")
    document.complain(("hosts", "mx1", "relay"), "relay_shape")

    assert document.spoiled == {("hosts",), ("hosts", "mx1"), ("hosts", "mx1", "relay")}
    assert [str(problem) for problem in document.problems] == [
        "inventory.yaml:2:16: hosts.mx1.relay: not the name of a relay"
    ]


def test_dotted() -> None:
    """Keys with dots stand in brackets; below an `auth` only known keys are repeated."""
    assert dotted(()) == ""
    assert dotted(("hosts", "mx1", "routes", "a.example", "relay")) == "hosts.mx1.routes[a.example].relay"
    assert dotted(("relays", "isp", "endpoints", 0, "auth")) == "relays.isp.endpoints[0].auth"
    assert dotted(("relays", "auth", "port")) == "relays.auth.port"
    assert dotted(("relays", "isp", "auth", "password", "hunter2", "env")) == "relays.isp.auth.password"
    assert dotted(("domains", "hunter.example")) == "domains[hunter.example]"


def test_what_was_refused_is_left_out() -> None:
    """A refused key or value is not in the data, the rest is."""
    document = _parse("a: !x 1\nb: 2\nb: 3\n<<: {c: 4}\n[d]: 5\n~: 6\ne: [!y 7, 8]\n")

    assert document.data == {"b": "2", "e": ["8"]}
    assert [problem.text for problem in document.problems] == [
        "YAML tags are not supported",
        "the key stands here twice",
        "the YAML merge key `<<` is not supported",
        "a key must be a single word or name",
        "a key must be a single word or name",
        "YAML tags are not supported",
    ]
