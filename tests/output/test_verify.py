"""The words of `relayconf verify`."""

from __future__ import annotations

from relayconf.authentication import noted
from relayconf.errors import Unreachable
from relayconf.output.verify import beside_apply, headers, verified
from relayconf.rejections import categories
from relayconf.result import FleetResult, HostResult, Status
from relayconf.verification import Outcome, Verified, unknown
from relayconf.visits import Visited

_PASS = Verified(outcome=Outcome.PASS, said="it takes sender and recipient", evidence="a \x1b[31mline", tls="Verified")
_FAIL = Verified(outcome=Outcome.FAIL, said="greylisting", evidence="450", category=categories()["greylisted"])


def _visited(
    *results: HostResult, **values: tuple[tuple[str, Verified], ...]
) -> Visited[tuple[tuple[str, Verified], ...]]:
    return Visited(fleet=FleetResult(results=results), values=values)


def test_hosts() -> None:
    """Outcome, evidence, TLS, meaning and cure; hosts without relays and hosts that did not answer; the sums."""
    failed = HostResult(host="c", status=Status.FAILED, error=Unreachable("no route"))
    text = verified(
        _visited(failed, a=(("isp:465", _PASS), ("ses:587", _FAIL)), b=(), d=(("x:25", unknown("no log")),))
    )

    assert text == (
        "a\n"
        "  isp:465   pass   it takes sender and recipient\n"
        "                   a \\x1b[31mline\n"
        "                   Verified\n"
        "  ses:587   fail   greylisting\n"
        "                   450\n"
        "                   The receiver lets unknown senders try again later.\n"
        "                   Nothing to do: the MTA retries. If it goes on for hours, the retries come from changing "
        "addresses.\n"
        "\n"
        "b   no relay to test: mail goes direct, or to a host of ours\n"
        "\n"
        "d\n"
        "  x:25   unknown   no log\n"
        "\n"
        "c   failed, nothing changed: no route\n"
        "\n"
        "Verify: 1 pass, 1 fail, 1 unknown"
    )


def test_nothing_to_test() -> None:
    """Is said."""
    assert verified(_visited()) == "Verify: nothing to test"


def test_headers() -> None:
    """What the receiver noted, what that is, and the cure."""
    header = b"Received-SPF: softfail x\nAuthentication-Results: mx.example; dkim=none; dmarc=pass\n"

    assert headers(noted(header)) == (
        "spf     fail      softfail\n"
        "                  Received-SPF: softfail x\n"
        "                  `relayconf spf plan` says what the sender's domain has to publish\n"
        "dkim    unknown   none\n"
        "                  Authentication-Results: mx.example; dkim=none; dmarc=pass\n"
        "dmarc   pass      pass\n"
        "                  Authentication-Results: mx.example; dkim=none; dmarc=pass\n"
        "                  SPF or DKIM passes for the domain in From"
    )
    assert headers(()) == "unknown   the header has neither Received-SPF nor Authentication-Results"


def test_hosts_that_were_just_changed() -> None:
    """The way out names those whose relays refuse, and nobody where none does."""
    bad, good = (("x:25", _FAIL),), (("x:25", _PASS),)
    hint = "the change is live, nothing was rolled back; `relayconf rollback mx1 mx2` undoes it"

    assert beside_apply(_visited(mx1=bad, mx2=bad, mx3=good)).endswith(f"\n\nVerify: 1 pass, 2 fail\n  hint: {hint}")
    assert beside_apply(_visited(mx3=good)).endswith("\n\nVerify: 1 pass")
