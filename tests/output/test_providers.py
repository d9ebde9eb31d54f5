"""Providers for humans and machines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from relayconf.inventory import load
from relayconf.output.providers import as_json, page, table
from relayconf.providers import every

PROVIDERS = every()


def test_table() -> None:
    """A line for each, with the port to use; what differs by region says so."""
    lines = table([PROVIDERS[name] for name in ("asahi-net", "amazon-ses", "tiki")]).splitlines()

    assert [line.split()[0] for line in lines] == ["name", "asahi-net", "amazon-ses", "tiki"]
    assert lines[1].split("  ")[-1] == "password"
    assert "mail.asahi-net.or.jp" in lines[1]
    assert "465 (implicit TLS)" in lines[1]
    assert "email-smtp.REGION.amazonaws.com" in lines[2]
    assert "587 (STARTTLS)" in lines[2]
    assert "587 (no TLS)" in lines[3]


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        (
            "asahi-net",
            ["asahi-net: ASAHI-NET (isp, JP); confidence: high", "provider: asahi-net", "SMTP AUTH recommended"],
        ),
        (
            "amazon-ses",
            ["region: us-east-1", "region ap-northeast-1", "40,000,000 bytes", "refused: 501", "2026-11-24"],
        ),
        ("sendgrid", ["username: apikey,", "`apikey` for everybody", "5,000 messages per connection"]),
        ("m365-smtp-auth", ["password until  2026-12-31", "From must be the mailbox"]),
        ("google-workspace-relay", ["ip, password, xoauth2; not required"]),
        ("onamae", ["its certificate is for another name", "host: relay.example.net  # smtp.<domain>"]),
        ("zoho", ["include:zohomail.com (com)", "other data centres"]),
        ("ocn", ["SPF lead", "the TXT record of ocn.ne.jp"]),
        ("postmark", ["notes", "no port 465 at all"]),
    ],
)
def test_page(name: str, texts: list[str]) -> None:
    """Everything that is known, with where it was read."""
    text = page(PROVIDERS[name])

    assert [item for item in texts if item not in text] == []
    assert all(
        source.url in text and source.date in text for kind in PROVIDERS[name].sources.values() for source in kind
    )


def test_a_source_stands_once_with_its_facts() -> None:
    """Not once for each of them."""
    lines = page(PROVIDERS["asahi-net"]).splitlines()

    assert sum("support/guide/mail/0600.html" in line for line in lines) == 1
    assert "hosts, auth, spf, senders, notes: page http" in page(PROVIDERS["asahi-net"])


@pytest.mark.parametrize("name", [name for name, one in PROVIDERS.items() if not one.login.xoauth2_only])
def test_the_lines_are_an_inventory(name: str, tmp_path: Path) -> None:
    """What is shown can be pasted."""
    lines = page(PROVIDERS[name]).split("\n\n")[1]
    path = tmp_path / "inventory.yaml"
    path.write_text(f"version: 1\nmta: postfix\nrelay: isp\n{lines}\nhosts: {{mx1: {{}}}}\n", encoding="utf-8")

    assert load(path).relays["isp"].provider == name


def test_json() -> None:
    """The same for machines."""
    value = json.loads(as_json(list(PROVIDERS.values())))

    assert (value["format"], len(value["providers"])) == (1, len(PROVIDERS))
    first = value["providers"][0]
    assert (first["name"], first["sites"][0]["ports"][0]) == ("asahi-net", {"number": 465, "tls": "implicit"})
    assert yaml.safe_load(first["inventory"])["relays"]["isp"]["provider"] == "asahi-net"
    assert first["sources"]["hosts"][0]["date"] == "2026-11-24"
