"""What log lines and reports are judged to be; the lines are those of real programs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from relayconf.model import Endpoint, Smarthost, TlsLevel
from relayconf.verification import Outcome, Verified, judge_postfix, judge_qmail, judge_report
from tests.support.hosts import ISP

_ENDPOINT = Endpoint(port=465, tls=TlsLevel.SECURE, auth=True)
_TARGET = Smarthost(relay=replace(ISP, host="isp.relays.test"), endpoint=_ENDPOINT)
_HEAD = "Nov 24 18:28:03 mail1 postfix/smtp[1149]: B40EC3F4: to=<you@world.test>, "
_DELAYS = "delay=0.01, delays=0/0/0/0, "
_THERE = f"relay=isp.relays.test[10.87.0.100]:465, {_DELAYS}"
_SAID = "host isp.relays.test[10.87.0.100] said: "
_SERVER = "server isp.relays.test[10.87.0.100] said: "
_GOOD = f"{_HEAD}{_THERE}dsn=2.1.5, status=deliverable (250 2.1.5 Ok)"


def _one(rest: str) -> Verified:
    return judge_postfix([_HEAD + rest], _TARGET)


def test_what_passes() -> None:
    """With its server and what was logged of TLS there; local parts are other people's."""
    tls = (
        "Nov 24 18:28:03 mail1 postfix/smtp[1149]: Verified TLS connection established to isp.relays.test[10.8.0.1]:465"
    )
    judged = judge_postfix([tls, _GOOD], _TARGET)

    assert judged.outcome is Outcome.PASS
    assert (judged.said, judged.relay) == ("it takes sender and recipient", "isp.relays.test[10.87.0.100]:465")
    assert judged.tls == "Verified TLS connection established to isp.relays.test[10.8.0.1]:465"
    assert judged.evidence == _GOOD.replace("you@", "…@")
    assert judge_postfix([_GOOD], None).tls is None


def test_tls_in_the_line_itself() -> None:
    """As Postfix 3.11 logs it."""
    line = _GOOD.replace("delays=0/0/0/0, ", "delays=0/0/0/0, tls=secure, ")

    assert judge_postfix([line], _TARGET).tls == "tls=secure"


def test_a_message_that_was_taken() -> None:
    """Sent is more than deliverable."""
    judged = _one(f"{_THERE}dsn=2.0.0, status=sent (250 2.0.0 Ok: recorded)")

    assert (judged.outcome, judged.said) == (Outcome.PASS, "it took the message")


@pytest.mark.parametrize(
    ("rest", "outcome", "code"),
    [
        (
            f"{_THERE}dsn=4.7.8, status=undeliverable (SASL authentication failed; {_SERVER}535 5.7.8 no)",
            "fail",
            "auth-failed",
        ),
        (f"{_THERE}dsn=4.2.0, status=undeliverable ({_SAID}450 4.2.0 Greylisted, try again)", "unknown", "greylisted"),
        (f"{_THERE}dsn=4.7.28, status=deferred ({_SAID}421 4.7.28 slow down)", "unknown", "rate-receiver"),
        (f"{_THERE}dsn=4.3.2, status=undeliverable ({_SAID}451 4.3.2 busy)", "unknown", "server-busy"),
        (f"{_THERE}dsn=4.9.9, status=undeliverable ({_SAID}450 4.9.9 hm)", "unknown", None),
        (f"{_THERE}dsn=5.9.9, status=undeliverable ({_SAID}550 5.9.9 hm)", "fail", None),
        (f"{_THERE}dsn=5.9.9, status=SOFTBOUNCE ({_SAID}550 5.9.9 hm)", "fail", None),
        (f"{_THERE}dsn=5.3.2, status=bounced ({_SAID}550 5.3.2 hm)", "fail", "server-busy"),
        (
            f"relay=none, {_DELAYS}dsn=4.4.1, status=undeliverable (connect to a[10.8.0.1]:465: Connection refused)",
            "fail",
            "connect-refused",
        ),
    ],
)
def test_what_does_not(rest: str, outcome: str, code: str | None) -> None:
    """Greylisting and limits are no failure; a login that is refused is one, though Postfix would try again."""
    judged = _one(rest)

    assert (judged.outcome, judged.category.code if judged.category else None) == (outcome, code)


@pytest.mark.parametrize(
    "relay", ["local", "mx.world.test[10.87.0.80]:465", "isp.relays.test[10.87.0.100]:25", "isp.relays.test[10.0.0.1]"]
)
def test_another_way(relay: str) -> None:
    """What another server says proves nothing of the relay."""
    judged = judge_postfix([_HEAD + f"relay={relay}, {_DELAYS}dsn=2.0.0, status=deliverable (250 Ok)"], _TARGET)

    assert judged.outcome is Outcome.UNKNOWN
    assert judged.said.startswith(f"mail to this recipient does not go to isp:465, but to {relay}: ")


def test_a_relay_by_its_address() -> None:
    """As the inventory may name it."""
    target = replace(_TARGET, relay=replace(ISP, host="10.87.0.100"))

    assert judge_postfix([_GOOD], target).outcome is Outcome.PASS


@pytest.mark.parametrize("lines", [[], ["Nov 24 mail1 postfix/smtp[1]: hello"]])
def test_lines_without_a_status(lines: list[str]) -> None:
    """A host that says nothing proves nothing."""
    assert judge_postfix(lines, _TARGET).outcome is Outcome.UNKNOWN


def test_a_status_that_nobody_knows() -> None:
    """Is shown."""
    judged = _one(f"{_THERE}dsn=2.0.0, status=filtered (hm)")

    assert (judged.outcome, judged.said) == (Outcome.UNKNOWN, "the MTA calls it filtered")


@pytest.mark.parametrize(
    ("outcome", "text", "expected"),
    [
        ("pass", "it takes sender and recipient", "pass"),
        ("fail", "Connected to 192.0.2.1 but sender was rejected. Remote host said: 530 5.7.0 login", "fail"),
        ("fail", "something odd", "fail"),
        ("unknown", "192.0.2.1 does not like recipient. Remote host said: 450 4.2.0 greylisted", "unknown"),
        ("unknown", "no end within 30 s", "unknown"),
        ("unknown", "Sorry, I wasn't able to establish an SMTP connection. (#4.4.1)", "fail"),
    ],
)
def test_reports_of_qmail_remote(outcome: str, text: str, expected: str) -> None:
    """The host's verdict, and what the words mean."""
    assert judge_report(outcome, text).outcome == expected


@pytest.mark.parametrize(
    ("end", "outcome", "relay"),
    [
        ("success: 192.0.2.7_accepted_message./Remote_host_said:_250_ok/", "pass", "192.0.2.7"),
        ("success: did_0+0+1/", "unknown", None),
        ("failure: 192.0.2.7_does_not_like_recipient./Remote_host_said:_550_no/Giving_up_on_192.0.2.7./", "fail", None),
        ("deferral: 192.0.2.7_does_not_like_recipient./Remote_host_said:_451_4.7.1_greylisted/", "unknown", None),
    ],
)
def test_deliveries_of_qmail(end: str, outcome: str, relay: str | None) -> None:
    """By its log; a local delivery is not what was asked."""
    judged = judge_qmail(["starting delivery 1: msg 2 to remote you@world.test", f"delivery 1: {end}"])

    assert (judged.outcome, judged.relay) == (outcome, relay)


def test_no_delivery_of_qmail() -> None:
    """No lines, no verdict."""
    assert judge_qmail([]).outcome is Outcome.UNKNOWN
