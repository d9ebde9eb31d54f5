"""`relayconf helper HOST`."""

from __future__ import annotations

from pathlib import Path

import pytest

from relayconf.commands.helper import helper
from relayconf.errors import UsageError
from relayconf.exits import ExitCode
from tests.support.local_host import INVENTORY, local_host, said

_INSTALL = "as root on edge: install -o root -g root -m 0755 FILE /usr/local/sbin/relayconf-helper\n"
_RULE = "visudo -f /etc/sudoers.d/relayconf: relayconf ALL=(root) NOPASSWD: /usr/local/sbin/relayconf-helper\n"


def test_the_script_alone_on_stdout(tmp_path: Path) -> None:
    """What is to be installed goes to stdout, how to do it to the human."""
    host = local_host(
        tmp_path, inventory=INVENTORY.replace("relay: isp\n", "relay: isp\n    ssh: {{become: helper}}\n")
    )
    heard = said()

    assert helper(heard.console, host.inventory, "edge") is ExitCode.OK
    assert heard.out.getvalue().startswith("#!/bin/sh\n# relayconf's helper for the host edge, made by relayconf ")
    assert heard.out.getvalue().endswith('\nrelayconf_helper "$@"\n')
    assert f"parameter qmail_home {tmp_path}/qmail" in heard.out.getvalue()
    assert heard.err.getvalue() == _INSTALL + _RULE


def test_a_host_that_does_not_use_it(tmp_path: Path) -> None:
    """It is printed all the same, with what the inventory still has to say."""
    heard = said()

    helper(heard.console, local_host(tmp_path).inventory, "edge")

    assert heard.err.getvalue() == (
        f"{_INSTALL}{_RULE}edge does not use it yet: say `ssh: {{become: helper}}` in the inventory\n"
    )


def test_no_such_host(tmp_path: Path) -> None:
    """Said with the nearest name."""
    with pytest.raises(UsageError, match="`egde` is no host"):
        helper(said().console, local_host(tmp_path).inventory, "egde")
