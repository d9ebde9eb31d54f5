"""Dialogues with ports that behave in every way, over real TLS."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from relayconf.doctor.dialogue import Certificate, Dialogue, Mode, talk
from relayconf.doctor.login import Login, LoginState
from relayconf.doctor.targets import Door
from relayconf.errors import SecretError
from tests.support.smtp_door import Certificates, Manners, door

CREDENTIALS = ("anna", "s3cret word")


@pytest.fixture(scope="module", name="certificates")
def _certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(folder=tmp_path_factory.mktemp("pem"))


def _with_login() -> tuple[str, str] | None:
    return CREDENTIALS


def _none() -> tuple[str, str] | None:
    return None


def hold(
    manners: Manners,
    certificates: Certificates,
    *,
    seen: list[tuple[str, bool]] | None = None,
    host: str = "127.0.0.1",
    port: int | None = None,
    ca: str | None = None,
    credentials: Callable[[], tuple[str, str] | None] = _none,
) -> Dialogue:
    """The dialogue with a port of these manners, which is told to be *port*."""
    with door(manners) as server:

        def connect() -> socket.socket:
            return socket.create_connection(("127.0.0.1", server.port), 5)

        way = Door(name="isp:587", host=host, port=port or 587, ca=certificates.ca if ca is None else ca)
        found = talk(way, connect, credentials, helo="me.test", seconds=0.6)
        if seen is not None:
            seen += server.heard
        return found


def test_plain_without_tls(certificates: Certificates) -> None:
    """As on port 25: what it offers, and goodbye."""
    found = hold(Manners(hello=("SIZE 100", "8BITMIME")), certificates)

    assert found == Dialogue(mode=Mode.PLAIN, greeting="220 relay.test ESMTP", hello=("SIZE 100", "8BITMIME"))
    assert (found.starttls, found.mechanisms, found.size) == (False, (), 100)


def test_starttls_and_a_login(certificates: Certificates) -> None:
    """EHLO before and inside TLS; the password travels inside alone."""
    heard: list[tuple[str, bool]] = []
    manners = Manners(tls="starttls", pem=certificates.pem(), users=dict([CREDENTIALS]))
    found = hold(manners, certificates, seen=heard, credentials=_with_login)

    assert (found.mode, found.certificate, found.hello) == (Mode.PLAIN, Certificate.GOOD, ("SIZE 5000000", "STARTTLS"))
    assert found.tls.startswith("TLSv1")
    assert found.mechanisms == ("PLAIN", "LOGIN")
    assert found.login == Login(state=LoginState.TAKEN, words="PLAIN: 235 welcome")
    assert [(line.split(" ")[0], inside) for line, inside in heard] == [
        ("EHLO", False),
        ("STARTTLS", False),
        ("EHLO", True),
        ("AUTH", True),
        ("QUIT", True),
    ]


def test_implicit_tls(certificates: Certificates) -> None:
    """On 465 TLS is tried first; elsewhere it is found when nobody greets."""
    manners = Manners(tls="implicit", pem=certificates.pem())

    for port in (465, 587):
        found = hold(manners, certificates, port=port)
        assert (found.mode, found.certificate, found.greeting) == (Mode.TLS, Certificate.GOOD, "220 relay.test ESMTP")


def test_plain_text_where_tls_is_expected(certificates: Certificates) -> None:
    """The TLS library takes the greeting for a wrong version; then the port is spoken to as it wishes."""
    found = hold(Manners(), certificates, port=465)

    assert (found.mode, found.greeting, found.tls) == (Mode.PLAIN, "220 relay.test ESMTP", "")


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_certificates_that_are_not_good(certificates: Certificates, tmp_path: Path, tls: str) -> None:
    """For another name, which is told; by an unknown authority; too old; the rest is looked at all the same."""
    port = 587 if tls == "starttls" else 465
    other = Manners(tls=tls, pem=certificates.pem("other.test", "192.0.2.1"))  # type: ignore[arg-type]  # a Literal
    stranger = Manners(tls=tls, pem=Certificates(folder=tmp_path).pem())  # type: ignore[arg-type]  # the same
    old = Manners(tls=tls, pem=certificates.pem(days=40))  # type: ignore[arg-type]  # the same

    by_date = hold(old, certificates, port=port)
    by_name = hold(other, certificates, port=port, credentials=_with_login)
    by_authority = hold(stranger, certificates, port=port, credentials=_with_login)

    assert (by_name.certificate, by_name.names) == (Certificate.NAME, ("other.test", "192.0.2.1"))
    assert "IP address mismatch" in by_name.words
    assert (by_authority.certificate, by_authority.names) == (Certificate.AUTHORITY, ())
    assert by_authority.words == "certificate signature failure"
    assert (by_date.certificate, by_date.words) == (Certificate.DATE, "certificate has expired")
    for found in (by_name, by_authority):
        assert found.mechanisms == ("PLAIN", "LOGIN")
        assert found.login.state is LoginState.UNTRIED


def test_the_name_counts(certificates: Certificates) -> None:
    """The one of the inventory, whatever address it has."""
    manners = Manners(tls="starttls", pem=certificates.pem("relay.test", "192.0.2.1"))

    assert hold(manners, certificates, host="relay.test").certificate is Certificate.GOOD
    assert hold(manners, certificates, host="evil.test").certificate is Certificate.NAME


def test_logins(certificates: Certificates) -> None:
    """Refused; not tried without a secret or a usual mechanism; unknown when the relay hangs up."""
    right = Manners(tls="starttls", pem=certificates.pem(), users={"anna": "other"})
    token = Manners(tls="starttls", pem=certificates.pem(), hello_tls=("AUTH XOAUTH2",))
    rude = Manners(tls="starttls", pem=certificates.pem(), answers={"AUTH": ""})

    def no_secret() -> tuple[str, str] | None:
        raise SecretError("the environment has no variable X")

    refused = hold(right, certificates, credentials=_with_login).login
    assert refused == Login(state=LoginState.REFUSED, words="PLAIN: 535 5.7.8 wrong")
    assert hold(right, certificates, credentials=no_secret).login == Login(
        state=LoginState.UNTRIED, words="the environment has no variable X"
    )
    assert hold(right, certificates).login == Login(state=LoginState.UNTRIED)
    assert hold(token, certificates, credentials=_with_login).login.state is LoginState.UNTRIED
    assert hold(rude, certificates, credentials=_with_login).login == Login(
        state=LoginState.UNKNOWN, words="the other side closed the connection"
    )


@pytest.fixture(name="raw")
def _raw() -> Iterator[Callable[[bytes, int], Dialogue]]:
    """A port that says the same bytes to everybody, and hangs up."""

    def hold(said: bytes, port: int) -> Dialogue:
        def connect() -> socket.socket:
            near, far = socket.socketpair()
            far.sendall(said)
            far.shutdown(socket.SHUT_WR)
            ends.append(far)
            return near

        return talk(Door(name="x", host="relay.test", port=port), connect, _none, helo="me.test", seconds=0.3)

    ends: list[socket.socket] = []
    yield hold
    for end in ends:
        end.close()


def test_ports_that_do_not_speak_smtp(certificates: Certificates, raw: Callable[[bytes, int], Dialogue]) -> None:
    """Silent ones, refusing ones, others; each in its mode and with a reason."""
    silent = Manners(greeting="")

    assert hold(silent, certificates) == Dialogue(mode=Mode.SILENT, words="no greeting in time")
    assert hold(silent, certificates, port=465).words == "TLS: the connection broke off (TimeoutError)"
    assert raw(b"HTTP/1.1 400\r\n", 587) == Dialogue(mode=Mode.BROKEN, words="what it says is no SMTP")
    assert raw(b"", 465).words == "TLS: unexpected eof while reading"
    refusing = hold(Manners(greeting="554 5.7.1 no"), certificates)
    assert (refusing.greeting, refusing.words) == ("554 5.7.1 no", "it greets with a refusal")
    assert hold(Manners(answers={"EHLO": "502 what"}), certificates).words == "EHLO: 502 what"
    broken = Manners(tls="starttls", pem=certificates.pem(), answers={"STARTTLS": "454 not now"})
    assert hold(broken, certificates).words == "STARTTLS: 454 not now"
    plain = Manners(hello=("STARTTLS",), answers={"STARTTLS": "220 so you think"})
    assert hold(plain, certificates).words.startswith("TLS: ")


def test_silence_after_tls(certificates: Certificates) -> None:
    """Nobody greets inside TLS: silent, be it expected there or not."""
    tls = Manners(tls="implicit", pem=certificates.pem(), greeting="")

    assert hold(tls, certificates, port=465) == Dialogue(mode=Mode.SILENT, words="no reply in time")
    assert hold(tls, certificates, port=587) == Dialogue(mode=Mode.SILENT, words="no reply in time")


def test_sizes() -> None:
    """As RFC 1870 has it: 0 is no limit, and nonsense is none either."""
    for words, size in ((("SIZE 10",), 10), (("SIZE",), None), (("SIZE 0",), None), (("size x",), None), (("",), None)):
        assert Dialogue(mode=Mode.PLAIN, hello=words).size == size
