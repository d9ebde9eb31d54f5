"""Names of relayconf's own things."""

from __future__ import annotations

from relayconf.mta.postfix import names


def test_paths() -> None:
    """A table as wished, as it is live, and in a generation."""
    assert names.wished("transport") == "postfix:transport"
    assert names.in_use("transport") == "postfix:live/transport"
    assert names.in_generation(7, "transport") == "postfix:7/transport"


def test_services() -> None:
    """Postfix's own lane needs a service for implicit TLS alone, each slot has two."""
    assert names.service("", implicit_tls=False) == "smtp"
    assert names.SERVICES == ("relayconf-tls", "relayconf-a", "relayconf-a-tls", "relayconf-b", "relayconf-b-tls")
