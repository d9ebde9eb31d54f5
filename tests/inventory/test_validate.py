from __future__ import annotations

from pathlib import Path

import pytest

from relayconf.inventory.document import parse
from relayconf.inventory.language import Root
from relayconf.inventory.validate import validate


def _validated(text: str) -> tuple[Root, list[str]]:
    document = parse("i", Path("i"), text.encode())
    root = validate(document)
    hints = [f"{problem} ({problem.hint})" if problem.hint else str(problem) for problem in document.problems]
    return root, hints


def test_what_is_right_remains() -> None:
    """What is wrong is taken out, the smallest part that can be, and the rest is read."""
    root, problems = _validated(
        "version: 1\nhosts: {mx1: {mta: qmail, ssh: {port: x, user: a}, egress: [x, 192.0.2.1]}}\n"
    )
    host = root.hosts["mx1"]

    assert host
    assert host.ssh
    assert (host.mta, host.ssh.user, host.ssh.port, host.egress) == ("qmail", "a", None, None)
    assert problems == [
        "i:2:39: hosts.mx1.ssh.port: not a port (a number from 1 to 65535)",
        "i:2:61: hosts.mx1.egress[0]: not an IP address",
    ]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("vesrion: 1", "did you mean `version`?"),
        ("version: 1\nrelays: {auth: {prot: 1}}", "did you mean `port`?"),
        ("version: 1\nrelays: {a: {host: b, endpoints: [{prot: 1}]}}", "did you mean `port`?"),
        ("version: 1\nrelays: {a: {host: b, probe: {form: 1}}}", "did you mean `from`?"),
        ("version: 1\nhosts: {ssh: {ssh: {usr: 1}}}", "did you mean `user`?"),
        ("version: 1\ngroups: {a: {relay: [{vai: b}]}}", "did you mean `via`?"),
        ("version: 1\nroutes: {a.example: {rejetc: b}}", "did you mean `reject`?"),
        ("version: 1\ndomains_from: [{flie: b}]", "did you mean `file`?"),
    ],
)
def test_nearest_key(text: str, hint: str) -> None:
    """The keys that belong to the very map are suggested, whatever the names around it are."""
    _, problems = _validated(text)

    assert problems[0].endswith(f"unknown key ({hint})")


def test_keys_that_look_like_the_loader_s_own_words() -> None:
    """Names that pydantic's errors use for themselves are names like any other."""
    _, problems = _validated("version: 1\nhosts: {'<map>': {mta: x}, a: {relay: {'<map>': 1}}}\nrelay: {'<word>': 1}\n")

    assert [line.split(" (")[0] for line in problems] == [
        "i:3:9: relay[<word>]: unknown key",
        "i:2:40: hosts.a.relay[<map>]: unknown key",
        "i:2:24: hosts[<map>].mta: expected `qmail` or `postfix`",
    ]


def test_a_misspelt_key_explains_a_missing_one() -> None:
    """A key that is there in another spelling is not also missing."""
    _, problems = _validated("version: 1\nrelays: {isp: {hots: a.example}}\n")

    assert problems == ["i:2:16: relays.isp.hots: unknown key (did you mean `host`?)"]


def test_many_mistakes_in_one_list() -> None:
    """Each mistake of a list is told although the list goes as a whole."""
    root, problems = _validated("version: 1\nrelays: {a: {host: b, endpoints: [{port: x}, {port: y}, {port: 25}]}}\n")

    assert root.relays["a"].endpoints == []
    assert [line.split(": ")[1] for line in problems] == [
        "relays.a.endpoints[0].port",
        "relays.a.endpoints[1].port",
    ]
