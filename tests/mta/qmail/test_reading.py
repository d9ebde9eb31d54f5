"""What contents mean: the rows of the plan's route table, and which differences matter."""

from __future__ import annotations

import pytest

from relayconf.mta.qmail.locality import Controls
from relayconf.mta.qmail.paths import HELOHOST, LOCALS, ME, RCPTHOSTS, VIRTUALDOMAINS
from relayconf.mta.qmail.reading import is_local, routes, same_meaning
from tests.support.hosts import STORY_SMTPROUTES

PATH = "qmail:smtproutes"


def test_no_files() -> None:
    """Without smtproutes qmail sends everything by MX."""
    assert routes({}) == {"the rest of the world": "direct (MX)"}
    assert routes({PATH: None, "qmail:me": None}) == {"the rest of the world": "direct (MX)"}


def test_the_story() -> None:
    """Every key in words."""
    assert routes({PATH: STORY_SMTPROUTES + b"partner.example:\n", "qmail:me": b"edge.kamata-net.com\n"}) == {
        "the rest of the world": "mail.asahi-net.or.jp:25",
        "kamata-net.com": "192.168.0.100:25",
        "partner.example": "direct (MX)",
    }


def test_no_password_in_the_words() -> None:
    """Neither in the next hop nor in a key that is a relay gone astray."""
    content = b":relay:587|user|s3cret\nrelay|user|s3:cret\n"

    assert routes({PATH: content}) == {
        "the rest of the world": "relay:587 and hidden text",
        "relay…": "hidden text",
    }


def test_lines_for_local_domains_have_no_row() -> None:
    """They route nothing, so taking them out changes no route."""
    contents = {
        PATH: b"here.test:x\n.v.test:x\na.v.test:x\nok.v.test:x\nv.test:x\n",
        "qmail:locals": b"here.test\n",
        "qmail:virtualdomains": b".v.test:v\nok.v.test:\n",
    }

    assert routes(contents) == {"the rest of the world": "direct (MX)", "ok.v.test": "x:25", "v.test": "x:25"}


def test_a_line_for_every_domain_makes_the_rest_local() -> None:
    """No route is used then."""
    assert routes({PATH: STORY_SMTPROUTES, "qmail:virtualdomains": b":all\n"}) == {"the rest of the world": "local"}


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (b"here.test", True),
        (b"HERE.test", True),
        (b".here.test", False),
        (b".v.test", True),
        (b".a.v.test", True),
        (b"a.v.test", True),
        (b"v.test", False),
        (b".ok.v.test", False),
    ],
)
def test_is_local(key: bytes, *, expected: bool) -> None:
    """A `.suffix` is local by virtualdomains alone: locals has no wildcards."""
    controls = Controls(locals=frozenset({b"here.test"}), virtualdomains={b".v.test": b"v", b".ok.v.test": b""})

    assert is_local(controls, key) is expected


@pytest.mark.parametrize(
    "actual",
    [
        b":mail.asahi-net.or.jp\nkamata-net.com:192.168.0.100\n",
        b"# mine\n\nkamata-net.com:192.168.0.100\n:mail.asahi-net.or.jp",
        b"Kamata-Net.COM:192.168.0.100 \t\n:mail.asahi-net.or.jp:25\n",
        b"kamata-net.com:[192.168.0.100]\n:mail.asahi-net.or.jp\n",
        b"kamata-net.com:10.0.0.1\nkamata-net.com:192.168.0.100\n:mail.asahi-net.or.jp\n",
    ],
)
def test_the_same_meaning(actual: bytes) -> None:
    """Order, comments, white space, case of keys, `:25`, brackets and overruled duplicates change nothing."""
    assert same_meaning(PATH, actual, STORY_SMTPROUTES)


@pytest.mark.parametrize(
    "actual",
    [
        b"kamata-net.com:192.168.0.100\n",
        STORY_SMTPROUTES + b"a.test:\n",
        STORY_SMTPROUTES.replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + STORY_SMTPROUTES,
        b"kamata-net.com:192.168.0.100\n:mail.asahi-net.or.jp:26\n",
        b"kamata-net.com:192.168.0.100\n:mail.asahi-net.or.jp:25|user|s3cret\n",
        b"kamata-net.com:192.168.0.100\n:mail.asahi-net.or.jp:25 user s3cret\n",
        b"kamata-net.com:192.168.0.100\n:Mail.asahi-net.or.jp\n",
    ],
)
def test_another_meaning(actual: bytes) -> None:
    """Credentials that classic qmail ignores are a difference too: another flavour would use them."""
    assert not same_meaning(PATH, actual, STORY_SMTPROUTES)


def test_other_files_mean_what_they_are() -> None:
    """What nobody reads as lines is compared as it is."""
    assert same_meaning("qmail:authsenders", b"a\n", b"a\n")
    assert not same_meaning("qmail:authsenders", b"a\n", b"a")


@pytest.mark.parametrize(
    ("path", "one", "other", "is_same"),
    [
        (LOCALS, b"a.example\nb.example\n", b"# ours\nB.example\na.example \na.example", True),
        (LOCALS, b"a.example\n", b"a.example\r\n", False),
        (RCPTHOSTS, b".a.example\n", b"a.example\n", False),
        (RCPTHOSTS, b"", b"# nothing\n", True),
        (VIRTUALDOMAINS, b"a:x\nb:y\n", b"b:y\nA:z\na:x\nno colon\n", True),
        (VIRTUALDOMAINS, b"a:x\n", b"a:X\n", False),
        (ME, b"mx.example\n", b"mx.example \nwhat qmail does not read\n", True),
        (HELOHOST, b"mx.example\n", b"# mx.example\n", False),
    ],
)
def test_files_of_names(path: str, one: bytes, other: bytes, *, is_same: bool) -> None:
    """Lists mean their entries, whatever their order; one-line files mean their line."""
    assert same_meaning(path, one, other) is is_same
