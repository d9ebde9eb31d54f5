"""Names of relayconf's own things."""

from __future__ import annotations

from relayconf.mta.postfix import names


def test_paths() -> None:
    """A table as wished, as it is live, and in a generation."""
    assert names.wished("transport") == "postfix:transport"
    assert names.in_use("transport") == "postfix:live/transport"
    assert names.in_generation(7, "transport") == "postfix:7/transport"


def test_services() -> None:
    """Postfix's own lane has `smtp`, each slot one of its own; all have three more."""
    assert names.service("", implicit_tls=False) == "smtp"
    assert names.SERVICES == (
        "relayconf-tls",
        "relayconf-a",
        "relayconf-a-tls",
        "relayconf-b",
        "relayconf-b-tls",
        "relayconf-senders",
        "relayconf-senders-tls",
        "relayconf-a-senders",
        "relayconf-a-senders-tls",
        "relayconf-b-senders",
        "relayconf-b-senders-tls",
    )
    assert {name for name in names.SERVICES if "senders" in name} == names.BY_SENDER
