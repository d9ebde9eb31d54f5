"""The module as the MTA that the rest of relayconf sees."""

from __future__ import annotations

import dataclasses
from dataclasses import replace

from relayconf.facts import Facts
from relayconf.files import DesiredFile, WatchedFile
from relayconf.manage import Manage
from relayconf.model import Endpoint, Probe, Relay, SenderRoute, Smarthost, TlsLevel
from relayconf.mta import qmail
from tests.support.facts import qmail_facts
from tests.support.hosts import ISP, STORY_SMTPROUTES, TO_ISP, qmail_host


def test_watched_files() -> None:
    """Only smtproutes is managed and may hold passwords; the others are read to check them."""
    assert qmail.watched(qmail_host()) == (
        WatchedFile(path="qmail:smtproutes", managed=True, secret=True),
        WatchedFile(path="qmail:authsenders", managed=False, secret=True),
        WatchedFile(path="qmail:qmtproutes", managed=False, secret=True),
        WatchedFile(path="qmail:tlsdestinations", managed=True, secret=False),
        WatchedFile(path="qmail:me", managed=False, secret=False),
        WatchedFile(path="qmail:locals", managed=False, secret=False),
        WatchedFile(path="qmail:virtualdomains", managed=False, secret=False),
        WatchedFile(path="qmail:rcpthosts", managed=False, secret=False),
        WatchedFile(path="qmail:percenthack", managed=False, secret=False),
        WatchedFile(path="qmail:envnoathost", managed=False, secret=False),
    )


def test_certificates_are_watched() -> None:
    """Those of relays that have some, whichever flavour the host turns out to have."""
    endpoint = Endpoint(port=587, tls=TlsLevel.ENCRYPT, auth=False)
    relay = Relay(name="isp", host="mail.isp.example", endpoints=(endpoint,), ca="PEM")
    host = qmail_host(default=(Smarthost(relay=relay, endpoint=endpoint),))
    by_sender = dataclasses.replace(
        host, senders={"@x.test": SenderRoute(target=Smarthost(relay=relay, endpoint=endpoint))}
    )

    path = "qmail:tlshosts/mail.isp.example.pem"
    assert [file.path for file in qmail.watched(host)].count(path) == 1
    assert [file.managed for file in qmail.watched(by_sender) if file.path in {path, "qmail:authsenders"}] == [
        True,
        True,
    ]


def test_parameters() -> None:
    """The home directory goes to the shell fragment when the inventory names it."""
    assert qmail.parameters(qmail_host()) == {}
    assert qmail.parameters(dataclasses.replace(qmail_host(), qmail_home="/opt/qmail")) == {"qmail_home": "/opt/qmail"}


def test_tests_of_qmail_remote() -> None:
    """They go to the shell fragment when a relay has addresses for one."""
    relay = dataclasses.replace(ISP, probe=Probe(sender="a@a.example", recipient="b@b.example"))
    host = dataclasses.replace(qmail_host(), default=(dataclasses.replace(TO_ISP, relay=relay),))

    assert qmail.parameters(host) == {"qmail_probe": "relayconf-probe.invalid a@a.example b@b.example"}


def test_secret_spans_are_those_of_routes() -> None:
    """No other watched file can hold a password."""
    content = b":relay:587|user|s3cret\n"

    for path in ("smtproutes", "authsenders", "qmtproutes", "sagredo/smtproutes"):
        assert qmail.secret_spans(f"qmail:{path}", content) == ((16, 22),)
    assert qmail.secret_spans("qmail:virtualdomains", content) == ()


def test_the_shell_fragment_is_beside_the_module() -> None:
    """And ships with it."""
    assert qmail.SHELL.name == "qmail.sh"
    assert qmail.SHELL.is_file()


def test_findings_tell_of_the_flavour_too() -> None:
    """Before what they say of the files."""
    facts = Facts(values={"qmail.flavour.program": "script"}, files={})

    assert [item.code for item in qmail.findings(qmail_host(), facts, ())] == ["qmail-flavour", "qmail-unencrypted"]


def test_routes_are_compared_as_they_will_be() -> None:
    """A smtproutes that was as good as the wish is not when a domain leaves locals."""
    host = replace(qmail_host(), manage=Manage(locals=True), flavour="classic")
    facts = qmail_facts(smtproutes=b":mail.asahi-net.or.jp\n", locals_=b"edge.kamata-net.com\nkamata-net.com\n")
    wish = (
        DesiredFile(path="qmail:smtproutes", content=STORY_SMTPROUTES),
        DesiredFile(path="qmail:locals", content=b"edge.kamata-net.com\n"),
    )

    assert [(file.phase, file.path, file.content) for file in qmail.desired(host, facts, wish)] == [
        (0, "qmail:smtproutes", STORY_SMTPROUTES),
        (1, "qmail:locals", b"edge.kamata-net.com\n"),
    ]
    (kept,) = qmail.desired(host, facts, wish[:1])
    assert kept.content == b":mail.asahi-net.or.jp\n"


def test_managed_files_are_watched() -> None:
    """Each that is managed, helohost only then; the helper is told which."""
    host = replace(qmail_host(), manage=Manage(locals=True, helohost="a.example"))
    managed = {file.path for file in qmail.watched(host) if file.managed}

    assert managed - {file.path for file in qmail.watched(qmail_host()) if file.managed} == {
        "qmail:locals",
        "qmail:helohost",
    }
    assert "qmail:helohost" not in {file.path for file in qmail.watched(qmail_host())}
    assert qmail.parameters(host) == {"qmail_manage": "helohost locals"}
