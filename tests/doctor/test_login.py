"""Logins tried, and what relays answer."""

from __future__ import annotations

import base64
import socket
import threading
from collections.abc import Callable, Sequence

import pytest

from relayconf.doctor.login import Login, LoginState, log_in, mechanisms
from relayconf.doctor.wire import Wire

USER, PASSWORD = "änna@x", "pässword 1"


def attempt(
    offered: Sequence[str], *answers: str | Callable[[str], str], user: str = USER, password: str = PASSWORD
) -> tuple[Login, list[str]]:
    """The login that these answers make, and what was sent."""
    near, far = socket.socketpair()
    sent: list[str] = []

    def serve() -> None:
        with far, far.makefile("rb") as lines:
            for answer in answers:
                line = lines.readline().decode().strip()
                sent.append(line)
                far.sendall(f"{answer if isinstance(answer, str) else answer(line)}\r\n".encode())

    thread = threading.Thread(target=serve)
    thread.start()
    with near:
        login = log_in(Wire(near, seconds=5, most=5), offered, user, password)
    thread.join()
    return login, sent


def test_offers() -> None:
    """In any case, with the old spelling, each once."""
    assert mechanisms(("SIZE 1", "auth plain LOGIN", "AUTH=LOGIN CRAM-MD5", "")) == ("PLAIN", "LOGIN", "CRAM-MD5")
    assert mechanisms(("AUTHX PLAIN",)) == ()


def test_plain() -> None:
    """RFC 4616: authorization identity, user, password."""
    login, sent = attempt(("LOGIN", "PLAIN"), "235 ok")

    assert login == Login(state=LoginState.TAKEN, words="PLAIN: 235 ok")
    verb, mechanism, word = sent[0].split()
    assert (verb, mechanism) == ("AUTH", "PLAIN")
    assert base64.b64decode(word).decode() == f"\0{USER}\0{PASSWORD}"


def test_login() -> None:
    """Two questions; a relay that asks none has refused."""
    login, sent = attempt(("LOGIN",), "334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6", "235 ok")

    assert login.state is LoginState.TAKEN
    assert [base64.b64decode(word).decode() for word in sent[1:]] == [USER, PASSWORD]
    assert attempt(("LOGIN",), "504 no")[0] == Login(state=LoginState.REFUSED, words="LOGIN: 504 no")


def test_cram_md5() -> None:
    """The example of RFC 2195 2."""
    challenge = base64.b64encode(b"<1896.697170952@postoffice.reston.mci.net>").decode()
    login, sent = attempt(("CRAM-MD5",), f"334 {challenge}", "235 ok", user="tim", password="tanstaaftanstaaf")

    assert login.state is LoginState.TAKEN
    assert base64.b64decode(sent[1]).decode() == "tim b913a602c7eda7a495b4e6e7334d3890"
    assert attempt(("CRAM-MD5",), "454 later")[0].state is LoginState.UNKNOWN
    assert attempt(("CRAM-MD5",), "334 not base64!")[0].state is LoginState.UNKNOWN


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ("535 5.7.8 bad", LoginState.REFUSED),
        ("534 5.7.9 too weak", LoginState.REFUSED),
        ("550 5.7.30 Basic authentication is not supported", LoginState.REFUSED),
        ("454 4.7.0 try later", LoginState.UNKNOWN),
        ("421 4.7.0 too many", LoginState.UNKNOWN),
        ("334 go on", LoginState.UNKNOWN),
    ],
)
def test_answers(answer: str, state: LoginState) -> None:
    """Only a permanent answer is a no."""
    assert attempt(("PLAIN",), answer)[0] == Login(state=state, words=f"PLAIN: {answer}")


def test_no_usual_mechanism() -> None:
    """Nothing is sent."""
    assert attempt(("XOAUTH2",)) == (
        Login(state=LoginState.UNTRIED, words="the relay offers no mechanism for a password"),
        [],
    )


def test_a_relay_that_repeats_the_password() -> None:
    """As it is, or as it was sent: neither comes into our words."""
    for answer in (lambda line: f"535 what is {line}", lambda _: f"535 {PASSWORD}?"):
        login, _ = attempt(("PLAIN",), answer)
        assert login.words == "PLAIN: 535 (it repeats what was sent)"
