"""The shape of a flavour."""

from __future__ import annotations

from dataclasses import replace

from relayconf.mta.qmail.flavours import CLASSIC


def test_has_auth() -> None:
    """A separator for credentials is what makes it."""
    assert not CLASSIC.has_auth
    assert replace(CLASSIC, auth_mark="|").has_auth
