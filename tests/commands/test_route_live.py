"""`relayconf route --live`, on hosts of this machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from relayconf.commands.options import Options
from relayconf.commands.route_live import route_live
from relayconf.errors import UsageError
from relayconf.exits import ExitCode
from tests.support.local_host import local_host, said


def test_a_qmail_host_is_asked_by_its_files(tmp_path: Path) -> None:
    """Not by what the inventory would have there."""
    host = local_host(tmp_path, smtproutes=b"x.test:other.test:26\n")
    heard = said()

    assert route_live(heard.console, host.options(), pair=("<>", "a@x.test")) is ExitCode.OK

    lines = dict(line.split(maxsplit=1) for line in heard.out.getvalue().splitlines())
    assert (lines["hosts"], lines["nexthop"]) == ("edge", "other.test:26")
    assert lines["source"] == "model, by the files of the host"


def test_many_questions_and_a_host_that_cannot_be_asked(tmp_path: Path) -> None:
    """Each is answered for the others; who is silent is told, and decides the exit code."""
    host = local_host(tmp_path)
    gone = "  gone: {mta: qmail, connection: local, relay: isp, qmail_home: /nowhere, state_directory: /nowhere}\n"
    host.inventory.write_text(host.inventory.read_text().replace("domains:", f"{gone}domains:", 1))
    heard = said("a@b.test\tc@d.test\n<>\tu@e.test\n")

    assert route_live(heard.console, host.options(), pair=None) is ExitCode.HOST_FAILED

    answers = [json.loads(line) for line in heard.out.getvalue().splitlines()]
    assert [(one["hosts"], one["recipient"], one["via"]) for one in answers] == [
        (["edge"], "c@d.test", "mx"),
        (["edge"], "u@e.test", "mx"),
    ]
    assert "gone: " in heard.err.getvalue()


def test_what_no_router_can_be_asked(tmp_path: Path) -> None:
    """Is the fault of the question: no host is blamed."""
    path = tmp_path / "inventory.yaml"
    path.write_text("version: 1\nhosts: {m: {mta: postfix, connection: local, relay: direct}}\n")
    heard = said()
    with pytest.raises(UsageError, match="a router cannot be asked about 'a b@x"):
        route_live(heard.console, Options(inventory=path), pair=("a b@x.test", "c@d.test"))
