"""Whole control directories, for their own sake."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relayconf.mta.qmail.directory import lint_directory
from relayconf.mta.qmail.flavours import FLAVOURS

SOUND = {"me": b"edge.test\n", "locals": b"edge.test\n", "rcpthosts": b"edge.test\n.edge.test\n"}


def found(flavour: str = "classic", /, **files: bytes | None) -> list[str]:
    """Severity, code and text of what is said."""
    there = {**SOUND, **{name.replace("__", "/"): content for name, content in files.items()}}
    return [
        f"{item.severity} {item.code.removeprefix('qmail-')}: {item.text}"
        for item in lint_directory(FLAVOURS[flavour], there)
    ]


def test_sound() -> None:
    """Nothing is said of what is fine."""
    assert found(smtproutes=b"# ours\n:relay.test\nx.test:\n", virtualdomains=b"v.test:v\nu@w.test:w\n.x.test:\n") == []
    assert found("sagredo", smtproutes=b":r.test:587|u|p\n", **{"tlshosts/r.test.pem": b""}) == []
    assert (
        found("sqmail", smtproutes=b":r.test;587|u|p\n", tlsdestinations=b"r.test:\n", authsenders=b"@x.test:\n") == []
    )


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (
            {"me": None},
            "error no-me: me is missing: qmail-send does not start, and qmail-remote leaves all mail in the queue",
        ),
        (
            {"rcpthosts": None},
            (
                "error open-relay: rcpthosts is missing: qmail-smtpd takes mail for every domain from everyone, "
                "an open relay"
            ),
        ),
        (
            {"locals": b""},
            "warning no-locals: locals is empty: nothing is local, not even the host's own name",
        ),
        ({"me": b"edge.test\r\n"}, "error me-cr: me: holds a carriage return, which is part of its name"),
        (
            {"me": b"\xef\xbb\xbfedge.test\n"},
            "error me-bom: me: begins with a byte order mark, which is part of its name",
        ),
        (
            {"locals": b"edge.test\r\nb.test\r\n"},
            "error locals-cr: locals, lines 1, 2: holds a carriage return, which is part of its name",
        ),
        (
            {"locals": b"\xef\xbb\xbfedge.test\n"},
            "error locals-bom: locals, line 1: begins with a byte order mark, which is part of its name",
        ),
        (
            {"locals": b"edge.test\n.b.test\nc d\n"},
            (
                "error locals-dead: locals, lines 2, 3: is matched by nothing "
                "(wildcard sign, blank, dot at its end or foreign character)"
            ),
        ),
        ({"locals": b"edge.test\nEDGE.test\n"}, "warning locals-again: locals, line 2: repeats an earlier line"),
        (
            {"virtualdomains": b"a.test:x\nA.test:y\n"},
            (
                "error virtualdomains-duplicate: virtualdomains, line 2: repeats the key of an earlier line; "
                "the last one wins"
            ),
        ),
        (
            {"virtualdomains": b"\n# a\na.test\n"},
            "error virtualdomains-no-colon: virtualdomains, line 3: has no colon and is ignored",
        ),
        (
            {"locals": b"edge.test"},
            "warning locals-no-newline: locals has no newline at its end: a line appended to it is glued to the last",
        ),
        (
            {"virtualdomains": b":all\n"},
            (
                "warning catch-all: virtualdomains has a line for every domain: what is not in locals is local, "
                "and no route is ever used"
            ),
        ),
        (
            {"smtproutes": b"edge.test:r\n"},
            (
                "warning route-shadowed: smtproutes has lines without effect, since locals or virtualdomains has their "
                "domains: edge.test"
            ),
        ),
        ({"smtproutes": b"a.test:r:\n"}, None),
        (
            {"authsenders": b"@x:r\n"},
            "warning unread: authsenders is there, but classic qmail-remote does not read it",
        ),
        ({"tlshosts__r.pem": b""}, "warning unread: tlshosts is there, but classic qmail-remote does not read it"),
    ],
)
def test_files(files: dict[str, bytes | None], expected: str | None) -> None:
    """One thing each."""
    assert found(**files) == ([expected] if expected else found(smtproutes=b"b.test:r:\n"))


def test_size() -> None:
    """Every delivery reads all of it."""
    lines = [b"x%d.test:r\n" % number for number in range(100_001)]

    assert found(smtproutes=b"".join(lines[:9_999])) == []
    assert found(smtproutes=b"".join(lines[:10_000])) == [
        "warning many-routes: every remote delivery reads all 10,000 routes of smtproutes"
    ]
    assert found(smtproutes=b"".join(lines)) == [
        "error many-routes: every remote delivery reads all 100,001 routes of smtproutes"
    ]


def test_passwords_in_clear() -> None:
    """Where nothing makes a relay speak TLS."""
    assert found("sagredo", smtproutes=b":r.test:587|u|s3cret\n", authsenders=b"@x.test:s.test|u|s3cret\nx\n") == [
        "error authsenders-no-colon: authsenders, line 2: has no colon and is ignored",
        (
            "warning plaintext-auth: smtproutes, r.test:587: the password crosses the network in clear unless the "
            "relay offers STARTTLS"
        ),
        (
            "warning plaintext-auth: authsenders, s.test:25: the password crosses the network in clear unless the "
            "relay offers STARTTLS"
        ),
    ]


def test_lost_mail() -> None:
    """s/qmail's own way to lose it."""
    assert found("sqmail", smtproutes=b":r.test;587|u|s3cret\n") == [
        (
            "error lost-mail: smtproutes, r.test:587: mail is lost when the relay offers AUTH only after STARTTLS, "
            "which nothing demands"
        )
    ]


_PIECES = st.sampled_from([b"S3CRET", *(bytes([byte]) for byte in b":| \r#@.;"), b"587"])


@given(content=st.lists(_PIECES, max_size=20).map(b"".join), name=st.sampled_from(sorted(FLAVOURS)))
def test_no_text_of_a_value_is_shown(content: bytes, name: str) -> None:
    """It could be a password."""
    mark = FLAVOURS[name].auth_mark.encode() or b"|"
    value = mark.join((b"r.test" + FLAVOURS[name].port_mark.encode() + b"587", b"u", content)) + b"\n"

    assert "S3CRET" not in str(
        lint_directory(FLAVOURS[name], {"smtproutes": b":" + value, "authsenders": b"@x:" + value})
    )
