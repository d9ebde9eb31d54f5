"""From a reference to its secret: environment, file, command or keyring, each asked at most once per run."""

from __future__ import annotations

import importlib
import os
import subprocess
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from relayconf.errors import SecretError
from relayconf.model import SecretRef

_COMMAND_TIMEOUT = 120.0  # seconds: a password manager may wait for a human's touch


def _environment(ref: SecretRef) -> str:
    try:
        return os.environ[ref.value]
    except KeyError as error:
        raise SecretError(
            f"the environment has no variable {ref.value}", hint=f"export {ref.value} before you run relayconf"
        ) from error


def _file(ref: SecretRef) -> str:
    path = Path(ref.value).expanduser()
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise SecretError(f"the secret file {path} cannot be read: {reason}") from error


def _command(ref: SecretRef) -> str:
    try:
        # The terminal stays open for a password manager that asks its user; what it says on stderr is for them.
        done = subprocess.run(
            ["sh", "-c", ref.value], stdout=subprocess.PIPE, text=True, timeout=_COMMAND_TIMEOUT, check=False
        )
    except (OSError, UnicodeError, subprocess.TimeoutExpired) as error:
        raise SecretError(f"the command `{ref.value}` for a secret failed: {type(error).__name__}") from None
    if done.returncode != 0:
        raise SecretError(f"the command `{ref.value}` for a secret ended with {done.returncode}", hint="run it by hand")
    return done.stdout


def _keyring(ref: SecretRef) -> str:
    try:
        keyring = importlib.import_module("keyring")
    except ImportError as error:
        raise SecretError(
            "a secret is in a keyring, but the library for keyrings is not installed",
            hint="pip install 'relayconf[keyring]'",
        ) from error
    service, _, user = ref.value.rpartition("/")
    try:
        found: object = keyring.get_password(service, user)
    except keyring.errors.KeyringError as error:
        raise SecretError(f"the keyring cannot be asked for {ref.value}: {type(error).__name__}") from None
    if not isinstance(found, str):
        raise SecretError(f"the keyring has no secret for {user} at {service}", hint=f"keyring set {service} {user}")
    return found


_ASK: Mapping[str, Callable[[SecretRef], str]] = {
    "env": _environment,
    "file": _file,
    "command": _command,
    "keyring": _keyring,
}


def _checked(ref: SecretRef, answer: str) -> str:
    """One line without control characters, as every file that it can go to demands; its own line end is no part."""
    secret = answer.removesuffix("\n").removesuffix("\r")
    place = f"{ref.kind} {ref.value}"
    if not secret:
        raise SecretError(f"the secret from {place} is empty")
    if "\n" in secret:
        raise SecretError(f"the secret from {place} has more than one line", hint="such as `pass show x | head -n 1`")
    if any(ord(char) < 0x20 or ord(char) == 0x7F for char in secret):
        raise SecretError(f"the secret from {place} has control characters in it")
    return secret


class Secrets:
    """Resolves references when they are first needed. Safe to share between threads: nobody is asked twice at once."""

    def __init__(self) -> None:
        self._known: dict[SecretRef, str] = {}
        self._lock = threading.Lock()

    def resolve(self, ref: SecretRef) -> str:
        """The secret, one line. Raises SecretError, which never carries it or what a command said."""
        with self._lock:
            if ref not in self._known:
                self._known[ref] = _checked(ref, _ASK[ref.kind](ref))
            return self._known[ref]
