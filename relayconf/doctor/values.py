"""What an examination finds: symptoms, each with a stable code, and the verdicts that follow from them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How a symptom is to be taken. `unknown`: a probe or a resolver failed, and nothing follows from that."""

    OK = "ok"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    UNKNOWN = "unknown"


class Code(StrEnum):
    """Every symptom by its stable code; docs/doctor.md says of each what it means and what to do."""

    PROBES_FAILED = "probes-failed"
    NO_TOOL = "no-tool"
    FORWARDING_REFUSED = "forwarding-refused"
    PORT25_OPEN = "port25-open"
    PORT25_FILTERED = "port25-filtered"
    PORT25_REFUSED = "port25-refused"
    PORT25_NO_ROUTE = "port25-no-route"
    PORT25_PROXIED = "port25-proxied"
    PORT25_UNKNOWN = "port25-unknown"
    RELAY_READY = "relay-ready"
    RELAY_FILTERED = "relay-filtered"
    RELAY_REFUSED = "relay-refused"
    RELAY_NO_ROUTE = "relay-no-route"
    RELAY_NO_NAME = "relay-no-name"
    RELAY_UNKNOWN = "relay-unknown"
    RELAY_UNUSABLE = "relay-unusable"
    RELAY_PROXIED = "relay-proxied"
    RELAY_WRONG_MODE = "relay-wrong-mode"
    RELAY_NO_TLS = "relay-no-tls"
    RELAY_TLS_FAILED = "relay-tls-failed"
    RELAY_CERTIFICATE_NAME = "relay-certificate-name"
    RELAY_CERTIFICATE_CA = "relay-certificate-ca"
    RELAY_CERTIFICATE_DATE = "relay-certificate-date"
    RELAY_AUTH_ABSENT = "relay-auth-absent"
    RELAY_AUTH_NEEDS_TLS = "relay-auth-needs-tls"
    RELAY_AUTH_XOAUTH2 = "relay-auth-xoauth2"
    RELAY_AUTH_UNCOMMON = "relay-auth-uncommon"
    RELAY_LOGIN_REFUSED = "relay-login-refused"
    RELAY_LOGIN_UNTRIED = "relay-login-untried"
    RELAY_OTHER_PORT = "relay-other-port"
    RELAY_SIZE = "relay-size"
    EGRESS_ADDRESS = "egress-address"
    EGRESS_DIFFERS = "egress-differs"
    EGRESS_UNKNOWN = "egress-unknown"
    PTR_CONFIRMED = "ptr-confirmed"
    PTR_MISSING = "ptr-missing"
    PTR_UNCONFIRMED = "ptr-unconfirmed"
    PTR_GENERIC = "ptr-generic"
    PTR_UNKNOWN = "ptr-unknown"
    HELO_MATCHES = "helo-matches"
    HELO_DIFFERS = "helo-differs"
    HELO_UNKNOWN = "helo-unknown"
    DNSBL_CLEAN = "dnsbl-clean"
    DNSBL_POLICY = "dnsbl-policy"
    DNSBL_LISTED = "dnsbl-listed"
    DNSBL_UNKNOWN = "dnsbl-unknown"
    SASL_PRESENT = "sasl-present"
    SASL_MISSING = "sasl-missing"
    SASL_UNKNOWN = "sasl-unknown"
    CLOCK_RIGHT = "clock-right"
    CLOCK_WRONG = "clock-wrong"
    CLOCK_UNKNOWN = "clock-unknown"
    QUEUE_EMPTY = "queue-empty"
    QUEUE_WAITS = "queue-waits"
    QUEUE_UNKNOWN = "queue-unknown"
    MTA_UNKNOWN = "mta-unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Symptom:
    """One thing that was seen. `about` is a relay's endpoint, an address or a name, empty for the host itself.

    `evidence` are lines of what was seen; all texts may hold a stranger's words and are hostile.
    """

    code: Code
    level: Level
    text: str
    about: str = ""
    evidence: tuple[str, ...] = ()


class Ruling(StrEnum):
    """Every verdict by its stable code, as documented there."""

    NEEDS_SMARTHOST = "needs-smarthost"
    LISTED = "listed"
    WRONG_PORT = "wrong-port"
    CLOSED_RELAY = "closed-relay"
    WRONG_RELAY_NAME = "wrong-relay-name"
    WRONG_LOGIN = "wrong-login"
    NEEDS_OAUTH2 = "needs-oauth2"
    WRONG_CERTIFICATE = "wrong-certificate"
    NO_SASL = "no-sasl"
    UNDECIDED = "undecided"
    SOUND = "sound"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What follows from symptoms: in words, and as `lines` of the inventory that cure it, at `place`."""

    code: Ruling
    level: Level
    text: str
    because: tuple[Code, ...] = ()
    place: str = ""
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """All that was found on one host."""

    symptoms: tuple[Symptom, ...]
    verdicts: tuple[Verdict, ...]

    @property
    def is_ill(self) -> bool:
        """Whether something is surely wrong."""
        return any(item.level is Level.ERROR for item in self.symptoms)


def codes_of(symptoms: Iterable[Symptom], *codes: Code) -> tuple[Code, ...]:
    """Which of *codes* are among *symptoms*, each once, in the order of *codes*."""
    seen = {symptom.code for symptom in symptoms}
    return tuple(code for code in codes if code in seen)
