"""The wiring: which session a host gets, and what is made only once."""

from __future__ import annotations

from pathlib import Path

import pytest

from relayconf.commands.wiring import Wiring
from relayconf.errors import SessionError, UsageError
from relayconf.remote.local import LocalSession
from tests.support.hosts import qmail_host
from tests.support.local_host import INVENTORY, local_host, said


def test_a_local_host_gets_a_local_session(tmp_path: Path) -> None:
    """No SSH for an admin who works on the mail server itself."""
    host = local_host(tmp_path)
    wiring = Wiring(options=host.options(), console=said().console)

    assert isinstance(wiring.connect(wiring.hosts[0]), LocalSession)


def test_any_other_host_gets_ssh(tmp_path: Path) -> None:
    """Here to a port where nobody listens."""
    wiring = Wiring(options=local_host(tmp_path).options(), console=said().console)

    with pytest.raises(SessionError):
        wiring.connect(qmail_host(address="127.0.0.1"))


def test_an_unknown_host_is_a_usage_error_with_the_nearest_name(tmp_path: Path) -> None:
    """Before anything is contacted."""
    wiring = Wiring(options=local_host(tmp_path).options("egde"), console=said().console)

    with pytest.raises(UsageError, match="egde") as caught:
        wiring.rollout()
    assert "edge" in str(caught.value.hint)


def test_visits_need_neither_key_nor_secrets_nor_templates(tmp_path: Path) -> None:
    """But the SSH connector before the threads ask for it, where a host needs one."""
    inventory = INVENTORY.replace("    connection: local\n", "")
    wiring = Wiring(options=local_host(tmp_path, inventory=inventory).options("edge"), console=said().console)

    wiring.visits()

    assert "_ssh" in vars(wiring)
    assert not {"key", "secrets", "templates"} & vars(wiring).keys()


def test_the_rollout_is_made_for_the_selected_hosts(tmp_path: Path) -> None:
    """With the SSH connector ready before the threads ask for it, where a host needs one."""
    inventory = INVENTORY.replace("    connection: local\n", "")
    wiring = Wiring(options=local_host(tmp_path, inventory=inventory).options("edge"), console=said().console)

    run = wiring.rollout()

    assert [host.name for host in run.hosts] == ["edge"]
    assert "_ssh" in vars(wiring)
