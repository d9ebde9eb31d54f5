"""A login tried at a relay, and what it came to. No mail is sent, and no password leaves but inside verified TLS."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from relayconf.doctor.wire import Reply, Wire

PASSWORD_MECHANISMS = ("PLAIN", "LOGIN", "CRAM-MD5")
"""What a user name and a password can be used with here, the first that is offered."""


class LoginState(StrEnum):
    """How a login ended. `untried`: none was made; `unknown`: the relay answered neither yes nor no."""

    TAKEN = "taken"
    REFUSED = "refused"
    UNTRIED = "untried"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """What became of a login, in the relay's words or ours."""

    state: LoginState
    words: str = ""


NO_LOGIN = Login(state=LoginState.UNTRIED)
"""None was made, and none was to be."""


def mechanisms(hello: Sequence[str]) -> tuple[str, ...]:
    """The mechanisms that an EHLO answer offers, in upper case; `AUTH=` is an old spelling of it."""
    found: list[str] = []
    for line in hello:
        word, *rest = line.upper().replace("AUTH=", "AUTH ").split() or [""]
        found += rest if word == "AUTH" else []
    return tuple(dict.fromkeys(found))


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode("utf-8")).decode("ascii")


def _plain(wire: Wire, username: str, password: str) -> tuple[Reply, tuple[str, ...]]:
    word = _encoded(f"\0{username}\0{password}")
    return wire.command(f"AUTH PLAIN {word}"), (word,)


def _login(wire: Wire, username: str, password: str) -> tuple[Reply, tuple[str, ...]]:
    word = _encoded(password)
    reply = wire.command("AUTH LOGIN")
    for answer in (_encoded(username), word):
        if reply.code != 334:
            break
        reply = wire.command(answer)
    return reply, (word,)


def _cram_md5(wire: Wire, username: str, password: str) -> tuple[Reply, tuple[str, ...]]:
    reply = wire.command("AUTH CRAM-MD5")
    if reply.code != 334:
        return reply, ()
    try:
        challenge = base64.b64decode("".join(reply.lines), validate=True)
    except ValueError:
        return reply, ()
    digest = hmac.new(password.encode("utf-8"), challenge, hashlib.md5).hexdigest()
    return wire.command(_encoded(f"{username} {digest}")), (digest,)


_WAYS: dict[str, Callable[[Wire, str, str], tuple[Reply, tuple[str, ...]]]] = {
    "PLAIN": _plain,
    "LOGIN": _login,
    "CRAM-MD5": _cram_md5,
}


def log_in(wire: Wire, offered: Sequence[str], username: str, password: str) -> Login:
    """Log in by the first usual mechanism of *offered*. Raises Broken.

    534 and 535 are a no to these credentials (RFC 4954 6), 5xx of any other kind is a no all the same; all else leaves
    it open. The words never hold the password, even where the relay repeats it.
    """
    mechanism = next((name for name in PASSWORD_MECHANISMS if name in offered), None)
    if mechanism is None:
        return Login(state=LoginState.UNTRIED, words="the relay offers no mechanism for a password")
    reply, secrets = _WAYS[mechanism](wire, username, password)
    words = reply.text
    if any(secret in words for secret in (password, *secrets)):
        words = f"{reply.code} (it repeats what was sent)"
    words = f"{mechanism}: {words}"
    if reply.code == 235:
        return Login(state=LoginState.TAKEN, words=words)
    return Login(state=LoginState.REFUSED if reply.code >= 500 else LoginState.UNKNOWN, words=words)
