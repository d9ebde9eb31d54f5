"""The facts about providers: whole, sourced, and read as they are written."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import date
from typing import get_args

import pytest

from relayconf.model import IMPLICIT_TLS_PORTS
from relayconf.providers import DATA, Port, Provider, Rule, TlsKind, every

PROVIDERS = every()
each = pytest.mark.parametrize("provider", PROVIDERS.values(), ids=list(PROVIDERS))

MECHANISMS = {"password", "cram-md5", "xoauth2", "ip", "cert", "none"}
KEYS = {"id", "name", "kind", "country", "confidence", "sites", "region_required", "auth", "senders", "null_sender"}
MORE_KEYS = {"size_limit", "limits", "spf", "notes", "sources"}


def test_all_of_them_are_there() -> None:
    """Each once."""
    names = re.findall(r'^   "id": "(.*)"', DATA.read_text(encoding="utf-8"), re.MULTILINE)

    assert len(names) == len(set(names)) == len(PROVIDERS) == 68


def test_no_key_is_overlooked() -> None:
    """A misspelt key would be a fact that nobody sees."""
    data = json.loads(DATA.read_text(encoding="utf-8"))

    assert [set(entry) - KEYS - MORE_KEYS for entry in data["providers"]] == [set()] * 68
    assert {key for entry in data["providers"] for site in entry["sites"] for key in site} == {
        *("host", "ports", "regions", "note", "foreign_certificate")
    }


def test_no_source_is_left_over() -> None:
    """Each is where some fact was read, says when, and has an address or is one of those that cannot."""
    sources = json.loads(DATA.read_text(encoding="utf-8"))["sources"]
    used = {key for entry in json.loads(DATA.read_text(encoding="utf-8"))["providers"] for key in _keys(entry)}

    assert set(sources) == used
    assert {key for key, source in sources.items() if not source["url"]} == {
        *("operator", "jp_presets", "gh_strings", "ms_presets")
    }
    for source in sources.values():
        assert source["text"]
        assert not source["url"] or re.fullmatch(r"https?://\S+", source["url"])
        assert date(2025, 1, 1) <= date.fromisoformat(source["date"]) <= date(2026, 11, 24)


def _keys(entry: dict[str, dict[str, list[str]]]) -> list[str]:
    return [key for keys in entry["sources"].values() for key in keys]


def _facts(provider: Provider) -> set[str]:
    optional = ("null_sender", "size_limit", "limits", "notes")
    return {"hosts", "auth", "spf", "senders", *(fact for fact in optional if getattr(provider, fact))}


@each
def test_every_fact_has_a_source(provider: Provider) -> None:
    """And no source stands for a fact that is not there."""
    assert set(provider.sources) == _facts(provider)
    assert all(provider.sources.values())


@each
def test_words_are_those_of_the_language(provider: Provider) -> None:
    """What is a word in the code is one of its words in the data."""
    assert provider.kind in {"isp", "hoster", "mailbox", "relay"}
    assert provider.confidence in {"high", "medium", "low"}
    assert provider.country is None or re.fullmatch("[A-Z]{2}", provider.country)
    assert {port.tls for site in provider.sites for port in site.ports} <= set(get_args(TlsKind))
    assert provider.senders.rule in get_args(Rule)
    assert provider.null_sender is None or provider.null_sender.rule == "refused"
    assert set(provider.login.mechanisms) <= MECHANISMS
    assert provider.spf.mode in {"passthrough", "provider_return_path", "subdomain_return_path", "unknown"}
    assert re.fullmatch("[a-z0-9][a-z0-9-]*", provider.name)


@each
def test_texts_can_be_shown_and_pasted(provider: Provider) -> None:
    """No control characters; nothing in the facts comes from an inventory."""
    texts = [provider.title, provider.senders.text, provider.login.username, provider.login.password]
    assert all(text.isprintable() and text for text in texts)
    assert (provider.notes or "").isprintable()
    assert (provider.limits or "").isprintable()
    assert all((site.note or "").isprintable() for site in provider.sites)


@each
def test_servers(provider: Provider) -> None:
    """Names, or what they are made of; TLS from the first byte is on ports that are known for it, or on odd ones."""
    assert provider.sites
    for site in provider.sites:
        assert re.fullmatch(r"([a-z0-9-]|<[A-Za-z-]+>)+(\.([a-z0-9-]|<[a-z-]+>)+)*", site.host)
        assert site.is_named == ("<" not in site.host)
        assert "<region>" not in site.host
        assert site.ports
        for port in site.ports:
            assert not (port.number in IMPLICIT_TLS_PORTS and port.tls == "starttls")
            assert 0 < port.number < 65536
    for name in (provider.spf.include, provider.spf.look_at):
        assert name is None or re.fullmatch(r"[a-z0-9_-]+(\.[a-z0-9_-]+)+", name)


def test_regions_are_expanded() -> None:
    """One server a region; the first one where none is named."""
    ses, zoho = PROVIDERS["amazon-ses"], PROVIDERS["zoho"]

    assert ses.region_required
    assert ses.site("ap-northeast-1").host == "email-smtp.ap-northeast-1.amazonaws.com"
    assert zoho.regions == ("com", "eu", "in", "com.au", "jp", "ca")
    assert (zoho.site(None).host, zoho.site("ca").host) == ("smtp.zoho.com", "smtp.zohocloud.ca")


def test_a_server_can_be_named() -> None:
    """Then its ports count; one that is not known is like the first."""
    asahi = PROVIDERS["asahi-net"]

    assert asahi.site(None, "mailssl.asahi-net.or.jp").ports == (Port(number=465, tls="implicit"),)
    assert asahi.site(None, "mail.example.net") == asahi.sites[0]
    assert (asahi.sites[0].tls(587), asahi.sites[0].tls(2525)) == ("none", None)


def test_what_to_include() -> None:
    """Only where the sender's own record is looked at, and in the regions for which the name is known."""
    assert PROVIDERS["asahi-net"].include(None) == "spf-01.asahi-net.or.jp"
    assert PROVIDERS["amazon-ses"].include("eu-west-1") is None
    assert [PROVIDERS["zoho"].include(region) for region in (None, "com", "eu")] == [
        "zohomail.com",
        "zohomail.com",
        None,
    ]
    assert [PROVIDERS["ionos"].include(region) for region in (None, "de")] == [None, "_spf-eu.ionos.com"]


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("asahi-net", (True, True, False)),
        ("iij4u", (True, True, False)),
        ("outlook-com", (False, True, True)),
        ("m365-smtp-auth", (True, True, False)),
        ("m365-connector", (False, False, False)),
        ("google-workspace-relay", (True, False, False)),
    ],
)
def test_logins(name: str, facts: tuple[bool, bool, bool]) -> None:
    """With a password, with a must, with a token alone."""
    login = PROVIDERS[name].login

    assert (login.takes_password, login.is_required, login.xoauth2_only) == facts


def test_nothing_is_read_before_it_is_asked_for() -> None:
    """Importing costs no file."""
    script = "import relayconf.providers as p; print(p.every.cache_info().currsize)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout == "0\n"
