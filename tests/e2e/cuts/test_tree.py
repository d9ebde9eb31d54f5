"""What differs between two disks, in words."""

from __future__ import annotations

import stat

from tests.e2e.cuts.tree import Entry, difference

_FILE = stat.S_IFREG | 0o640


def test_a_difference_names_every_path_and_what_of_it() -> None:
    """More, less, and what changed."""
    one = {"/a": Entry(_FILE, 0, 0, b"1"), "/b": Entry(_FILE, 0, 0, b"1"), "/d": Entry(_FILE, 0, 0, b"1")}
    other = {"/a": Entry(_FILE, 0, 7, b"2"), "/c": Entry(_FILE, 0, 0, b"1"), "/d": Entry(_FILE, 0, 0, b"1")}

    assert difference(one, other) == "/a (gid, content), -/b, +/c"
    assert difference(one, one) == ""
