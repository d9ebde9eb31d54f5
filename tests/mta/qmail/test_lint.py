"""Lines of an existing smtproutes that do not do what they seem to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relayconf.facts import Finding, Severity
from relayconf.mta.qmail.flavours import CLASSIC, FLAVOURS
from relayconf.mta.qmail.lint import lint, lint_thoroughly
from tests.mta.qmail.vectors import RouteVector, routes
from tests.support.hosts import STORY_SMTPROUTES

AT = "smtproutes as it is on the host, "


def codes(content: bytes) -> list[tuple[str, str]]:
    """Each finding's kind and the place it names."""
    return [
        (finding.code.removeprefix("qmail-smtproutes-"), finding.text.removeprefix(AT).partition(":")[0])
        for finding in lint(content)
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        STORY_SMTPROUTES,
        b"# a comment: with | all sorts\n\n \t\n\0x\n.a.test:[192.0.2.1]:587\na.test:\n[192.0.2.1]:relay.test:25\n",
    ],
)
def test_nothing_to_say(content: bytes) -> None:
    """Comments, empty lines, wildcards, exemptions and literals are fine."""
    assert lint(content) == ()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"\xef\xbb\xbf:relay.test\n", [("bom", "line 1")]),
        (b"a.test:x\r\n:y\r\n", [("cr", "lines 1, 2")]),
        (b"a.test:x\rb.test:y\n", [("cr", "line 1")]),
        (b"a.test relay.test\na.test\n", [("no-colon", "lines 1, 2")]),
        (
            b"a.test :x\n *.b.test:x\nb.test.:x\n\xc3\xa4.test:x\n.:x\n!@:x\n",
            [("dead", "lines 1, 2, 3, 4, 5 and 1 more")],
        ),
        (b":a.test\nB.test:x\nb.TEST:y\n:c.test\n", [("duplicate", "lines 3, 4")]),
        (b"*.x:a\n*.x:b\n", [("dead", "lines 1, 2"), ("duplicate", "line 2")]),
        (
            b"a.test:relay.test:mail.test\nb.test:relay.test:\nc.test::587\n",
            [("no-port", "lines 1, 2"), ("name", "line 3")],
        ),
        (b"a.test:relay.test:25x\n", []),
        (b":relay.test;587\n.b.test:[2001:db8::6]\n", [("no-port", "line 2"), ("name", "lines 1, 2")]),
        (
            b"a.test:r.test:587|u|p\nb.test:r.test;5|u|p\nc.test:r.test u p\nd.test: r.test\n",
            [("name", "line 2"), ("extra", "lines 1, 2, 3, 4")],
        ),
        (b":relay.test: 25\n", [("no-port", "line 1"), ("extra", "line 1")]),
    ],
)
def test_kinds(content: bytes, expected: list[tuple[str, str]]) -> None:
    """Each kind once, with the numbers of its lines."""
    assert codes(content) == expected


def test_a_missing_newline_is_a_note() -> None:
    """It means nothing today; the next `echo >>` glues two lines."""
    assert lint(b":relay.test") == (
        Finding(
            code="qmail-smtproutes-no-newline",
            severity=Severity.NOTE,
            text="smtproutes as it is on the host has no newline at its end: "
            "a line appended to it is glued to the last",
        ),
    )


def test_texts() -> None:
    """The words of every kind."""
    content = b"\xef\xbb\xbf:r\nx\r\ny\nz z:r\n:r\n:r:\n:r|u|s3cret\na:;\n"

    assert [finding.text.removeprefix(AT) for finding in lint(content)] == [
        "line 1: begins with a byte order mark, which makes its key one that nothing matches",
        "line 2: holds a carriage return, which qmail takes for part of the name",
        "line 3: has no colon and is ignored",
        "line 4: has a key that is no recipient's domain (blank, wildcard sign, trailing dot or foreign character)",
        "lines 6, 7: repeats the key of an earlier line; the last one wins",
        "line 6: has a colon but no port number behind the relay, so port 0 (are two lines glued together?)",
        "line 8: has a relay that can be neither a name nor an IPv4 address, so its mail bounces",
        (
            "line 7: has text behind relay and port (credentials?): classic qmail-remote ignores it, or takes it for "
            "part of the relay's name and sends it to DNS, log and bounces"
        ),
    ]
    assert {finding.severity for finding in lint(content)} == {Severity.WARNING}


NOT_IN_THE_LINE = {"relay-missing", "relay-mx-only", "relay-aaaa", "port-465", "relay-case", "ip-short", "ip-zeros"}
"""Something is wrong with these, but it is in DNS, in the port or in taste."""

IN_DNS = {"relay-missing", "relay-mx-only", "relay-aaaa"}
"""Relays without an address: a file cannot tell."""

STRIPPED = {"default-trail-ws", "exempt-ws", "ws-line"}
"""White space that qmail strips itself."""


@pytest.mark.parametrize("vector", [pytest.param(vector, id=vector.id) for vector in routes()])
def test_measured_files(vector: RouteVector) -> None:
    """Files that were measured to go wrong are told of; files that are fine are not."""
    silent = vector.lint == "ok" or vector.id in NOT_IN_THE_LINE | STRIPPED

    assert (lint(vector.smtproutes or b"") == ()) is silent


@pytest.mark.parametrize("vector", [pytest.param(vector, id=vector.id) for vector in routes()])
def test_measured_files_for_their_own_sake(vector: RouteVector) -> None:
    """Errors, warnings or nothing, as what was measured deserves; what only DNS knows apart."""
    found = {str(finding.severity) for finding in lint_thoroughly(vector.smtproutes or b"", CLASSIC)}
    expected = "ok" if vector.id in IN_DNS | {"default-no-newline"} else vector.lint

    assert ("error" if "error" in found else "warn" if found else "ok") == expected


@pytest.mark.parametrize(
    ("flavour", "line", "kinds"),
    [
        ("classic", b":r.test:65561", ["big-port"]),
        ("classic", b":r.test:25x", ["behind-port"]),
        ("classic", b":r.test:465", ["implicit-tls"]),
        ("netqmail-tls", b":r.test:465", []),
        ("sagredo", b":r.test:587|user|pa ss", []),
        ("sagredo", b":r.test:587|user", ["no-password"]),
        ("sagredo", b":r.test:587|user|", ["no-password"]),
        ("sagredo", b":r.test:587||pass", ["extra"]),
        ("sagredo", b":r.test:587 user pass", ["extra"]),
        ("sagredo", b"\xc3\xa4.test:r", []),
        ("qmail-ldap", b":r.test:587 user pass", []),
        ("qmail-ldap", b":r.test user pa:587x", ["torn-port"]),
        ("sqmail", b"!@:r.test;587|user|pass", []),
        ("sqmail", b":[2001:db8::6];587", []),
        ("sqmail", b":r.test:587", ["name"]),
        ("indimail", b":r.test:587:0:9 user pass X=y", ["behind-port"]),
        ("indimail", b":r.test:", []),
        ("indimail", b":r.test::0", []),
        ("classic", b":[192.0.2.256]", ["numbers"]),
        ("classic", b":192.0..1", ["name", "numbers"]),
        ("classic", b":192.0.02.0", ["zeros"]),
        ("classic", b":R.test \t", ["case", "blanks"]),
        ("classic", b"# comment ", []),
    ],
)
def test_flavours(flavour: str, line: bytes, kinds: list[str]) -> None:
    """What one flavour cannot read is another one's syntax."""
    found = lint_thoroughly(line + b"\n", FLAVOURS[flavour])

    assert [item.code.removeprefix("qmail-smtproutes-") for item in found] == kinds


@given(content=st.lists(st.sampled_from([b":", b"\n", b"|", b" ", b"S3CRET", b"a.test", b"587", b"\r"])).map(b"".join))
def test_no_text_of_the_file_is_shown(content: bytes) -> None:
    """It could be a password."""
    assert "S3CRET" not in str(lint(content))
