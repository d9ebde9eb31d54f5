"""Ports of relays, from what they said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from relayconf.doctor.attempts import Attempt, State
from relayconf.doctor.dialogue import Certificate, Dialogue, Mode
from relayconf.doctor.login import Login, LoginState
from relayconf.doctor.relays import Knock, relays, usable
from relayconf.doctor.targets import Door
from relayconf.doctor.values import Code, Level
from relayconf.model import Credentials, SecretRef, TlsLevel

LOGIN = Credentials(username="a", password=SecretRef(kind="env", value="X"))
SUBMISSION = Door(name="isp:587", host="relay.test", port=587, relay="isp", tls=TlsLevel.SECURE, credentials=LOGIN)
IMPLICIT = replace(SUBMISSION, name="isp:465", port=465, implicit_tls=True)
PLAIN = replace(SUBMISSION, name="isp:25", port=25, tls=TlsLevel.NONE, credentials=None)

GOOD = Dialogue(
    mode=Mode.PLAIN,
    greeting="220 relay.test",
    hello=("STARTTLS",),
    hello_tls=("AUTH PLAIN LOGIN",),
    tls="TLSv1.3",
    certificate=Certificate.GOOD,
    login=Login(state=LoginState.TAKEN, words="PLAIN: 235 ok"),
)
OPEN = Attempt(host="relay.test", port=587, state=State.OPEN, greeting="220 relay.test")


def judged(door: Door, dialogue: Dialogue | None, attempt: Attempt = OPEN) -> list[tuple[Code, Level]]:
    """What one door comes to."""
    found = relays((door,), {door: Knock(attempt=attempt, dialogue=dialogue)})
    return [(item.code, item.level) for item in found]


def test_ready() -> None:
    """With TLS and a login; in plain text where nothing more is wanted; with its size."""
    assert judged(SUBMISSION, GOOD) == [(Code.RELAY_READY, Level.OK)]
    assert judged(IMPLICIT, replace(GOOD, mode=Mode.TLS, hello=())) == [(Code.RELAY_READY, Level.OK)]
    text = relays((SUBMISSION,), {SUBMISSION: Knock(attempt=OPEN, dialogue=GOOD)})[0].text
    assert text == "reached, TLSv1.3; the login is accepted; AUTH PLAIN LOGIN"
    bare = Dialogue(mode=Mode.PLAIN, greeting="220 x", hello=("SIZE 10",))
    assert judged(PLAIN, bare) == [(Code.RELAY_READY, Level.OK), (Code.RELAY_SIZE, Level.INFO)]


@pytest.mark.parametrize(
    ("state", "code", "level"),
    [
        (State.FILTERED, Code.RELAY_FILTERED, Level.ERROR),
        (State.REFUSED, Code.RELAY_REFUSED, Level.ERROR),
        (State.NO_ROUTE, Code.RELAY_NO_ROUTE, Level.ERROR),
        (State.NO_NAME, Code.RELAY_NO_NAME, Level.ERROR),
        (State.UNKNOWN, Code.RELAY_UNKNOWN, Level.UNKNOWN),
    ],
)
def test_closed(state: State, code: Code, level: Level) -> None:
    """Each in its own way."""
    assert judged(SUBMISSION, None, replace(OPEN, state=state)) == [(code, level)]


def test_without_a_dialogue() -> None:
    """What a tool saw: that it is open, and a greeting where TLS should have been."""
    assert judged(SUBMISSION, None) == [(Code.RELAY_UNKNOWN, Level.UNKNOWN)]
    assert judged(IMPLICIT, None) == [(Code.RELAY_WRONG_MODE, Level.ERROR)]
    assert judged(IMPLICIT, None, replace(OPEN, greeting="")) == [(Code.RELAY_UNKNOWN, Level.UNKNOWN)]


def test_modes() -> None:
    """TLS where plain text is expected, and the reverse."""
    assert judged(IMPLICIT, GOOD) == [(Code.RELAY_WRONG_MODE, Level.ERROR)]
    assert judged(SUBMISSION, replace(GOOD, mode=Mode.TLS)) == [(Code.RELAY_WRONG_MODE, Level.ERROR)]


@pytest.mark.parametrize(
    "dialogue",
    [
        Dialogue(mode=Mode.SILENT),
        Dialogue(mode=Mode.BROKEN, words="what it says is no SMTP"),
        Dialogue(mode=Mode.PLAIN, greeting="554 no", words="it greets with a refusal"),
    ],
)
def test_unusable(dialogue: Dialogue) -> None:
    """Open, and no more."""
    assert judged(SUBMISSION, dialogue) == [(Code.RELAY_UNUSABLE, Level.ERROR)]


def test_encryption() -> None:
    """What is missing matters as much as the inventory wants it."""
    without = Dialogue(mode=Mode.PLAIN, hello=("SIZE",))
    failed = Dialogue(mode=Mode.PLAIN, hello=("STARTTLS", "AUTH PLAIN"), words="TLS: unsupported protocol")
    no_login = replace(SUBMISSION, credentials=None)

    assert judged(no_login, without) == [(Code.RELAY_NO_TLS, Level.ERROR)]
    assert judged(replace(no_login, tls=TlsLevel.MAY), without) == [(Code.RELAY_READY, Level.OK)]
    assert judged(no_login, failed) == [(Code.RELAY_TLS_FAILED, Level.ERROR)]
    assert judged(PLAIN, failed) == [(Code.RELAY_TLS_FAILED, Level.WARNING), (Code.RELAY_READY, Level.OK)]
    broken = Dialogue(mode=Mode.TLS, words="TLS: internal error")
    assert judged(replace(IMPLICIT, credentials=None), broken) == [(Code.RELAY_TLS_FAILED, Level.ERROR)]


@pytest.mark.parametrize(
    ("certificate", "code"),
    [
        (Certificate.NAME, Code.RELAY_CERTIFICATE_NAME),
        (Certificate.AUTHORITY, Code.RELAY_CERTIFICATE_CA),
        (Certificate.DATE, Code.RELAY_CERTIFICATE_DATE),
    ],
)
def test_certificates(certificate: Certificate, code: Code) -> None:
    """An error where they are verified, a warning where TLS is wanted, else a remark; never a login."""
    bad = replace(GOOD, certificate=certificate, names=("other.test",), login=Login(state=LoginState.UNTRIED))
    login = (Code.RELAY_LOGIN_UNTRIED, Level.UNKNOWN)

    assert judged(SUBMISSION, bad) == [(code, Level.ERROR), login]
    assert judged(replace(SUBMISSION, tls=TlsLevel.ENCRYPT), bad) == [(code, Level.WARNING), login]
    assert judged(replace(PLAIN, tls=TlsLevel.MAY), bad) == [(code, Level.INFO), (Code.RELAY_READY, Level.OK)]


def test_logins() -> None:
    """Refused, unknown, impossible; not wanted is fine."""

    def with_auth(*mechanisms: str, login: Login | None = None) -> Dialogue:
        words = (f"AUTH {' '.join(mechanisms)}",) if mechanisms else ()
        return replace(GOOD, hello_tls=words, login=login or Login(state=LoginState.UNTRIED))

    refused = Login(state=LoginState.REFUSED, words="PLAIN: 535 no")
    later = Login(state=LoginState.UNKNOWN, words="PLAIN: 454 later")
    assert judged(SUBMISSION, with_auth("PLAIN", login=refused)) == [(Code.RELAY_LOGIN_REFUSED, Level.ERROR)]
    assert judged(SUBMISSION, with_auth("PLAIN", login=later)) == [(Code.RELAY_LOGIN_UNTRIED, Level.UNKNOWN)]
    assert judged(SUBMISSION, with_auth("PLAIN")) == [(Code.RELAY_LOGIN_UNTRIED, Level.UNKNOWN)]
    assert judged(SUBMISSION, with_auth("XOAUTH2")) == [(Code.RELAY_AUTH_XOAUTH2, Level.ERROR)]
    assert judged(SUBMISSION, with_auth("NTLM"))[0] == (Code.RELAY_AUTH_UNCOMMON, Level.WARNING)
    assert judged(SUBMISSION, with_auth()) == [(Code.RELAY_AUTH_ABSENT, Level.ERROR)]
    assert judged(replace(SUBMISSION, credentials=None), with_auth("XOAUTH2")) == [(Code.RELAY_READY, Level.OK)]


def test_logins_without_tls() -> None:
    """Are not tried; offered only inside TLS they are an error where the inventory says `tls: none`."""
    bare = replace(PLAIN, credentials=LOGIN)
    open_auth = Dialogue(mode=Mode.PLAIN, hello=("AUTH PLAIN",))
    no_tls = Dialogue(mode=Mode.PLAIN, hello=("STARTTLS",), words="TLS: internal error")

    assert judged(bare, open_auth) == [(Code.RELAY_LOGIN_UNTRIED, Level.WARNING), (Code.RELAY_READY, Level.OK)]
    assert judged(bare, GOOD) == [(Code.RELAY_AUTH_NEEDS_TLS, Level.ERROR)]
    assert judged(bare, no_tls) == [(Code.RELAY_TLS_FAILED, Level.WARNING), (Code.RELAY_AUTH_NEEDS_TLS, Level.ERROR)]
    both = replace(GOOD, hello=("STARTTLS", "AUTH PLAIN"))
    assert judged(bare, both) == [(Code.RELAY_READY, Level.OK)]


def test_other_ports() -> None:
    """Those that are open, and how they could be used."""
    good, silent, closed = (
        Door(name=f"isp:{port}", host="relay.test", port=port, relay="isp") for port in (465, 2525, 25)
    )
    knocks = {
        SUBMISSION: Knock(attempt=OPEN, dialogue=GOOD),
        good: Knock(attempt=OPEN, dialogue=replace(GOOD, mode=Mode.TLS)),
        silent: Knock(attempt=OPEN),
        closed: Knock(attempt=replace(OPEN, state=State.FILTERED)),
    }

    found = relays((SUBMISSION,), knocks)

    assert [(item.code, item.about, item.text) for item in found[1:]] == [
        (Code.RELAY_OTHER_PORT, "isp:465", "it is open too, with `tls: secure` and AUTH PLAIN LOGIN"),
        (Code.RELAY_OTHER_PORT, "isp:2525", "it is open too"),
    ]


def test_usable() -> None:
    """By the port's number, as the inventory has it."""
    plain = Dialogue(mode=Mode.PLAIN, hello=("SIZE",))

    assert usable(587, GOOD) == "secure"
    assert usable(465, replace(GOOD, mode=Mode.TLS, certificate=Certificate.NAME)) == "encrypt"
    assert usable(25, plain) == "none"
    assert usable(25, replace(plain, hello=("STARTTLS",))) == ""
    assert usable(25, replace(plain, hello=())) == ""
    assert usable(465, plain) == ""
    assert usable(587, replace(GOOD, mode=Mode.TLS)) == ""
    assert usable(587, Dialogue(mode=Mode.SILENT)) == ""
    assert usable(587, None) == ""


def test_one_name_for_all() -> None:
    """Different relays that greet with a name that is neither's."""
    other = replace(SUBMISSION, name="b:587", host="b.test")
    mute = replace(SUBMISSION, name="c:587", host="c.test")

    def found(greeting: str) -> list[Code]:
        knock = Knock(attempt=replace(OPEN, greeting=greeting), dialogue=GOOD)
        silent = Knock(attempt=replace(OPEN, greeting=""), dialogue=GOOD)
        items = relays((SUBMISSION, other, mute), {SUBMISSION: knock, other: knock, mute: silent})
        return [item.code for item in items if item.code is not Code.RELAY_READY]

    assert found("220 proxy.isp") == [Code.RELAY_PROXIED]
    assert found("220 b.test") == []
