"""The module as the MTA that the rest of relayconf sees."""

from __future__ import annotations

import dataclasses

from relayconf.files import WatchedFile
from relayconf.model import Probe
from relayconf.mta import qmail
from tests.support.hosts import ISP, TO_ISP, qmail_host


def test_watched_files() -> None:
    """Only smtproutes is managed and may hold passwords; the others are read to check them."""
    assert qmail.watched(qmail_host()) == (
        WatchedFile(path="qmail:smtproutes", managed=True, secret=True),
        WatchedFile(path="qmail:me", managed=False, secret=False),
        WatchedFile(path="qmail:locals", managed=False, secret=False),
        WatchedFile(path="qmail:virtualdomains", managed=False, secret=False),
        WatchedFile(path="qmail:rcpthosts", managed=False, secret=False),
    )


def test_parameters() -> None:
    """The home directory goes to the shell fragment when the inventory names it."""
    assert qmail.parameters(qmail_host()) == {}
    assert qmail.parameters(dataclasses.replace(qmail_host(), qmail_home="/opt/qmail")) == {"qmail_home": "/opt/qmail"}


def test_tests_of_qmail_remote() -> None:
    """They go to the shell fragment when a relay has addresses for one."""
    relay = dataclasses.replace(ISP, probe=Probe(sender="a@a.example", recipient="b@b.example"))
    host = dataclasses.replace(qmail_host(), default=(dataclasses.replace(TO_ISP, relay=relay),))

    assert qmail.parameters(host) == {"qmail_probe": "relayconf-probe.invalid a@a.example b@b.example"}


def test_secret_spans_are_those_of_smtproutes() -> None:
    """No other watched file can hold a password."""
    content = b":relay:587|user|s3cret\n"

    assert qmail.secret_spans("qmail:smtproutes", content) == ((16, 22),)
    assert qmail.secret_spans("qmail:virtualdomains", content) == ()


def test_the_shell_fragment_is_beside_the_module() -> None:
    """And ships with it."""
    assert qmail.SHELL.name == "qmail.sh"
    assert qmail.SHELL.is_file()
