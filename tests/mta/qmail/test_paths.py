"""Names of files, on the host and before its flavour is known."""

from __future__ import annotations

import pytest

from relayconf.mta.qmail.paths import certificates, name_of, split_variant, variant


@pytest.mark.parametrize("path", ["qmail:smtproutes", "qmail:authsenders", certificates("relay.example")])
def test_variants(path: str) -> None:
    """There and back; a folder of the host's own is no flavour."""
    assert split_variant(variant("sagredo", path)) == ("sagredo", path)
    assert split_variant(path) == (None, path)
    assert name_of(variant("sagredo", path)) == name_of(path) == path.removeprefix("qmail:")


def test_certificates() -> None:
    """Named after the relay as it is written."""
    assert certificates("relay.example") == "qmail:tlshosts/relay.example.pem"
