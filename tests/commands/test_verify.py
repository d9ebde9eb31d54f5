"""`relayconf verify`, on a host of this machine."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from relayconf.commands.options import VerifyOptions
from relayconf.commands.verify import STDIN, headers, verify
from relayconf.console import Console
from relayconf.errors import UsageError
from relayconf.exits import ExitCode
from tests.shell.qmail_kinds import open_folder
from tests.shell.sandbox import running
from tests.support.imap_server import imap_server
from tests.support.local_host import INVENTORY, local_host, said
from tests.support.qmail_remote import install
from tests.support.qmail_send import stand_in
from tests.support.smtp_relay import relay

_HOW = VerifyOptions(wait=20)
_PROBE = "{{host: mail.asahi-net.or.jp, tls: none}}"


def _probed(port: int) -> str:
    probe = "probe: {{from: me@kamata-net.com, to: us@kamata-net.com}}"
    return INVENTORY.replace(_PROBE, f"{{{{host: 127.0.0.1, port: {port}, tls: none, {probe}}}}}")


@pytest.mark.root
@pytest.mark.parametrize(
    ("answers", "code", "outcome"),
    [({}, ExitCode.OK, "pass"), ({"RCPT": "550 no"}, ExitCode.HOST_FAILED, "fail")],
)
def test_the_default_relay(answers: dict[str, str], code: ExitCode, outcome: str) -> None:
    """By qmail-remote, with the addresses of the inventory; a failure is the exit code."""
    with relay(**answers) as server, open_folder() as folder:
        routes = f":[127.0.0.1]:{server.port}\n".encode()
        host = local_host(folder, inventory=_probed(server.port), smtproutes=routes)
        install(folder / "qmail")
        with running(folder / "qmail", "qmail-rspawn", user=1, group=1):
            heard, as_json = said(), said()
            assert verify(heard.console, host.options(), _HOW) is code
            assert verify(as_json.console, host.options(json=True), _HOW) is code

    assert f"isp:{server.port}   {outcome}   " in heard.out.getvalue()
    assert f"Verify: 1 {outcome}" in heard.out.getvalue()
    document = json.loads(as_json.out.getvalue())
    assert (document["exit_code"], document["hosts"][0]["tests"][0]["outcome"]) == (code, outcome)


def test_a_relay_without_addresses(tmp_path: Path) -> None:
    """Nothing is tried, and the reason stands there."""
    heard = said()

    assert verify(heard.console, local_host(tmp_path).options(), _HOW) is ExitCode.OK
    assert "isp:25   unknown   relay isp has no `probe:` in the inventory, so nothing was tried" in heard.out.getvalue()


@pytest.mark.parametrize(
    ("relay_is", "sender", "code", "words"),
    [
        ("isp", "me@kamata-net.com", ExitCode.OK, "to you@world.test   unknown   qmail-send does not run"),
        ("direct", "me@kamata-net.com", ExitCode.OK, "to you@world.test   unknown   qmail-send does not run"),
        ("probed", None, ExitCode.OK, "to you@world.test   unknown   qmail-send does not run"),
        ("isp", None, ExitCode.HOST_FAILED, "failed, nothing changed: its relay has no `probe:` that names a sender"),
        ("direct", None, ExitCode.HOST_FAILED, "hint: name one: --from ADDRESS"),
    ],
)
def test_a_real_message(tmp_path: Path, relay_is: str, sender: str | None, code: ExitCode, words: str) -> None:
    """From the address that is given, else from that of the relay's test."""
    text = {"probed": _probed(2525), "direct": INVENTORY.replace("relay: isp", "relay: direct")}.get(
        relay_is, INVENTORY
    )
    heard = said()
    how = VerifyOptions(recipient="you@world.test", sender=sender, wait=1)

    assert verify(heard.console, local_host(tmp_path, inventory=text).options(), how) is code
    assert words in heard.out.getvalue()


_DELIVERED = """\
info msg 8: bytes 200 from <me@kamata-net.com> qp 2 uid 0
starting delivery 2: msg 8 to remote you@world.test
delivery 2: success: 192.0.2.7_accepted_message./Remote_host_said:_250_ok/
"""


@pytest.mark.parametrize(
    ("secret", "arrives", "code", "rows"),
    [
        (
            "geheim-9",
            True,
            ExitCode.HOST_FAILED,
            ["pass   it took the message", "pass   the message is there", "fail   the receiver notes softfail"],
        ),
        ("geheim-9", False, ExitCode.OK, ["unknown   the message is not in the mailbox within 1 s"]),
        ("geheim-8", False, ExitCode.OK, ["unknown   the mailbox at 127.0.0.1:{port} does not accept the login"]),
        (None, False, ExitCode.OK, ["unknown   the environment has no variable MAILBOX_PASSWORD"]),
    ],
)
def test_a_message_and_its_mailbox(  # noqa: PLR0917
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    secret: str | None,
    arrives: bool,  # noqa: FBT001
    code: ExitCode,
    rows: list[str],
) -> None:
    """What the receiver noted counts too; a mailbox that cannot be read leaves it unknown."""
    if secret is not None:
        monkeypatch.setenv("MAILBOX_PASSWORD", secret)
    heard = said()
    with imap_server(tmp_path) as (server, authority):
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        auth = "{{username: postmaster, password: {{env: MAILBOX_PASSWORD}}}}"
        mailbox = f"mailbox: {{{{host: 127.0.0.1, port: {server.port}, auth: {auth}}}}}\n"
        host = local_host(tmp_path, inventory=INVENTORY + mailbox)
        letter = tmp_path / "letter"
        if arrives:
            server.arrive = lambda: server.messages.append(b"Received-SPF: softfail x\r\n" + letter.read_bytes())
        how = VerifyOptions(recipient="you@world.test", sender="me@kamata-net.com", wait=1)
        with running(tmp_path / "qmail", "qmail-send", stand_in(tmp_path / "qmail", tmp_path, _DELIVERED)):
            assert verify(heard.console, host.options(), how) is code, heard.out.getvalue()

    assert [
        row for row in rows if row.format(port=server.port) not in " ".join(heard.out.getvalue().split(" " * 9))
    ] == []


def test_a_message_without_a_mailbox(tmp_path: Path) -> None:
    """That the relay took it is all that is known."""
    heard, host = said(), local_host(tmp_path)
    how = VerifyOptions(recipient="you@world.test", sender="me@kamata-net.com", wait=1)
    with running(tmp_path / "qmail", "qmail-send", stand_in(tmp_path / "qmail", tmp_path, _DELIVERED)):
        assert verify(heard.console, host.options(), how) is ExitCode.OK

    assert heard.out.getvalue().endswith("\n\nVerify: 1 pass\n")


def test_headers(tmp_path: Path) -> None:
    """From a file or from standard input; a failure is an error's code."""
    file = tmp_path / "header"
    file.write_bytes(b"Received-SPF: fail x\n")
    bad, good = said(), said()
    stdin = io.TextIOWrapper(io.BytesIO(b"Received-SPF: pass y\n"))
    console = Console(stdin=stdin, stdout=good.out, stderr=good.err)

    assert headers(bad.console, file, as_json=False) is ExitCode.ERROR
    assert bad.out.getvalue().startswith("spf   fail   fail\n")
    assert headers(console, STDIN, as_json=True) is ExitCode.OK
    assert json.loads(good.out.getvalue())["results"][0]["result"] == "pass"
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        headers(bad.console, tmp_path / "missing", as_json=False)
