"""What a control directory says, for an inventory."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast

from relayconf.facts import Facts
from relayconf.importing.directories import control_facts
from relayconf.model import Direct, FlavourName, Local, Mx, TlsLevel
from relayconf.mta.base import Found, Server
from relayconf.mta.qmail.detection import look_at
from relayconf.mta.qmail.importing import found, sources
from tests.support.hosts import qmail_host
from tests.support.qmail_tree import BINARIES, binary


def read(flavour: str | None = None, **files: bytes) -> Found:
    """The files of a host named me.test."""
    host = replace(qmail_host(), flavour=cast("FlavourName | None", flavour))
    return found(host, facts_of(**files), {})


def facts_of(**files: bytes) -> Facts:
    """The directory in facts."""
    names = ("me", "locals", "virtualdomains", "rcpthosts", "smtproutes", "authsenders", "qmtproutes", "percenthack")
    return control_facts({**dict.fromkeys(names), "me": b"me.test\n", **files}, Path("/c"))


def test_domains_of_ours() -> None:
    """Delivered here, passed on to a server, or by MX; what goes by the default needs no word."""
    got = read(
        locals=b"me.test\n.no.test\n",
        virtualdomains=b".virtual.test:alias\nx.virtual.test:\n",
        rcpthosts=b"me.test\ninner.test\nmx.test\nrest.test\nvia.test\n",
        smtproutes=b"inner.test:192.0.2.10:2525\nmx.test:\nvia.test:relay.test\nme.test:dead.test\n:relay.test\n",
    )

    assert got.name == "me.test"
    assert got.default == (Server(host="relay.test", port=25),)
    assert got.domains == {
        "me.test": Local(),
        ".virtual.test": Local(),
        "inner.test": Server(host="192.0.2.10", port=2525, is_ours=True),
        "mx.test": Mx(),
    }
    assert got.routes == dict.fromkeys(("via.test", "x.virtual.test"), Server(host="relay.test", port=25))
    assert got.unsaid == ()
    assert got.remarks == (
        "locals knows no wildcards, and has .no.test",
        "smtproutes has lines for domains that are delivered here: me.test",
    )


def test_received_and_direct() -> None:
    """Without a default, what is received for others goes by MX: a route to a relay must not take it."""
    got = read(rcpthosts=b"me.test\nbackup.test\n.sub.test\n", virtualdomains=b"out.test:\n.out.test:alias\n")

    assert got.domains == {"me.test": Local(), ".out.test": Local(), "backup.test": Mx(), ".sub.test": Mx()}
    assert got.routes == {"out.test": Direct()}
    assert got.default == (Direct(),)


def test_credentials() -> None:
    """In the flavour's syntax; TLS as it is."""
    got = read("sagredo", smtproutes=b":relay.test:587|us er|s3:cret\nin.test:in.test|u|p\n", rcpthosts=b"in.test\n")

    assert got.flavour == "sagredo"
    assert got.default == (Server(host="relay.test", port=587, user="us er", password="s3:cret", tls=TlsLevel.MAY),)
    assert "in.test" in got.routes
    assert "s3:cret" not in repr(got)


def test_a_user_without_a_password() -> None:
    """What is sent in its place cannot be meant."""
    got = read("sagredo", smtproutes=b":relay.test:587|user\na.test:relay.test|u\n", virtualdomains=b"b.test:\n")

    assert (got.default, got.routes) == ((), {})
    assert got.unsaid == (
        "smtproutes, the default: a user name without a password; qmail-remote sends the line behind it",
        "smtproutes, a.test: a user name without a password; qmail-remote sends the line behind it",
        "smtproutes, b.test: a user name without a password; qmail-remote sends the line behind it",
    )


def test_certificates() -> None:
    """Files that have a relay's certificate checked stay; what the inventory has of it is told."""
    folder = read("sagredo", smtproutes=b":Relay.test:587\n", **{"tlshosts/Relay.test.pem": b"x"})
    table = read("sqmail", smtproutes=b":relay.test\n", tlsdestinations=b"=relay.test:/ca.pem||\n")

    assert folder.default == (Server(host="Relay.test", port=587, tls=TlsLevel.MAY),)
    stays = "has the certificate of {} checked, and stays; here that relay has only `tls: {}`".format
    assert folder.unsaid == (
        f"tlshosts/Relay.test.pem {stays('Relay.test:587', 'may')}",
        "Relay.test:587 as it is written: files that enforce TLS are found by just that name",
    )
    assert table.default == (Server(host="relay.test", port=25, tls=TlsLevel.ENCRYPT),)
    assert table.unsaid == (f"tlsdestinations {stays('relay.test:25', 'encrypt')}",)


def test_senders() -> None:
    """By authsenders, which a blank tears."""
    got = read("sagredo", authsenders=b"@a.test:relay.test:587|u|p\n@b.test:\n@c.test x|u|p:y\n@d.test:r|u\n")

    assert list(got.senders) == ["@a.test"]
    assert got.unsaid == (
        "authsenders has a line that is torn at a blank or a bar",
        "authsenders, @d.test: a user name without a password; qmail-remote sends the line behind it",
    )


def test_what_no_inventory_says() -> None:
    """Single addresses, a line for every domain, bounces, other files."""
    got = read(
        "sqmail",
        virtualdomains=b"u@a.test:alias\n:alias\n",
        smtproutes=b"!@:b.test\n*.c:d\n",
        qmtproutes=b"a:b\n",
        percenthack=b"a\n",
    )

    assert got.unsaid == (
        "virtualdomains has a line for every domain: no mail leaves, and no route is used",
        "virtualdomains delivers single addresses here: u@a.test",
        "smtproutes, `!@`: bounces go a way of their own",
        "percenthack lets `a%b@domain` mean `a@b`",
        "qmtproutes has routes of its own, which come before those of smtproutes",
    )
    assert got.routes == {}
    assert "qmtproutes" not in str(read("classic", qmtproutes=b"a:b\n").unsaid)


def test_files_beside() -> None:
    """Told of, and no more."""
    facts = facts_of()
    assert sources(facts) == ("/c/helohost", "/c/defaulthost", "/c/defaultdomain")

    got = found(qmail_host(), facts, {"/c/helohost": b"helo.test\nx\n", "/c/defaulthost": None})

    assert got.remarks == ("helohost is helo.test",)


def test_the_flavour_is_named_where_it_must_be() -> None:
    """One that was not run has to be confirmed; one that is found again need not be named."""

    def named(flavour: str) -> str | None:
        facts = replace(facts_of(), values=look_at(binary(*BINARIES[flavour])))
        return found(qmail_host(), facts, {}).flavour

    assert (named("sagredo"), named("eqmail")) == (None, "eqmail")
