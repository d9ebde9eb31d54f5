"""Texts of rejections and what they mean."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from relayconf.rejections import Speaker, categories, classify

ROOT = Path(__file__).parents[1]
SAMPLES: list[dict[str, str]] = json.loads((ROOT / "tests/data/bounces/samples.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: str(sample["id"]))
def test_samples(sample: dict[str, str]) -> None:
    """Texts from servers in the wild, each with its source."""
    verdict = classify(sample["text"])

    assert verdict is not None
    assert (verdict.category.code, verdict.by) == (sample["category"], sample["speaker"])


def test_there_are_enough_samples() -> None:
    """So that none is lost."""
    assert len(SAMPLES) == 108


def test_unknown_text_is_not_guessed_at() -> None:
    """Neither phrases nor codes."""
    assert classify("550 Computer says no") is None
    assert classify("550 5.0.0 Computer says no", reply=550, enhanced="5.0.0") is None
    assert classify("") is None


def test_codes_speak_where_words_do_not() -> None:
    """The enhanced code before the reply code; whoever said it."""
    for reply, enhanced, code in (
        (550, "5.7.25", "no-ptr"),
        (421, "4.7.25", "no-ptr"),
        (530, None, "auth-required"),
        (535, "5.7.0", "auth-failed"),
        (552, "5.3.4", "size"),
    ):
        verdict = classify("Njet", reply=reply, enhanced=enhanced)
        assert verdict is not None
        assert (verdict.category.code, verdict.by) == (code, None)


def test_a_reply_of_several_lines_is_one_text() -> None:
    """The code that each line repeats does not part a phrase."""
    text = "550-5.7.1 [192.0.2.1] The IP is not authorized to\n550-5.7.1 send email directly to our\n550 5.7.1 servers"

    verdict = classify(text)

    assert verdict is not None
    assert (verdict.category.code, verdict.by) == ("ip-policy-listed", Speaker.RECEIVER)


def test_gaps_keep_their_order() -> None:
    """A phrase's second part has to stand behind its first."""
    gone = classify("your message exceeds 10 MB, see our message size limits")
    other_way_round = classify("connection timed out for connect to x")

    assert gone is not None
    assert gone.category.code == "size"
    assert other_way_round is not None
    assert classify("hops exceeded") is None


def test_what_the_server_said_counts_before_what_qmail_says_around_it() -> None:
    """qmail-remote writes "but greeting failed" around every reply to a connection; alone it is all that is known."""
    frame = "Connected to 192.0.2.77 but greeting failed.\nRemote host said: "

    for reply, code in (
        ("554 5.7.1 192.0.2.25 is listed at zen.spamhaus.org (PBL)", "ip-policy-listed"),
        ("554 192.0.2.25 is listed at bl.example", "ip-reputation"),
        ("421 too many connections", "rate-receiver"),
        ("554 no", "connect-refused"),
    ):
        verdict = classify(frame + reply)
        assert verdict is not None
        assert verdict.category.code == code


def test_every_category_is_documented() -> None:
    """docs/bounces.md has each code with its meaning and cure, and no other."""
    page = (ROOT / "docs/bounces.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `")]

    assert rows == [
        f"| `{item.code}` | {item.title} | {item.meaning} | {item.cure} |" for item in categories().values()
    ]
