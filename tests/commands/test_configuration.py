"""A Postfix configuration directory on this machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from relayconf.commands.configuration import Disk, read_configuration
from relayconf.errors import RelayconfError, UsageError
from relayconf.mta.postfix.resolver.outcomes import Unknowable

MAIN = "myhostname = host.example.org\nrelayhost = [smtp.example.net]:587\n"


def test_main_cf_alone(tmp_path: Path) -> None:
    """The services are those that Postfix comes with."""
    (tmp_path / "main.cf").write_text(MAIN)

    decision = read_configuration(tmp_path).ask("", "u@foo.test").decision

    assert (decision.transport, decision.nexthop) == ("smtp", "[smtp.example.net]:587")


def test_master_cf_counts(tmp_path: Path) -> None:
    """A transport without a service is told."""
    (tmp_path / "main.cf").write_text(MAIN)
    (tmp_path / "master.cf").write_text("local unix - - - - - local\n")

    assert "no service `smtp` in master.cf: the mail waits" in read_configuration(tmp_path).ask("", "u@foo.test").why


def test_a_main_cf_without_a_name(tmp_path: Path) -> None:
    """The host is this machine."""
    (tmp_path / "main.cf").write_text("mydomain = example.org\n")
    machine = os.uname().nodename
    name = machine if "." in machine else f"{machine}.example.org"

    assert read_configuration(tmp_path).ask("", "root").decision.address == f"root@{name}"


def test_a_folder_without_main_cf(tmp_path: Path) -> None:
    """It is no configuration directory."""
    with pytest.raises(UsageError, match=f"there is no main.cf in {tmp_path}"):
        read_configuration(tmp_path)


def test_what_cannot_be_read(tmp_path: Path) -> None:
    """The reason is told."""
    (tmp_path / "main.cf").mkdir()
    with pytest.raises(RelayconfError, match=r"cannot read .*/main.cf: Is a directory"):
        read_configuration(tmp_path)
    (tmp_path / "main.cf").rmdir()
    (tmp_path / "main.cf").write_text(f"myorigin = {tmp_path}\n")
    with pytest.raises(RelayconfError, match="cannot be read here: Is a directory"):
        read_configuration(tmp_path)


def test_disk(tmp_path: Path) -> None:
    """Content and time; what cannot be read is unknown, what is not there is not there."""
    path = tmp_path / "table"
    path.write_bytes(b"x")
    os.utime(path, (5, 7))

    assert (Disk().read(str(path)), Disk().changed(str(path))) == (b"x", 7)
    assert (Disk().read(f"{path}2"), Disk().changed(f"{path}2")) == (None, None)
    assert Disk().changed("a\0b") is None
    with pytest.raises(Unknowable, match="cannot be read here: Is a directory"):
        Disk().read(str(tmp_path))
    with pytest.raises(Unknowable, match="cannot be read here: no path"):
        Disk().read("a\0b")
