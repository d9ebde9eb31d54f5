"""The probes of doctor.sh, by every shell and every tool, against real ports on loopback."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from relayconf.dns import answer_to, question
from relayconf.doctor.attempts import Attempt, State
from relayconf.doctor.hostside import Request, look
from relayconf.remote.local import LocalSession
from relayconf.shell import DOCTOR, assemble
from tests.support.dns_server import dns_server
from tests.support.doctors import targets
from tests.support.smtp_door import Certificates, Manners, closed, door, filtered
from tests.support.spf_zone import Zone

SHELLS = ("dash", "bash", "busybox sh", "mksh")


@pytest.fixture(name="path")
def _path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in front of PATH in which busybox is nc, as on a small system."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "nc").symlink_to(str(shutil.which("busybox")))
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder


def needed(shell: str, tool: str) -> None:
    """Skip what is not installed, and say so."""
    for program in (shell.split(maxsplit=1)[0], "busybox" if tool == "nc" else tool):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")


@pytest.mark.parametrize(("shell", "tool"), [*((shell, "bash") for shell in SHELLS), ("dash", "perl"), ("dash", "nc")])
@pytest.mark.usefixtures("path")
def test_connections(shell: str, tool: str) -> None:
    """Open with what is said there, refused, filtered, without a name."""
    needed(shell, tool)
    with door(Manners(hello=("A", "B"), sees="203.0.113.7")) as server, filtered() as port:
        places = [("127.0.0.1", server.port), ("127.0.0.1", closed()), ("127.0.0.1", port), ("nowhere.invalid", 25)]
        seen = look(LocalSession(shell=shell), targets(tools=(tool,)), Request(places=places, helo="me.test"))

    opened, refused, dropped, nameless = (seen.attempts[place][0] for place in places)
    assert seen.facts["tool"] == tool
    assert (opened.state, opened.greeting) == (State.OPEN, "220 relay.test ESMTP")
    assert opened.hello == ("250-relay.test at your service, [203.0.113.7]", "250-A", "250 B")
    assert ("EHLO me.test", False) in server.heard
    assert refused.state is State.REFUSED
    assert dropped.state is State.FILTERED
    # Whether the name is known not to exist depends on the resolver of this machine.
    assert nameless.state in {State.NO_NAME, State.UNKNOWN}


@pytest.mark.parametrize("tool", ["bash", "perl"])
@pytest.mark.parametrize("shell", SHELLS)
def test_questions(shell: str, tool: str) -> None:
    """Datagrams with any bytes in them, line ends and NULs too; whoever does not answer costs seconds."""
    needed(shell, tool)
    names = ["mx.test", "none.test", f"{'a' * 10}.{'b' * 13}.test"]
    with dns_server(Zone(names={"mx.test": {"A": ("192.0.2.1", "192.0.2.10")}})) as server:
        wires = [question(name, "A") for name in names]
        request = Request(questions=wires)
        seen = look(LocalSession(shell=shell), targets(servers=[f"127.0.0.1#{server.port}"], tools=(tool,)), request)

    answers = [answer_to(wire, seen.replies[number]) for number, wire in enumerate(wires)]
    assert [sorted(answer.values) for answer in answers if answer] == [["192.0.2.1", "192.0.2.10"], [], []]


@pytest.mark.usefixtures("path")
def test_ports_that_begin_with_tls(tmp_path: Path) -> None:
    """Are silent to plain text, and open."""
    manners = Manners(tls="implicit", pem=Certificates(folder=tmp_path).pem())
    with door(manners) as server:
        place = ("127.0.0.1", server.port)
        soon = replace(targets(), seconds=1)
        found = [
            look(LocalSession(), replace(soon, tools=(tool,)), Request(places=[place])) for tool in ("bash", "perl")
        ]

    assert [item.attempts[place] for item in found] == [
        (Attempt(host="127.0.0.1", port=server.port, state=State.OPEN, address="127.0.0.1"),)
    ] * 2


def test_names_and_addresses() -> None:
    """Of the host's own library; one address of each family is tried."""
    places = [("localhost", closed())]
    seen = look(LocalSession(), targets(), Request(places=places, names=["no.such.name.invalid"]))

    assert {item.address for item in seen.attempts[places[0]]} <= {"127.0.0.1", "::1"}
    assert seen.names == {0: ()}


@pytest.mark.parametrize("shell", SHELLS)
def test_qmail(shell: str, tmp_path: Path) -> None:
    """Its name in HELO, and what waits; helohost stands before me."""
    needed(shell, "bash")
    control, info = tmp_path / "control", tmp_path / "queue/info/3"
    control.mkdir()
    info.mkdir(parents=True)
    (info / "12").touch()
    (control / "me").write_text("me.test\n")
    request = Request(mta=("qmail", str(tmp_path), str(control)))
    facts = look(LocalSession(shell=shell), targets(), request).facts
    (control / "helohost").write_text("helo.test\n")

    assert (facts["helo"], facts["queue"]) == ("me.test", "1")
    assert facts["clock"].isdigit()
    assert look(LocalSession(shell=shell), targets(), request).facts["helo"] == "helo.test"


def test_postfix(path: Path) -> None:
    """Its name in HELO as `postconf -x` says, or `myhostname` where an old one does not expand."""
    postconf = path / "postconf"
    request = Request(mta=("postfix", "/etc/postfix"))
    found = []
    for answer in ("helo.test", "$myhostname"):
        postconf.write_text(
            f"#!/bin/sh\n[ \"$*\" = '-c /etc/postfix -x -h smtp_helo_name' ] && echo '{answer}' || echo my.test\n"
        )
        postconf.chmod(0o755)
        found.append(look(LocalSession(), targets(), request).facts["helo"])

    assert found == ["helo.test", "my.test"]


def test_no_tool() -> None:
    """Is said; bash without its helpers is none."""
    seen = look(LocalSession(), targets(tools=("no-such-tool",)), Request(places=[("127.0.0.1", closed())]))

    assert seen.facts["tool"] == "none"


def test_a_request_that_was_cut() -> None:
    """Does nothing."""
    done = LocalSession().run(assemble(*DOCTOR), stdin=b"tools bash\ntcp 0 127.0.0.1 25\n")

    assert done.stdout == b"error the request was cut\nend 1\n"


def test_the_host_s_own_resolvers() -> None:
    """Stand in /etc/resolv.conf."""
    own = [
        f"{line.split()[1]}#53"
        for line in Path("/etc/resolv.conf").read_text().splitlines()
        if line.startswith("nameserver ")
    ]

    assert list(look(LocalSession(), targets(), Request()).servers) == own
