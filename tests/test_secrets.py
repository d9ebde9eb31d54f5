"""References become secrets: each kind, each way it can fail, and nobody asked twice or before it is needed."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest

from relayconf.errors import SecretError
from relayconf.model import SecretRef
from relayconf.secrets import Secrets

KEYRING = """\
class errors:
    class KeyringError(Exception):
        pass


def get_password(service, user):
    if service == "locked":
        raise errors.KeyringError("hunter2")
    return {("relay/isp", "me"): "hunter2"}.get((service, user))
"""


def env(name: str) -> SecretRef:
    """A reference to a variable."""
    return SecretRef(kind="env", value=name)


def command(line: str) -> SecretRef:
    """A reference to a command."""
    return SecretRef(kind="command", value=line)


def fails(ref: SecretRef) -> SecretError:
    """The error that resolving *ref* ends with; it never tells the secret."""
    with pytest.raises(SecretError) as caught:
        Secrets().resolve(ref)
    assert "hunter2" not in f"{caught.value.message} {caught.value.hint} {caught.value.__cause__}"
    return caught.value


def test_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its value, or its name and how to set it."""
    monkeypatch.setenv("ISP_PASSWORD", "hunter2 with blanks ")

    assert Secrets().resolve(env("ISP_PASSWORD")) == "hunter2 with blanks "
    error = fails(env("NO_SUCH_VARIABLE"))
    assert error.message == "the environment has no variable NO_SUCH_VARIABLE"
    assert error.hint == "export NO_SUCH_VARIABLE before you run relayconf"


def test_a_file(tmp_path: Path, home: Path) -> None:
    """Its content without the line end; `~` is the home directory."""
    (home / "secret").write_bytes(b"hunter2\r\n")
    (tmp_path / "binary").write_bytes(b"\xff\n")

    assert Secrets().resolve(SecretRef(kind="file", value="~/secret")) == "hunter2"
    missing = fails(SecretRef(kind="file", value="/nonexistent/secret"))
    assert missing.message == "the secret file /nonexistent/secret cannot be read: No such file or directory"
    binary = fails(SecretRef(kind="file", value=str(tmp_path / "binary")))
    assert binary.message == f"the secret file {tmp_path}/binary cannot be read: it is not UTF-8"


def test_a_command() -> None:
    """Its output without the line end; a failure is told by its status alone."""
    assert Secrets().resolve(command("printf 'hunter2\\n'")) == "hunter2"
    error = fails(command("printf hunter%s 2; exit 3"))
    assert error.message.endswith("for a secret ended with 3")


def test_output_that_is_no_text() -> None:
    """Is a failure, too."""
    assert fails(command("printf '\\377'")).message.endswith("for a secret failed: UnicodeDecodeError")


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("", "is empty"),
        ("\\n", "is empty"),
        ("hunter\\nuser: me\\n", "has more than one line"),
        ("hunter\\tx", "has control characters in it"),
        ("hunter\\177", "has control characters in it"),
    ],
)
def test_what_no_file_could_hold_is_refused(output: str, reason: str) -> None:
    """One line, not empty, without control characters."""
    assert fails(command(f"printf '{output}'")).message.endswith(reason)


def test_a_keyring_that_is_not_installed() -> None:
    """The way to install it is named."""
    assert fails(SecretRef(kind="keyring", value="relay/me")).hint == "pip install 'relayconf[keyring]'"


def test_a_keyring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Service and user are parted at the last slash. A double of the library stands here: there is no desktop."""
    (tmp_path / "keyring.py").write_text(KEYRING)
    monkeypatch.syspath_prepend(tmp_path)
    try:
        assert Secrets().resolve(SecretRef(kind="keyring", value="relay/isp/me")) == "hunter2"
        absent = fails(SecretRef(kind="keyring", value="relay/isp/you"))
        assert (absent.message, absent.hint) == (
            "the keyring has no secret for you at relay/isp",
            "keyring set relay/isp you",
        )
        locked = fails(SecretRef(kind="keyring", value="locked/me"))
        assert locked.message == "the keyring cannot be asked for locked/me: KeyringError"
    finally:
        sys.modules.pop("keyring", None)


def test_nobody_is_asked_twice(tmp_path: Path) -> None:
    """Not even by many hosts at once."""
    secrets, ref = Secrets(), command(f"echo asked >>{tmp_path}/log; sleep 0.1; echo hunter2")
    threads = [threading.Thread(target=secrets.resolve, args=(ref,)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert secrets.resolve(ref) == "hunter2"
    assert (tmp_path / "log").read_text() == "asked\n"


def test_nobody_is_asked_before_it_is_needed(tmp_path: Path) -> None:
    """Making the resolver asks nothing."""
    Secrets()

    assert not (tmp_path / "log").exists()
