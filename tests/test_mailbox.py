"""A look into a mailbox, over TLS."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from relayconf.errors import MailboxError
from relayconf.mailbox import find
from relayconf.model import Credentials, Mailbox, SecretRef
from tests.support.imap_server import ImapServer, imap_server

_HEADER = b"Received-SPF: pass\r\nMessage-ID: <relayconf.1@kamata-net.com>\r\n\r\n"
_PASSWORD = "geheim-9"


@pytest.fixture(name="server")
def _server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ImapServer]:
    with imap_server(tmp_path) as (server, authority):
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        yield server


def _mailbox(server: ImapServer) -> Mailbox:
    login = Credentials(username="postmaster", password=SecretRef(kind="env", value="X"))
    return Mailbox(host="127.0.0.1", port=server.port, credentials=login)


def test_a_message_that_is_there(server: ImapServer) -> None:
    """The last of those with this Message-ID."""
    server.messages = [b"Message-ID: <other>\r\n\r\n", b"X: 1\r\n" + _HEADER, _HEADER]

    assert find(_mailbox(server), _PASSWORD, "relayconf.1@kamata-net.com", wait=0) == _HEADER


def test_a_message_that_comes_later(server: ImapServer) -> None:
    """It is waited for."""
    server.arrive = lambda: server.messages.append(_HEADER) if server.looks == 2 else None

    assert find(_mailbox(server), _PASSWORD, "relayconf.1@kamata-net.com", wait=20) == _HEADER
    assert server.looks == 2


def test_a_message_that_does_not_come(server: ImapServer) -> None:
    """Nothing, after the time is over."""
    assert find(_mailbox(server), _PASSWORD, "relayconf.1@kamata-net.com", wait=0) is None


def test_a_login_that_is_refused(server: ImapServer) -> None:
    """The server repeats the password, and nobody sees it."""
    wrong = "geheim-8"
    with pytest.raises(MailboxError) as caught:
        find(_mailbox(server), wrong, "relayconf.1@kamata-net.com", wait=0)

    assert caught.value.message == f"the mailbox at 127.0.0.1:{server.port} does not accept the login"
    assert wrong not in "".join(traceback.format_exception(caught.value))


def test_a_server_that_makes_no_sense(server: ImapServer) -> None:
    """Is an error, not a crash."""
    server.broken = True
    with pytest.raises(MailboxError, match=r"cannot be read: abort$"):
        find(_mailbox(server), _PASSWORD, "relayconf.1@kamata-net.com", wait=0)


def test_a_certificate_that_nobody_signed(server: ImapServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """No password is sent there."""
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(MailboxError, match="cannot be read: "):
        find(_mailbox(server), _PASSWORD, "relayconf.1@kamata-net.com", wait=0)


def test_nobody_there(server: ImapServer) -> None:
    """Refused."""
    with pytest.raises(MailboxError, match="cannot be read: Connection refused"):
        find(replace(_mailbox(server), port=1), _PASSWORD, "relayconf.1@kamata-net.com", wait=0)


def test_a_name_that_no_search_can_have(server: ImapServer) -> None:
    """Quotes would end the word."""
    with pytest.raises(MailboxError, match='no mailbox can be searched for a" b'):
        find(_mailbox(server), _PASSWORD, 'a" b', wait=0)
