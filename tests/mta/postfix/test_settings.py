"""Parameters that the inventory sets freely."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from relayconf.connection import Ssh
from relayconf.model import Host
from relayconf.mta.postfix import desired, findings, refusals, render
from relayconf.mta.postfix.state import for_services
from tests.mta.postfix.hosts import BUILT_IN, State, facts, host, relay, secret, settled, tls_of
from tests.mta.postfix.serving import values_of


def asking(**settings: str) -> Host:
    """A host with a relay and *settings*."""
    return replace(host(relay("a")), settings=settings)


@pytest.mark.parametrize(
    ("name", "reason", "way_out"),
    [
        ("relayhost", "relayconf manages it itself", "`relay`"),
        ("smtp_generic_maps", "relayconf manages it itself", "`rewrite`"),
        ("smtp_dns_support_level", "relayconf manages it itself", "leave it to relayconf"),
        ("relayconf_maps", "relayconf manages it itself", "leave it to relayconf"),
        ("relayconf-tls_destination_rate_delay", "relayconf manages it itself", "leave it to relayconf"),
        ("content_filter", "it changes where mail goes behind relayconf's back", "`relay`, `routes` and `domains`"),
        (
            "mynetworks",
            "it decides who may send through this host, and so through its smarthost",
            "set it in main.cf by hand",
        ),
        ("queue_directory", "it takes more than a reload, or moves what is running", "set it in main.cf by hand"),
    ],
)
def test_refused(name: str, reason: str, way_out: str) -> None:
    """Each by its name with the reason and the way out; what is harmless beside it is not."""
    (finding,) = refusals(asking(**{name: "x", "smtp_helo_name": "x"}))

    assert (finding.code, finding.text, finding.ways_out) == (
        "postfix-setting-managed",
        f"`settings` cannot set {name}: {reason}",
        (way_out,),
    )


def test_the_helper_writes_none() -> None:
    """It was made to refuse whatever relayconf does not set by itself."""
    wanted = replace(asking(smtp_helo_name="x"), ssh=Ssh(become="helper"))

    assert [(one.code, one.text) for one in refusals(wanted)] == [
        ("postfix-setting-helper", "the helper on this host writes no `settings`: smtp_helo_name")
    ]
    assert refusals(replace(host(relay("a")), ssh=Ssh(become="helper"))) == ()


def told(settings: Mapping[str, str], **defaults: str) -> list[str]:
    """What is said of *settings* on a host whose Postfix has these *defaults*."""
    wanted = asking(**settings)
    found = facts(values={f"postfix.default.{name}": value for name, value in defaults.items()})
    texts = findings(wanted, found, desired(wanted, found, render(wanted, BUILT_IN, secret)))
    return [f"{one.code}: {one.text}" for one in texts]


def test_unknown_to_the_host() -> None:
    """All of them in one finding, with the release that does not know them."""
    assert told({"smtp_helo_nmae": "x", "qmail": "y", "smtp_helo_name": "z"}, smtp_helo_name="$myhostname") == [
        (
            "postfix-setting-unknown: `settings` has parameters that Postfix 3.7.11 on this host does not know: "
            "smtp_helo_nmae, qmail"
        )
    ]


@pytest.mark.parametrize(
    ("value", "default", "kind"),
    [
        ("true", "no", "`yes` or `no`"),
        ("yes", "no", None),
        ("${x?yes}", "no", None),
        ("soon", "300s", "a time such as `90s`, `5m`, `2h` or `1d`"),
        ("5 m", "300s", "a time such as `90s`, `5m`, `2h` or `1d`"),
        ("90", "300s", None),
        ("5m", "300s", None),
        ("many", "20", "a number"),
        ("-1", "20", None),
        ("many", "mail.test", None),
        ("many", "-", None),
    ],
)
def test_values(value: str, default: str, kind: str | None) -> None:
    """A value of another kind than the default's would kill daemons; Postfix's own checks do not see it."""
    expected = [] if kind is None else [f"postfix-setting-value: `settings`: smtp_x must be {kind}"]
    assert told({"smtp_x": value}, smtp_x=default) == expected


def test_for_services() -> None:
    """Parameters named after the service hold for relayconf's copies of it too; all others do by themselves."""
    settings = {"smtp_destination_rate_delay": "2s", "smtp_helo_name": "x", "default_destination_rate_delay": "1s"}

    assert for_services(settings, {"relayconf-tls", "relayconf-a"}) == {
        "relayconf-a_destination_rate_delay": "2s",
        "relayconf-tls_destination_rate_delay": "2s",
    }


def test_they_come_and_go() -> None:
    """Merged into main.cf with the rest; taken out, the admin's own value is back."""
    admin = b"smtp_helo_name = admin.test\n"
    main = facts().files["postfix:main.cf"].content or b""
    before = State(facts=facts({"postfix:main.cf": main + admin}))
    wanted = replace(
        host(relay("a", 465)), settings={"smtp_helo_name": "mail.test", "smtp_destination_rate_delay": "2s"}
    )

    state = settled(wanted, before)
    during, after = values_of(state), values_of(settled(host(relay("a", 465)), state))

    names = ("smtp_helo_name", "smtp_destination_rate_delay", "relayconf-tls_destination_rate_delay")
    assert [during.get(name) for name in names] == ["mail.test", "2s", "2s"]
    assert [after.get(name) for name in names] == ["admin.test", None, None]


def test_they_go_with_the_switch() -> None:
    """A relay of before that is still spoken to keeps its TLS, not the settings: they may not suit the new one."""
    old = replace(host(tls_of("a", "fingerprint", fingerprints=("AB",))), settings={"smtp_bind_address": "192.0.2.1"})

    after = values_of(settled(old).applied(host(relay("b")))[-1])

    assert after["smtp_tls_fingerprint_digest"] == "sha256"
    assert "smtp_bind_address" not in after
