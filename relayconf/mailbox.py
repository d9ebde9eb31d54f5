"""One look into a mailbox: the header of a message as its receiver keeps it (RFC 9051). Nothing is changed there."""

from __future__ import annotations

import imaplib
import re
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from relayconf.errors import MailboxError
from relayconf.model import Mailbox
from relayconf.text import printable

MOST_BYTES = 1 << 20
"""Bytes of a header that are asked for."""

_PATIENCE = 20.0  # seconds for a connection and for each answer
_PAUSE = 1.0
_ID = re.compile(r"[0-9A-Za-z.@_-]+")


@contextmanager
def _translated(mailbox: Mailbox) -> Iterator[None]:
    try:
        yield
    except (imaplib.IMAP4.error, OSError) as error:
        # A server may repeat what it was sent, so its words on a login are not shown.
        kind = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        raise MailboxError(f"the mailbox at {mailbox.host}:{mailbox.port} cannot be read: {printable(kind)}") from None


def _log_in(box: imaplib.IMAP4_SSL, mailbox: Mailbox, password: str) -> None:
    try:
        box.login(mailbox.credentials.username, password)
    except imaplib.IMAP4.error:
        raise MailboxError(
            f"the mailbox at {mailbox.host}:{mailbox.port} does not accept the login",
            hint="check `auth:` of `mailbox:` in the inventory",
        ) from None


def _header(box: imaplib.IMAP4_SSL, message_id: str) -> bytes | None:
    _, found = box.search(None, "HEADER", "Message-ID", f'"<{message_id}>"')
    numbers = found[0].split() if found and isinstance(found[0], bytes) else []
    if not numbers:
        return None
    _, parts = box.fetch(numbers[-1].decode("ascii", "replace"), f"(BODY.PEEK[HEADER]<0.{MOST_BYTES}>)")
    return next((part[1] for part in parts if isinstance(part, tuple)), None)


def find(mailbox: Mailbox, password: str, message_id: str, *, wait: float) -> bytes | None:
    """The header of the message *message_id* in the INBOX, looked for during *wait* seconds; None when it is not there.

    Raises MailboxError, which never carries the password.
    """
    if not _ID.fullmatch(message_id):
        raise MailboxError(f"no mailbox can be searched for {printable(message_id)}")
    deadline = time.monotonic() + wait
    with _translated(mailbox):
        box = imaplib.IMAP4_SSL(mailbox.host, mailbox.port, ssl_context=ssl.create_default_context(), timeout=_PATIENCE)
        try:
            _log_in(box, mailbox, password)
            while True:
                # To select it anew is what makes every server show what came since.
                box.select("INBOX", readonly=True)
                if (header := _header(box, message_id)) is not None or time.monotonic() >= deadline:
                    return header
                time.sleep(_PAUSE)
        finally:
            with suppress(imaplib.IMAP4.error, OSError):
                box.logout()
