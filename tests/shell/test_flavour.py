"""What the scripts tell of a qmail's flavour, in real shells, on doubles of qmail-remote that cannot be run."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from subprocess import PIPE, Popen

import pytest

from relayconf.mta import qmail
from relayconf.mta.qmail.detection import detect, environment_of, look_at
from relayconf.observe import observe
from relayconf.shell import OBSERVE, assemble
from tests.shell.sandbox import Sandbox, in_namespace, namespace, running
from tests.support.hosts import qmail_host
from tests.support.qmail_tree import BINARIES, make_remote


def flavour_facts(host: Sandbox) -> dict[str, str]:
    """The facts of the flavour alone."""
    return {key: value for key, value in host.observe().values.items() if key.startswith("qmail.flavour.")}


@pytest.mark.parametrize("name", BINARIES)
def test_flavours(host: Sandbox, name: str) -> None:
    """The host says what the same look at the same bytes says here."""
    program = make_remote(host.home, name)

    facts = flavour_facts(host)

    assert facts == look_at(program.read_bytes())
    found = detect(facts).flavour
    assert found is not None
    assert found.name == name


def test_strings_among_other_bytes(host: Sandbox) -> None:
    """Every byte that a program can hold is around them."""
    program = make_remote(host.home, "classic")
    program.write_bytes(bytes(range(256)) * 3 + b"\0control/smtproutes\0" + b"\xff\x80*[]?" * 9000 + b"AUTH LOGIN\n")

    assert flavour_facts(host)["qmail.flavour.strings"] == "control/smtproutes AUTH_LOGIN"


def test_no_strings(host: Sandbox) -> None:
    """A program of another kind."""
    make_remote(host.home, "classic").write_bytes(b"\x7fELF")

    assert flavour_facts(host) == {"qmail.flavour.program": "program", "qmail.flavour.strings": ""}


def test_a_script(host: Sandbox) -> None:
    """Its strings are no evidence."""
    make_remote(host.home, "classic").write_bytes(b"#!/bin/sh\nexec x AUTH LOGIN\n")

    assert flavour_facts(host) == {"qmail.flavour.program": "script"}


def test_unreadable(host: Sandbox) -> None:
    """A directory here, since root can read every file."""
    (host.home / "bin" / "qmail-remote").mkdir(parents=True)

    assert flavour_facts(host) == {"qmail.flavour.program": "unreadable"}


def test_environment(host: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """What qmail-rspawn was started with: names, and the program in place of qmail-remote."""
    monkeypatch.setenv("AUTH_SMTP", "s3cret\nQMAILREMOTE=/no")
    monkeypatch.setenv("QMAILREMOTE", "/usr/local/bin/remote $x")
    with running(host.home, "qmail-rspawn"):
        facts = host.observe().values

    assert environment_of(facts) == {"AUTH_SMTP"}
    assert facts["qmail.flavour.wrapper"] == "/usr/local/bin/remote $x"
    assert "s3cret" not in str(facts)


def test_no_wrapper(host: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The usual program by another name is itself."""
    program = make_remote(host.home, "classic")
    monkeypatch.setenv("QMAILREMOTE", f"{program.parent}/../bin/qmail-remote")
    with running(host.home, "qmail-rspawn"):
        assert "qmail.flavour.wrapper" not in flavour_facts(host)


def test_etc(host: Sandbox) -> None:
    """Where the control directory has another name."""
    host.control.rename(host.home / "etc")

    facts = host.observe()

    assert facts.values["qmail.control"] == str(host.home / "etc")
    assert facts.files["qmail:smtproutes"].present


@pytest.mark.root
def test_places(tmp_path: Path) -> None:
    """AQmail's and indimail's own homes; indimail's programs are the system's."""
    home = qmail_host(state=tmp_path / "state")
    with namespace(
        "mount -t tmpfs x /usr/local",
        "mkdir -p /usr/local/aqmail/etc",
        "echo x >/usr/local/aqmail/etc/me",
    ) as pid:
        facts = observe(in_namespace(pid, tmp_path).session, home, qmail)
        assert facts.values["qmail.control"] == "/usr/local/aqmail/etc"
        assert facts.values["qmail.flavour.program"] == "missing"
    with namespace(
        f"cp -a /etc {tmp_path}/etc",
        f"mount --bind {tmp_path}/etc /etc",
        f"cp -a /usr/sbin {tmp_path}/sbin",
        f"mount --bind {tmp_path}/sbin /usr/sbin",
        f"mkdir -p /etc/indimail/control {tmp_path}/srv/control",
        "printf 'AUTH LOGIN moresmtproutes.cdb' >/usr/sbin/qmail-remote",
        "cp /bin/dash /usr/sbin/qmail-send",
    ) as pid:
        session = in_namespace(pid, tmp_path).session
        facts = observe(session, replace(home, qmail_home=str(tmp_path / "srv")), qmail)
        assert facts.values["qmail.flavour.program"] == "missing"
        assert observe(session, home, qmail).values["qmail.flavour.strings"] == "AUTH_LOGIN moresmtproutes.cdb"
        with Popen(["nsenter", "-t", str(pid), "-m", "/usr/sbin/qmail-send", "-c", "read x"], stdin=PIPE) as process:
            time.sleep(0.3)
            values = observe(session, home, qmail).values
            process.kill()
        assert (values["qmail.home"], values["qmail.send"]) == ("/etc/indimail", "running")


def test_files_of_other_flavours(dash: Sandbox) -> None:
    """Their names are known, also where their folder lacks."""
    paths = ("authsenders", "qmtproutes", "tlsdestinations", "envnoathost", "tlshosts/relay.example.pem")
    odd = ("tlshosts/../me.pem", "tlshosts/.x.pem", "tlshosts/x", "tlshosts/a/b.pem")

    lines = [f"watch qmail:{path} -" for path in (*paths, *odd)]
    stdin = "\n".join([f"state {dash.state}", f"parameter qmail_home {dash.home}", *lines, "end", ""]).encode()
    out = dash.session.run(assemble(qmail.SHELL, *OBSERVE), stdin=stdin).stdout.decode().splitlines()

    for path in paths:
        assert f"absent qmail:{path} {dash.control}/{path}" in out
    for path in odd:
        assert [line for line in out if line.startswith(f"bad qmail:{path} ")]
