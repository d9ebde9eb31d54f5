"""What a receiver's header is taken to say."""

from __future__ import annotations

import pytest

from relayconf.authentication import Noted, noted

_SPF = (
    b"Received-SPF: Softfail (mailfrom) identity=mailfrom; client-ip=202.224.39.55;\n"
    b" helo=mail.asahi-net.or.jp; envelope-from=me@kamata-net.com; receiver=icloud.com\n"
)
_RESULTS = (
    b"Authentication-Results: mx.icloud.com; spf=pass (a;b (c) d) smtp.mailfrom=kamata-net.com;\n"
    b"\tdkim=none; dmarc=fail (p=none) header.from=kamata-net.com\n"
)


def _short(header: bytes) -> list[tuple[str, str, str]]:
    return [(one.method, one.word, one.outcome) for one in noted(header)]


def test_received_spf() -> None:
    """With its line as evidence, on one line."""
    assert noted(_SPF + b"Subject: x\n\nReceived-SPF: pass\n") == (
        Noted(
            method="spf",
            word="softfail",
            outcome="fail",
            evidence="Received-SPF: Softfail (mailfrom) identity=mailfrom; client-ip=202.224.39.55; "
            "helo=mail.asahi-net.or.jp; envelope-from=me@kamata-net.com; receiver=icloud.com",
        ),
    )


def test_authentication_results() -> None:
    """Semicolons in comments part nothing."""
    assert _short(_RESULTS) == [
        ("spf", "pass", "pass"),
        ("dkim", "none", "unknown"),
        ("dmarc", "fail", "fail"),
    ]


def test_what_stands_above_wins() -> None:
    """What is below came with the message, or from servers before; another server's results do not count."""
    other = b"Authentication-Results: forged.example; dkim=pass; dmarc=pass\n"

    assert _short(b"Received-SPF: pass\nReceived-SPF: fail\n") == [("spf", "pass", "pass")]
    assert _short(b"Authentication-Results: mx.example; spf=pass\n" + other) == [("spf", "pass", "pass")]
    assert _short(_SPF + _RESULTS)[0] == ("spf", "softfail", "fail")


def test_results_in_several_fields_of_one_server() -> None:
    """All count; so do version numbers, and any case."""
    header = b"Authentication-Results: MX.example 1; SPF/1 = Fail\nAuthentication-Results: mx.example; dkim=pass\n"

    assert _short(header) == [("spf", "fail", "fail"), ("dkim", "pass", "pass")]


@pytest.mark.parametrize(
    "header", [b"", b"Subject: x\n", b"Received-SPF: 7\n", b"Authentication-Results: ;;=\n", b"\xff\n"]
)
def test_nothing_to_see(header: bytes) -> None:
    """Is no result."""
    assert noted(header) == ()


@pytest.mark.parametrize("above", [b"\r\n\r\n", b"From me@kamata-net.com Tue Nov 24 19:02:46 2026\n", b"see here\n\n"])
def test_pasted_with_something_above(above: bytes) -> None:
    """As it happens."""
    assert _short(above + _SPF) == [("spf", "softfail", "fail")]


@pytest.mark.parametrize(
    ("word", "outcome"), [("none", "unknown"), ("neutral", "unknown"), ("temperror", "unknown"), ("permerror", "fail")]
)
def test_other_words(word: str, outcome: str) -> None:
    """Neither is a pass."""
    assert _short(f"Received-SPF: {word} x\n".encode()) == [("spf", word, outcome)]
