"""The names that the rest of qmail's part uses."""

from __future__ import annotations

from relayconf.mta.qmail import flavours


def test_names() -> None:
    """All are there, in order."""
    assert list(flavours.__all__) == sorted(
        flavours.__all__, key=lambda name: (not name.isupper(), not name[0].isupper(), name)
    )
    assert [name for name in flavours.__all__ if not hasattr(flavours, name)] == []
