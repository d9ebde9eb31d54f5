"""Rollback on a real Postfix: back through the phases, around other people's edits, with tables that are there yet."""

from __future__ import annotations

import time

import pytest

from relayconf.errors import ConnectionLost
from relayconf.files import DesiredFile
from tests.lab.marks import needs_lab
from tests.mta.postfix.lab_host import (
    CONFIG,
    MAIN,
    MASTER,
    STATE,
    TABLES,
    PostfixHost,
    delivers,
    expand_and_switch,
    generation,
    shim,
)

pytestmark = needs_lab

FIRST, SECOND = "20261124T101501Z-000001", "20261124T101502Z-000002"


_AFTER = {
    "relayhost": "[b.relays.test]",
    "smtpd_banner": "mine",
    "smtp_sasl_auth_enable": "no",
    "smtp_sasl_password_maps": "",
    "smtp_sasl_tls_security_options": "$smtp_sasl_security_options",
}


def _parameter(host: PostfixHost, name: str) -> str:
    return host.machine.output(["postconf", "-h", name]).strip()


def _to_second(host: PostfixHost, *more: DesiredFile) -> None:
    """Another generation that routes one more domain, on top of the first."""
    tables = generation(2, transport="corp.test smtp:[a.relays.test]:25\nmore.test smtp:[a.relays.test]:25\n")
    settings = {"relayconf_maps": f"{CONFIG}/relayconf/2", "smtp_sasl_password_maps": "", "relayhost": ""}
    switch = DesiredFile(path=MAIN, content=host.main_cf(**settings), phase=1)
    host.deploy(host.changes(*tables, switch, *more), SECOND)


def _main_cf(host: PostfixHost) -> bytes:
    return host.machine.read(f"{CONFIG}/main.cf")


def test_back_to_the_generation_before(host: PostfixHost) -> None:
    """main.cf comes back byte for byte, no process works with what was undone, and mail takes the old way again."""
    direct = _main_cf(host)
    host.deploy(expand_and_switch(host), FIRST)
    relayed = _main_cf(host)
    _to_second(host)
    old = {pid for pid, name in host.children().items() if name in {"smtp", "qmgr", "trivial-rewrite"}}

    assert host.undo("rollback")[-2:] == [f"rolled-back {SECOND}", "end 0"]
    assert _main_cf(host) == relayed
    assert not old & host.children().keys()
    host.machine.inject("a@lab.test", ["relayed@world.test"])
    assert host.lab.message_to("relayed@world.test").user == "ua"

    assert host.undo("rollback")[-2:] == [f"rolled-back {FIRST}", "end 0"]
    assert _main_cf(host) == direct
    delivers(host, "direct@world.test")


def test_back_to_a_relayhost_that_is_gone(host: PostfixHost) -> None:
    """The way back is taken, with a word on what comes back and has no address; an address needs no look-up."""
    old = "[gone.test]:587, [a.relays.test]:25, [192.0.2.9], [lost.test], [kept.test]"
    host.machine.write(f"{CONFIG}/main.cf", host.main_cf(relayhost=old))
    host.machine.run(["touch", "-d", "1 minute ago", f"{CONFIG}/main.cf"])
    host.deploy(expand_and_switch(host, relayhost="[a.relays.test]:587, [kept.test]"), FIRST)

    report = host.undo("rollback")

    assert [line for line in report if line.startswith("warning")] == [
        "warning the old relayhost [gone.test]:587, which comes back, has no address here",
        "warning the old relayhost [lost.test], which comes back, has no address here",
    ]
    assert report[-2:] == [f"rolled-back {FIRST}", "end 0"]
    assert _parameter(host, "relayhost") == old


def test_edited_elsewhere(host: PostfixHost) -> None:
    """Other edits of main.cf and master.cf stay; so do our parameters that somebody changed, named."""
    master = host.machine.read(f"{CONFIG}/master.cf")
    service = DesiredFile(path=MASTER, content=master + b"relayconf-x unix - - n - - smtp\n  -o smtp_helo_timeout=9\n")
    host.deploy(host.changes(service, *[change.after for change in expand_and_switch(host)]), FIRST)
    for command in (
        ["postconf", "-e", "smtpd_banner = mine", "relayhost = [b.relays.test]"],
        ["postconf", "-X", "smtp_sasl_tls_security_options"],
        ["postconf", "-Me", "mine/unix = mine unix - - n - 3 smtp -o smtp_helo_timeout=8"],
    ):
        host.machine.run(command)

    report = host.undo("rollback")

    assert report[-3:] == [f"left {FIRST} {MAIN}:relayhost", f"rolled-back {FIRST}", "end 0"]
    assert {name: _parameter(host, name) for name in _AFTER} == _AFTER
    assert b"relayconf" not in _main_cf(host)
    services = host.machine.output(["postconf", "-M"])
    assert "relayconf-x" not in services
    assert "smtp_helo_timeout=8" in services
    host.machine.run(["postfix", "check"])


def test_edited_beside_services_that_come_back(host: PostfixHost) -> None:
    """Parameters that services alone refer to come back with those services, whatever else was edited in main.cf."""
    master = host.machine.read(f"{CONFIG}/master.cf")
    service = b"relayconf-x unix - - n - - smtp\n  -o smtp_sasl_password_maps=$relayconf_a_sasl_password_maps\n"
    own = {"relayconf_a_maps": "/x/1", "relayconf_a_sasl_password_maps": "hash:${relayconf_a_maps}/sasl_passwd"}
    host.machine.write(f"{CONFIG}/master.cf", master + service)
    with_both = host.main_cf(**own)
    without = _main_cf(host)
    host.machine.write(f"{CONFIG}/main.cf", with_both)
    host.deploy(host.changes(DesiredFile(path=MASTER, content=master), DesiredFile(path=MAIN, content=without)), FIRST)
    host.machine.run(["postconf", "-e", "smtpd_banner = mine"])

    assert host.undo("rollback")[-2:] == [f"rolled-back {FIRST}", "end 0"]
    assert {name: _parameter(host, name) for name in own} == own
    assert _parameter(host, "smtpd_banner") == "mine"


def test_edited_value_that_names_what_would_go(host: PostfixHost) -> None:
    """A value that somebody changed may name relayconf's tables: then the way back would leave Postfix without them."""
    host.deploy(expand_and_switch(host), FIRST)
    host.machine.run(["postconf", "-e", "transport_maps = hash:${relayconf_maps}/transport, regexp:/etc/mine"])
    live = _main_cf(host)

    assert host.undo("rollback") == [
        (
            f"failed rollback transaction {FIRST} cannot be undone: transport_maps would name relayconf_maps,"
            " which would be gone"
        ),
        "end 10",
    ]
    assert _main_cf(host) == live
    assert host.observe().unfinished is None


def test_edited_value_that_names_a_table_of_its_own_generation(host: PostfixHost) -> None:
    """The generation before may lack a table that somebody's value names."""
    host.deploy(expand_and_switch(host), FIRST)
    tables = generation(2, **TABLES, generic="@a.test b@lab.test\n")
    settings = {"relayconf_maps": f"{CONFIG}/relayconf/2", "smtp_generic_maps": "hash:${relayconf_maps}/generic"}
    host.deploy(host.changes(*tables, DesiredFile(path=MAIN, content=host.main_cf(**settings), phase=1)), SECOND)
    host.machine.run(["postconf", "-e", "smtp_generic_maps = regexp:/etc/mine, hash:${relayconf_maps}/generic"])
    live = _main_cf(host)

    assert host.undo("rollback") == [
        (
            f"failed rollback transaction {SECOND} cannot be undone: the table {CONFIG}/relayconf/1/generic"
            " would be named, which is not there"
        ),
        "end 10",
    ]
    assert _main_cf(host) == live


def test_tables_that_are_gone(host: PostfixHost) -> None:
    """A configuration whose tables somebody removed is not gone back to."""
    host.deploy(expand_and_switch(host), FIRST)
    _to_second(host)
    live = _main_cf(host)
    host.machine.run(["rm", "-r", f"{CONFIG}/relayconf/1"])

    assert host.undo("rollback") == [
        f"failed rollback transaction {SECOND} cannot be undone: the tables of before are gone: {CONFIG}/relayconf/1",
        "end 10",
    ]
    assert _main_cf(host) == live
    assert host.observe().unfinished is None


def test_the_live_generation_is_gone(host: PostfixHost) -> None:
    """When somebody removed what is live, a rollback is the rescue."""
    host.deploy(expand_and_switch(host), FIRST)
    before = _main_cf(host)
    _to_second(host)
    host.machine.run(["rm", "-r", f"{CONFIG}/relayconf/2"])

    assert host.undo("rollback")[-2:] == [f"rolled-back {SECOND}", "end 0"]
    assert _main_cf(host) == before


def test_generations_that_a_way_back_needs(host: PostfixHost) -> None:
    """However old it is, a generation stays while a transaction can be rolled back to it."""
    host.deploy(expand_and_switch(host), FIRST)
    _to_second(host)
    for number in (5, 6, 7):
        host.machine.write(f"{CONFIG}/relayconf/{number}/transport", b"")
    host.machine.write(f"{CONFIG}/relayconf/3/transport", b"")
    host.machine.run(["sh", "-c", f"touch -d '2 days ago' {CONFIG}/relayconf/*"])

    host.deploy(host.changes(DesiredFile(path=MAIN, content=host.main_cf(smtpd_banner="x"))))

    assert host.machine.output(["ls", f"{CONFIG}/relayconf"]).split() == ["1", "2", "5", "6", "7"]


def test_killed_in_the_middle_of_a_rollback(host: PostfixHost) -> None:
    """A rollback that dies between its phases is finished by the next contact, whatever that is."""
    direct = _main_cf(host)
    host.deploy(expand_and_switch(host), FIRST)
    shim(host, "mv", '/bin/mv "$@"; case "$2 $3" in *.old*/main.cf) kill -9 "$PPID" ;; esac')
    with pytest.raises(ConnectionLost):
        host.undo("rollback")
    assert _main_cf(host) != direct
    assert host.observe().unfinished == FIRST
    host.machine.run(["rm", "-r", "/shim"])

    assert f"recovered {FIRST} rolled-back" in host.undo("recover")
    assert _main_cf(host) == direct
    assert host.observe().unfinished is None
    delivers(host, "healed@world.test")


def test_nobody_confirms(host: PostfixHost) -> None:
    """The host takes its way back alone, and mail flows by the old one."""
    direct = _main_cf(host)
    host.deploy(expand_and_switch(host), FIRST, confirm=2)
    assert _main_cf(host) != direct
    end = time.monotonic() + 20
    while host.observe().unfinished or _main_cf(host) != direct or "state.busy" in host.observe().values:
        assert time.monotonic() < end
        time.sleep(0.3)

    delivers(host, "alone@world.test")
    assert "confirm" not in host.machine.output(["ls", f"{STATE}/txn/{FIRST}"]).split()
