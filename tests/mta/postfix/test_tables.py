"""Lists of tables in a parameter."""

from __future__ import annotations

import pytest

from relayconf.mta.postfix.tables import composed, foreign, is_ours, split


@pytest.mark.parametrize(
    ("value", "tables"),
    [
        ("", ()),
        (" hash:/a,\thash:/b  proxy:mysql:/c,", ("hash:/a", "hash:/b", "proxy:mysql:/c")),
        ("inline:{{a = b, c}} hash:/a", ("inline:{{a = b, c}}", "hash:/a")),
        ("a} b", ("a}", "b")),
    ],
)
def test_split(value: str, tables: tuple[str, ...]) -> None:
    """Blanks and commas part tables, but not inside braces."""
    assert split(value) == tables


@pytest.mark.parametrize(
    ("table", "ours"),
    [
        ("hash:${relayconf_maps}/transport", True),
        ("lmdb:$relayconf_maps/transport", True),
        ("hash:$(relayconf_a_maps)/x", True),
        ("hash:/etc/postfix/relayconf/12/transport", True),
        ("hash:/etc/postfix/relayconf/transport", False),
        ("hash:/etc/postfix/transport", False),
    ],
)
def test_is_ours(table: str, *, ours: bool) -> None:
    """Every way to name a table of a generation, and no other."""
    assert is_ours(table) is ours


def test_composed() -> None:
    """Ours in front, once, however often it was there; the admin's own stay in their order."""
    value = "hash:/b, hash:${relayconf_maps}/old hash:/a"

    assert foreign(value) == ("hash:/b", "hash:/a")
    assert composed("hash:${relayconf_maps}/new", value) == "hash:${relayconf_maps}/new, hash:/b, hash:/a"
    assert composed("hash:x", "") == "hash:x"
