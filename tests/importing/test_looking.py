"""A look at a host of this machine, whose MTA is to be found out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from relayconf.connection import Ssh
from relayconf.errors import ObserveError, UsageError
from relayconf.importing.looking import look
from relayconf.model import Direct, Host, Local, MtaName
from relayconf.mta.base import Server
from relayconf.remote.local import LocalSession
from tests.mta.postfix.real import POSTCONF
from tests.support.hosts import qmail_host
from tests.support.qmail_tree import make_qmail

needs_postconf = pytest.mark.skipif(POSTCONF is None, reason="needs Postfix's postconf")


def postfix(folder: Path, main: str = "") -> Path:
    """A configuration directory below *folder*."""
    config = folder / "postfix"
    config.mkdir()
    text = f"myhostname = me.test\nmydestination =\nqueue_directory = {folder}\n{main}"
    (config / "main.cf").write_text(text, encoding="utf-8")
    (config / "master.cf").write_bytes(b"smtp unix - - y - - smtp\n")
    return config


def here(folder: Path, **files: bytes) -> Host:
    """A qmail home below *folder*, and no Postfix."""
    make_qmail(folder / "qmail", **files)
    return replace(qmail_host(home=folder / "qmail", state=folder / "state"), config_directory=str(folder / "none"))


def test_the_mta_that_is_there(tmp_path: Path) -> None:
    """With the files that a plan does not read."""
    host = here(tmp_path, smtproutes=b":relay.test\n", helohost=b"helo.test\n")

    mta, found = look(LocalSession(), host, None)

    assert mta is MtaName.QMAIL
    assert found.name == "edge.kamata-net.com"
    assert found.default == (Server(host="relay.test", port=25),)
    assert found.domains["edge.kamata-net.com"] == Local()
    assert found.remarks == ("helohost is helo.test",)


def test_behind_a_helper_other_files_stay_unread(tmp_path: Path) -> None:
    """It lets the usual ones be read."""
    host = replace(here(tmp_path, helohost=b"helo.test\n"), ssh=Ssh(become="helper"))

    _, found = look(LocalSession(), host, MtaName.QMAIL)

    assert found.default == (Direct(),)
    assert found.remarks == ()


def test_none_is_there(tmp_path: Path) -> None:
    """Every reason is told."""
    host = replace(qmail_host(home=tmp_path / "none"), config_directory=str(tmp_path / "none"))

    with pytest.raises(ObserveError, match="none"):
        look(LocalSession(), host, None)


@needs_postconf
def test_two_are_here(tmp_path: Path) -> None:
    """Then it has to be said which."""
    host = replace(here(tmp_path), config_directory=str(postfix(tmp_path)))

    with pytest.raises(UsageError, match="has both qmail and postfix") as caught:
        look(LocalSession(), host, None)
    assert caught.value.hint == "say which with --mta"
    assert look(LocalSession(), host, MtaName.POSTFIX)[0] is MtaName.POSTFIX


@needs_postconf
def test_tables_wherever_they_are(tmp_path: Path) -> None:
    """Those that main.cf names, and that have a path that a request can hold."""
    folder = postfix(tmp_path, f"transport_maps = hash:{tmp_path}/elsewhere, hash:{tmp_path}/ü\n")
    (tmp_path / "elsewhere").write_text("a.test smtp:[192.0.2.1]\n")
    (tmp_path / "ü").write_text("b.test smtp:[192.0.2.1]\n")

    _, found = look(LocalSession(), replace(qmail_host(state=tmp_path), config_directory=str(folder)), MtaName.POSTFIX)

    assert found.routes == {"a.test": Server(host="192.0.2.1", port=25)}
    assert found.unsaid == (rf"main.cf, transport_maps: the text of the table {tmp_path}/ü is not there",)
