"""Which control files a host hands over."""

from __future__ import annotations

import pytest

from relayconf.manage import Manage


@pytest.mark.parametrize(
    ("manage", "names"),
    [
        (Manage(), ()),
        (Manage(virtualdomains={}), ("virtualdomains",)),
        (
            Manage(locals=True, rcpthosts=True, virtualdomains={"a.example": "a"}, me="a", helohost="b"),
            ("me", "helohost", "virtualdomains", "locals", "rcpthosts"),
        ),
    ],
)
def test_names(manage: Manage, names: tuple[str, ...]) -> None:
    """An empty map of virtualdomains is a file too; nothing is managed by itself."""
    assert manage.names() == names
