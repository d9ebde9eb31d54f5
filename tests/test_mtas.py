"""The list of MTAs."""

from __future__ import annotations

from relayconf.model import MtaName
from relayconf.mta import postfix, qmail
from relayconf.mtas import MTAS


def test_mtas() -> None:
    """Each name has its module."""
    assert dict(MTAS) == {MtaName.QMAIL: qmail, MtaName.POSTFIX: postfix}
