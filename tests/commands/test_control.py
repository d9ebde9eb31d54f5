"""A control directory on this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from relayconf.commands.control import read_control
from relayconf.errors import RelayconfError, UsageError
from tests.support.qmail_tree import make_qmail


def test_files(tmp_path: Path) -> None:
    """What is there, what is not, and the names in the folders."""
    control = make_qmail(tmp_path, smtproutes=b":r\n")
    (control / "tlshosts").mkdir()
    (control / "tlshosts" / "r.pem").write_bytes(b"pem")
    (control / "virtualdomains").symlink_to("nowhere")

    files = read_control(control, None).files

    assert files["smtproutes"] == b":r\n"
    assert files["virtualdomains"] is files["authsenders"] is None
    assert "tlshosts/r.pem" in files


def test_flavour(tmp_path: Path) -> None:
    """Named, found in the program beside the directory, or taken for granted."""
    control = make_qmail(tmp_path)
    named = read_control(control, "QmailToaster")
    guessed = read_control(control, None)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "qmail-remote").write_bytes(b"control/smtproutes\0smtpclustercookie")
    found = read_control(control, None)

    assert [(item.flavour.name, item.why) for item in (named, guessed, found)] == [
        ("sagredo", "named"),
        ("classic", "taken for granted: qmail-remote is missing"),
        ("qmail-ldap", '"smtpclustercookie" in qmail-remote'),
    ]


def test_what_there_is_not(tmp_path: Path) -> None:
    """A directory, a flavour; a file that is a directory."""
    control = make_qmail(tmp_path)
    with pytest.raises(UsageError, match="the control directory is not there"):
        read_control(tmp_path / "nowhere", None)
    with pytest.raises(UsageError, match="no flavour of qmail is named `exim`") as caught:
        read_control(control, "exim")
    assert caught.value.hint is not None
    assert "sagredo" in caught.value.hint

    (control / "smtproutes").mkdir()
    with pytest.raises(RelayconfError, match=r"cannot read .*/smtproutes: Is a directory"):
        read_control(control, None)
