"""Single values of the inventory, from text. All raise `Fault`, none repeats a value."""

from __future__ import annotations

import ipaddress
import re

from relayconf.inventory.names import CONTROL
from relayconf.inventory.problems import Fault, character

_PORT = re.compile(r"[1-9][0-9]{0,4}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SPF_TERM = re.compile(r"\+?(?:include|exists|a|mx|ip4|ip6):[!-~]+")
_PREFIX = re.compile(r"(?:[A-Za-z0-9_][A-Za-z0-9_.+=-]{0,127})?")
_KEYRING = re.compile(r"[^/]+/.+")


def text(value: str) -> str:
    """Text without control characters; not empty."""
    if not value:
        raise Fault("empty_text")
    if odd := CONTROL.search(value):
        raise Fault("control_character", character=character(odd[0]))
    return value


def setting(value: str) -> str:
    """The value of a parameter: one line, not empty, without blanks around it."""
    return text(value.strip())


def prefix(value: str) -> str:
    """What virtualdomains puts in front of an address, with a `-` behind it; empty for an exemption (qmail-send(8))."""
    if not _PREFIX.fullmatch(value):
        raise Fault("virtual_prefix")
    return value


def fingerprint(value: str) -> str:
    """A SHA-256 digest, with colons between its pairs of digits or without."""
    digits = value.replace(":", "").upper()
    if not re.fullmatch("[0-9A-F]{64}", digits):
        raise Fault("fingerprint")
    return ":".join(digits[place : place + 2] for place in range(0, 64, 2))


def port(value: object) -> int:
    """A port from 1 to 65535, in plain decimal digits."""
    if not isinstance(value, str) or not _PORT.fullmatch(value) or int(value) > 65535:
        raise Fault("port")
    return int(value)


def flag(value: object) -> bool:
    """`true` or `false`, as YAML 1.2 writes them."""
    if value not in ("true", "false"):
        raise Fault("wanted_true")
    return value == "true"


def version(value: object) -> int:
    """The version of the language."""
    if value != "1":
        raise Fault("wanted_version")
    return 1


def absolute_path(value: str) -> str:
    """An absolute path on the host, without `.` and `..` and without a slash at its end."""
    if not text(value).startswith("/") or {".", ".."} & set(value.split("/")):
        raise Fault("absolute_path")
    return "/" + "/".join(part for part in value.split("/") if part)


def ssh_word(value: str) -> str:
    """A word that ssh takes as an argument: never an option, never two."""
    if text(value).startswith("-") or " " in value:
        raise Fault("ssh_word")
    return value


def variable(value: str) -> str:
    """The name of an environment variable (POSIX.1-2017 8.1)."""
    if not _VARIABLE.fullmatch(value):
        raise Fault("env_name")
    return value


def keyring_entry(value: str) -> str:
    """`SERVICE/USER`."""
    if not _KEYRING.fullmatch(text(value)):
        raise Fault("keyring_name")
    return value


def reply(code: str, value: str) -> str:
    """A text for the sender that begins with an enhanced status code of class *code* (RFC 3463)."""
    if not re.match(rf"{code}\.[0-9]{{1,3}}\.[0-9]{{1,3}} \S", text(value)):
        raise Fault("reject_code" if code == "5" else "retry_code")
    return value


def spf_term(value: str) -> str:
    """An SPF mechanism that lets somebody pass (RFC 7208 5); an address or a network becomes one."""
    try:
        network = ipaddress.ip_network(text(value))
    except ValueError:
        if not _SPF_TERM.fullmatch(value):
            raise Fault("spf_term") from None
        return value
    shown = str(network) if "/" in value else str(network.network_address)
    return f"ip{network.version}:{shown}"
