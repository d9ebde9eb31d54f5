"""A change knows what it does to its file."""

from __future__ import annotations

import pytest

from relayconf.files import ActualFile, Change, ChangeKind, DesiredFile


@pytest.mark.parametrize(
    ("present", "content", "kind"),
    [
        (False, b"new", ChangeKind.CREATE),
        (True, b"new", ChangeKind.UPDATE),
        (True, None, ChangeKind.DELETE),
    ],
    ids=["create", "update", "delete"],
)
def test_kind(present: bool, content: bytes | None, kind: ChangeKind) -> None:  # noqa: FBT001  pytest's parameters
    """What is there before and after decides; the path is the symbolic one."""
    before = ActualFile(path="qmail:smtproutes", target="/var/qmail/control/smtproutes", present=present)
    change = Change(before=before, after=DesiredFile(path="qmail:smtproutes", content=content))

    assert (change.kind, change.path) == (kind, "qmail:smtproutes")
