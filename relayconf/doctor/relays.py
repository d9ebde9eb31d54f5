"""The ports of the host's relays, judged by what they said against what the inventory wants of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from relayconf.doctor.attempts import Attempt, State, speaker
from relayconf.doctor.dialogue import Certificate, Dialogue, Mode
from relayconf.doctor.login import PASSWORD_MECHANISMS, LoginState, mechanisms
from relayconf.doctor.targets import Door
from relayconf.doctor.values import Code, Level, Symptom
from relayconf.model import IMPLICIT_TLS_PORTS, TlsLevel

_OPTIONAL = frozenset({None, TlsLevel.NONE, TlsLevel.MAY})
_CHECKED = frozenset({TlsLevel.VERIFY, TlsLevel.SECURE})

_CLOSED: Mapping[State, tuple[Code, Level, str]] = {
    State.FILTERED: (Code.RELAY_FILTERED, Level.ERROR, "the port is filtered: packets to it are dropped on the way"),
    State.REFUSED: (Code.RELAY_REFUSED, Level.ERROR, "the port refuses connections"),
    State.NO_ROUTE: (Code.RELAY_NO_ROUTE, Level.ERROR, "there is no route to it"),
    State.NO_NAME: (Code.RELAY_NO_NAME, Level.ERROR, "its name does not exist"),
    State.UNKNOWN: (Code.RELAY_UNKNOWN, Level.UNKNOWN, "whether it can be reached is not known"),
}

_CERTIFICATES = {
    Certificate.NAME: (Code.RELAY_CERTIFICATE_NAME, "its certificate is for another name"),
    Certificate.AUTHORITY: (Code.RELAY_CERTIFICATE_CA, "its certificate is by nobody who is trusted"),
    Certificate.DATE: (Code.RELAY_CERTIFICATE_DATE, "its certificate is out of its dates, or a clock is wrong"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Knock:
    """What came of one port: the attempt to reach it, and the dialogue where there was one."""

    attempt: Attempt
    dialogue: Dialogue | None = None


class _Judge:
    """One door with what came of it."""

    def __init__(self, door: Door, knock: Knock) -> None:
        self.door = door
        self.attempt = knock.attempt
        self.dialogue = knock.dialogue

    def _symptom(self, code: Code, level: Level, text: str, *evidence: str) -> Symptom:
        return Symptom(code=code, level=level, text=text, about=self.door.name, evidence=tuple(filter(None, evidence)))

    def _wrong_mode(self, seen: Dialogue) -> Symptom | None:
        if self.door.implicit_tls and seen.mode is Mode.PLAIN:
            text = f"port {self.door.port} is to begin with TLS, but speaks in plain text"
        elif not self.door.implicit_tls and seen.mode is Mode.TLS and seen.tls:
            text = f"port {self.door.port} begins with TLS, where a greeting in plain text is expected"
        else:
            return None
        return self._symptom(Code.RELAY_WRONG_MODE, Level.ERROR, text, seen.greeting)

    def _encryption(self, seen: Dialogue) -> Iterator[Symptom]:
        optional = self.door.tls in _OPTIONAL
        if not seen.tls and not seen.starttls and not self.door.implicit_tls:
            if not optional:
                text = f"it offers no STARTTLS, and the inventory wants `tls: {self.door.tls}`"
                yield self._symptom(Code.RELAY_NO_TLS, Level.ERROR, text, "EHLO: " + ", ".join(seen.hello))
        elif not seen.tls:
            level = Level.WARNING if optional else Level.ERROR
            yield self._symptom(Code.RELAY_TLS_FAILED, level, "TLS does not come to be", seen.words)
        elif seen.certificate in _CERTIFICATES:
            code, text = _CERTIFICATES[seen.certificate]
            level = Level.ERROR if self.door.tls in _CHECKED else Level.WARNING
            names = f"it is for {', '.join(seen.names)}" if seen.names else ""
            yield self._symptom(code, Level.INFO if optional else level, text, seen.words, names)

    def _login(self, seen: Dialogue) -> Iterator[Symptom]:
        if self.door.credentials is None:
            return
        offered = seen.mechanisms
        shown = "AUTH " + " ".join(offered)
        if not offered:
            yield self._no_auth(seen)
        elif set(offered) <= {"XOAUTH2", "OAUTHBEARER"}:
            text = "it takes no password, only tokens of OAuth2"
            yield self._symptom(Code.RELAY_AUTH_XOAUTH2, Level.ERROR, text, shown)
        elif not set(offered) & set(PASSWORD_MECHANISMS):
            text = "it offers no usual mechanism for a password"
            yield self._symptom(Code.RELAY_AUTH_UNCOMMON, Level.WARNING, text, shown)
        elif not seen.tls:
            text = "a login was not tried, because there is no TLS to hide the password"
            yield self._symptom(Code.RELAY_LOGIN_UNTRIED, Level.WARNING, text, shown)
        elif seen.login.state is LoginState.REFUSED:
            text = "it does not accept the login"
            yield self._symptom(Code.RELAY_LOGIN_REFUSED, Level.ERROR, text, seen.login.words)
        elif seen.login.state is not LoginState.TAKEN:
            text = "whether it accepts the login is not known"
            why = "" if seen.certificate is Certificate.GOOD else "not tried: its certificate is not good"
            yield self._symptom(Code.RELAY_LOGIN_UNTRIED, Level.UNKNOWN, text, seen.login.words or why)

    def _no_auth(self, seen: Dialogue) -> Symptom:
        if seen.starttls and not seen.tls:
            text = "it offers no login before STARTTLS, and TLS did not come to be"
            return self._symptom(Code.RELAY_AUTH_NEEDS_TLS, Level.ERROR, text)
        text = "it offers no login, and the inventory has one for it"
        return self._symptom(Code.RELAY_AUTH_ABSENT, Level.ERROR, text)

    def _plain_login(self, seen: Dialogue) -> Iterator[Symptom]:
        """A login that the inventory wants without TLS, where it is offered only inside."""
        if self.door.tls is TlsLevel.NONE and self.door.credentials and seen.tls and not mechanisms(seen.hello):
            text = "it offers a login only after STARTTLS, and the inventory says `tls: none`"
            yield self._symptom(Code.RELAY_AUTH_NEEDS_TLS, Level.ERROR, text, "AUTH " + " ".join(seen.mechanisms))

    def _open(self, seen: Dialogue) -> Iterator[Symptom]:
        if seen.mode in {Mode.SILENT, Mode.BROKEN} or (seen.mode is Mode.PLAIN and not seen.hello):
            yield self._symptom(
                Code.RELAY_UNUSABLE, Level.ERROR, "it does not speak SMTP with us", seen.greeting, seen.words
            )
            return
        if wrong := self._wrong_mode(seen):
            yield wrong
            return
        found = [*self._encryption(seen), *self._plain_login(seen), *self._login(seen)]
        yield from found
        if not any(item.level in {Level.ERROR, Level.UNKNOWN} for item in found):
            yield self._ready(seen)
        if seen.size:
            yield self._symptom(Code.RELAY_SIZE, Level.INFO, f"it takes messages of up to {seen.size} bytes")

    def _ready(self, seen: Dialogue) -> Symptom:
        parts = [f"reached, {seen.tls or 'no TLS'}"]
        if seen.login.state is LoginState.TAKEN:
            parts.append("the login is accepted")
        if seen.mechanisms:
            parts.append(f"AUTH {' '.join(seen.mechanisms)}")
        return self._symptom(Code.RELAY_READY, Level.OK, "; ".join(parts), seen.greeting)

    def symptoms(self) -> Iterator[Symptom]:
        """What is to be said of it."""
        if self.dialogue is not None:
            yield from self._open(self.dialogue)
        elif self.attempt.state in _CLOSED:
            code, level, text = _CLOSED[self.attempt.state]
            yield self._symptom(code, level, text, str(self.attempt))
        else:
            yield self._briefly()

    def _briefly(self) -> Symptom:
        """Without a dialogue: what a tool on the host saw, before TLS."""
        if self.attempt.greeting.startswith("220") and self.door.implicit_tls:
            text = f"port {self.door.port} is to begin with TLS, but speaks in plain text"
            return self._symptom(Code.RELAY_WRONG_MODE, Level.ERROR, text, self.attempt.greeting)
        text = "it can be reached; TLS, certificate and login were not looked at"
        return self._symptom(Code.RELAY_UNKNOWN, Level.UNKNOWN, text, str(self.attempt))


def usable(port: int, seen: Dialogue | None) -> str:
    """How a port of a relay can be used, as the inventory's `tls:`; empty where it cannot."""
    if seen is None or seen.mode in {Mode.SILENT, Mode.BROKEN}:
        return ""
    if (port in IMPLICIT_TLS_PORTS) is not (seen.mode is Mode.TLS):
        return ""
    if seen.certificate is Certificate.GOOD:
        return "secure"
    if seen.tls:
        return "encrypt"
    return "none" if seen.hello and not seen.starttls else ""


def _other_ports(doors: Sequence[Door], knocks: Mapping[Door, Knock]) -> Iterator[Symptom]:
    for door, knock in knocks.items():
        if door in doors or knock.attempt.state is not State.OPEN:
            continue
        how = usable(door.port, knock.dialogue)
        auth = " ".join(knock.dialogue.mechanisms) if knock.dialogue else ""
        text = "it is open too" + (f", with `tls: {how}`" if how else "") + (f" and AUTH {auth}" if auth else "")
        yield Symptom(code=Code.RELAY_OTHER_PORT, level=Level.INFO, text=text, about=door.name)


def _proxied(doors: Sequence[Door], knocks: Mapping[Door, Knock]) -> Iterator[Symptom]:
    """Different relays that greet with one name."""
    speakers: dict[str, set[str]] = {}
    for door in doors:
        if name := speaker(knocks[door].attempt):
            speakers.setdefault(name, set()).add(door.host)
    for name, hosts in speakers.items():
        if len(hosts) > 1 and name not in hosts:
            text = f"different relays greet with the same name, {name}: perhaps a proxy on the way"
            evidence = tuple(sorted(hosts))
            yield Symptom(code=Code.RELAY_PROXIED, level=Level.WARNING, text=text, about=name, evidence=evidence)


def relays(doors: Sequence[Door], knocks: Mapping[Door, Knock]) -> tuple[Symptom, ...]:
    """What came of *doors*; and of all other doors in *knocks*, which could be used instead."""
    found = [symptom for door in doors for symptom in _Judge(door, knocks[door]).symptoms()]
    return (*found, *_proxied(doors, knocks), *_other_ports(doors, knocks))
