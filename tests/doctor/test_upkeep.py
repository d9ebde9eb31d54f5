"""SASL, clock, queue."""

from __future__ import annotations

from relayconf.doctor.upkeep import clock, queue, sasl
from relayconf.doctor.values import Code, Level
from relayconf.model import MtaName


def test_clock() -> None:
    """Two minutes either way are nothing; what is no number says nothing."""
    assert clock("1000", 1100.0).code is Code.CLOCK_RIGHT
    assert clock("1000", 1121.0).text.startswith("the host's clock is 121 s behind that of this machine")
    ahead = clock("5000", 1000.5)
    assert (ahead.code, ahead.level) == (Code.CLOCK_WRONG, Level.WARNING)
    assert "4000 s ahead of" in ahead.text
    for text in (None, "", "x", "9" * 16, "٣"):
        assert clock(text, 1.0).level is Level.UNKNOWN


def test_queue() -> None:
    """As Postfix's facts and qmail's folders tell; old mail is a warning."""

    def of_postfix(text: str) -> tuple[Code, Level, str]:
        found = queue(MtaName.POSTFIX, {"postfix.queue": text}, "77")
        return found.code, found.level, found.text

    assert of_postfix("0 0")[:2] == (Code.QUEUE_EMPTY, Level.OK)
    assert of_postfix("1 60") == (Code.QUEUE_WAITS, Level.INFO, "1 message waits, the oldest for 0:01:00")
    assert of_postfix("412 10800") == (Code.QUEUE_WAITS, Level.WARNING, "412 messages wait, the oldest for 3:00:00")
    assert of_postfix("x")[1] is Level.UNKNOWN
    assert of_postfix("")[1] is Level.UNKNOWN
    assert queue(MtaName.QMAIL, {}, "3").text == "3 messages wait"
    assert queue(MtaName.QMAIL, {}, None).code is Code.QUEUE_UNKNOWN


def test_sasl() -> None:
    """Only Postfix has plug-ins, and only a password needs them."""
    for word, code in (("yes", Code.SASL_PRESENT), ("no", Code.SASL_MISSING), ("unknown", Code.SASL_UNKNOWN)):
        assert [item.code for item in sasl(MtaName.POSTFIX, {"postfix.sasl": word}, needed=True)] == [code]
    assert not [*sasl(MtaName.POSTFIX, {"postfix.sasl": "no"}, needed=False)]
    assert not [*sasl(MtaName.QMAIL, {}, needed=True)]
