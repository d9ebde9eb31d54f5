"""Values about TLS."""

from __future__ import annotations

from typing import get_args

from relayconf.certificates import TlsVersion


def test_versions_rise() -> None:
    """What is older than one of them stands before it."""
    versions = get_args(TlsVersion)

    assert versions == tuple(sorted(versions))
    assert versions[0] == "TLSv1"
