"""A look at a host of this machine, whose MTA is to be found out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from relayconf.errors import ObserveError
from relayconf.importing.looking import look
from relayconf.model import Direct, Host, Local, MtaName, Ssh
from relayconf.mta.base import Server
from relayconf.remote.local import LocalSession
from tests.support.hosts import qmail_host
from tests.support.qmail_tree import make_qmail


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
