"""What a host's relays would refuse, told from the inventory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from relayconf.facts import Finding, Severity
from relayconf.model import (
    Credentials,
    Direct,
    Endpoint,
    Host,
    Internal,
    Local,
    Mx,
    Nexthop,
    Relay,
    SecretRef,
    SenderRoute,
    Smarthost,
    Target,
    TlsLevel,
)
from relayconf.relay_rules import MAX_NAMES, findings
from tests.mta.postfix.hosts import host

NOTHING: Mapping[str, Target] = {}
NO_REWRITE: Mapping[str, str] = {}


def _relay(provider: str | None = None, senders: Sequence[str] = (), username: str | None = "u") -> Smarthost:
    endpoint = Endpoint(port=587, tls=TlsLevel.SECURE, auth=username is not None)
    credentials = Credentials(username=username, password=SecretRef(kind="env", value="P")) if username else None
    relay = Relay(
        name="isp",
        host="relay.test",
        endpoints=(endpoint,),
        credentials=credentials,
        senders=tuple(senders),
        provider=provider,
    )
    return Smarthost(relay=relay, endpoint=endpoint)


def _host(
    target: Smarthost | Direct, domains: Mapping[str, Target] = NOTHING, rewrite: Mapping[str, str] = NO_REWRITE
) -> Host:
    return host(target, domains=domains, rewrite=rewrite)


def _by_code(host: Host) -> Mapping[str, Finding]:
    return {finding.code: finding for finding in findings(host)}


OURS: Mapping[str, Target] = {
    "a.example": Local(),
    "b.example": Internal(nexthop=Nexthop(host="store.test")),
    ".c.example": Local(),
    "d.example": Mx(),
}


def test_senders_that_the_inventory_does_not_list() -> None:
    """Domains of ours that are delivered here or inside; not those that leave, or whose names are not known."""
    found = _by_code(_host(_relay(senders=["@a.example", "x@e.example"]), OURS))["relay-senders"]

    assert found.severity is Severity.WARNING
    assert found.text == "the relay isp lets us send as @a.example, x@e.example, but not as b.example"


@pytest.mark.parametrize("rewrite", [NO_REWRITE, {"@b.example": "@a.example"}, {"@b.example": "all@a.example"}])
def test_senders_that_are_rewritten_are_fine(rewrite: Mapping[str, str]) -> None:
    """Then they leave as something else."""
    senders = ["@a.example"] if rewrite else ["@a.example", "@b.example"]

    assert findings(_host(_relay(senders=senders), OURS, rewrite)) == ()


def test_many_domains_are_counted() -> None:
    """Only the first ones are named."""
    domains: Mapping[str, Target] = {f"d{number}.example": Local() for number in range(MAX_NAMES + 2)}
    found = _by_code(_host(_relay(senders=["@a.example"]), domains))["relay-senders"]

    assert found.text.endswith("not as d0.example, d1.example, d2.example, d3.example, d4.example and 2 more")


def test_a_provider_that_restricts_senders() -> None:
    """Is named with its rule, as long as the inventory does not say what it takes."""
    found = _by_code(_host(_relay("sendgrid", username="apikey"), OURS))

    assert found["provider-senders"].text.startswith("Twilio SendGrid restricts senders (verified sender identity")
    assert found["provider-senders"].text.endswith("mail of this host leaves as a.example, b.example")
    assert "provider-username" not in found
    assert findings(_host(_relay("sendgrid", ["@a.example", "@b.example"], "apikey"), OURS)) == ()
    assert findings(_host(_relay("sendgrid", username="apikey"))) == ()


def test_a_provider_that_takes_all_senders_is_not_named() -> None:
    """Nor one of which nothing is known."""
    assert findings(_host(_relay("asahi-net"), OURS)) == ()
    assert findings(_host(_relay("ocn"), OURS)) == ()


def test_a_relay_without_provider_and_senders_says_nothing() -> None:
    """Nothing is known of it; nor is there a relay when all goes direct."""
    assert findings(_host(_relay(), OURS)) == ()
    assert findings(_host(Direct(), OURS)) == ()


def test_null_sender_and_size() -> None:
    """Bounces that cannot leave are a warning, the largest message a note."""
    found = _by_code(_host(_relay("amazon-ses")))

    assert found["provider-null-sender"].severity is Severity.WARNING
    assert "501 Invalid MAIL FROM address provided" in found["provider-null-sender"].text
    assert (found["provider-size"].severity, "40 MB" in found["provider-size"].text) == (Severity.NOTE, True)


def test_logins() -> None:
    """The day when passwords end, and a user name that is not the one for everybody."""
    assert "until 2026-12-31 only" in _by_code(_host(_relay("m365-smtp-auth")))["provider-password-ends"].text
    assert _by_code(_host(_relay("m365-smtp-auth", username=None))) == {}
    found = _by_code(_host(_relay("sendgrid", username="hunter2")))["provider-username"].text
    assert "`apikey` for everybody" in found
    assert "hunter2" not in found


def test_relays_of_routes_count() -> None:
    """Each relay once, however many routes lead there."""
    target = _relay("amazon-ses")
    wanted = host(Direct(), routes={"x.example": target, "y.example": target})

    assert [finding.code for finding in findings(wanted)] == ["provider-null-sender", "provider-size"]


def test_a_sender_s_relay_is_for_its_domain_alone() -> None:
    """It need not let us send as the others, nor the default one as this one; bounces name no domain."""
    default = _relay(senders=["@b.example"])
    own = replace(default, relay=replace(default.relay, name="own", senders=("@x.example",)))
    senders = {
        "@a.example": SenderRoute(target=own),
        "u@b.example": SenderRoute(target=own),
        "<>": SenderRoute(target=own),
    }
    found = findings(replace(_host(default, OURS), senders=senders))

    assert [item.text for item in found] == [
        "the relay own lets us send as @x.example, but not as a.example, b.example"
    ]
