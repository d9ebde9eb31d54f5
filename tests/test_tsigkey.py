"""Keys of dynamic updates: read from where only their owner can, and never repeated."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from relayconf.errors import KeyFileError, SecretError
from relayconf.tsigkey import TsigKey, from_environment, from_file

SECRET = base64.b64encode(b"secret").decode()
KEY = TsigKey(name="relayconf", algorithm="hmac-sha512", secret=b"secret")


def written(folder: Path, text: str, mode: int = 0o600) -> Path:
    """A key file with *text*."""
    path = folder / "tsig.key"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


@pytest.mark.parametrize(
    "text",
    [
        f'key "relayconf" {{\n\talgorithm hmac-sha512;\n\tsecret "{SECRET}";\n}};\n',
        f"key relayconf {{ secret {SECRET}; algorithm HMAC-SHA512; }};",
        f'// x\n# mine {{\n/* key "x" {{\n}}; */ key "relayconf" {{algorithm "hmac-sha512";secret "{SECRET}";}} ;',
    ],
    ids=["tsig-keygen", "bare", "comments"],
)
def test_a_key_file(tmp_path: Path, text: str) -> None:
    """As BIND writes and reads them."""
    assert from_file(written(tmp_path, text)) == KEY


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "does not have the form"),
        (f'key "a" {{ secret "{SECRET}"; }};', "does not have the form"),
        (f'key "a" {{ secret "{SECRET}"; secret "{SECRET}"; }};', "does not have the form"),
        (f'key "a" {{ algorithm hmac-sha256; secret "{SECRET}"; x y; }};', "does not have the form"),
        (f'key "a" {{ algorithm hmac-sha256; secret "{SECRET}"; }}; key "b" {{ }};', "does not have the form"),
        (f'key "a" {{ algorithm hmac-md5; secret "{SECRET}"; }};', "names no algorithm that is known"),
        (f'key "a" {{ algorithm hmac-sha256; secret "{SECRET}x"; }};', "is not base64"),
        ('key "a" { algorithm hmac-sha256; secret "="; };', "is not base64"),
    ],
)
def test_what_is_no_key_file(tmp_path: Path, text: str, message: str) -> None:
    """Is refused without a word of what is in it."""
    path = written(tmp_path, text)

    with pytest.raises(KeyFileError, match=message) as raised:
        from_file(path)

    assert str(path) in raised.value.message
    assert raised.value.hint
    assert SECRET not in f"{raised.value.message} {raised.value.hint}"
    assert raised.value.__cause__ is None


def test_a_file_that_others_can_read(tmp_path: Path) -> None:
    """Holds no secret any more."""
    with pytest.raises(KeyFileError, match=r"is open to others \(mode 0640\)") as raised:
        from_file(written(tmp_path, "", 0o640))

    assert raised.value.hint == f"chmod 600 {tmp_path / 'tsig.key'}"


def test_no_file(tmp_path: Path) -> None:
    """The hint names the program that makes one."""
    with pytest.raises(KeyFileError, match="cannot be read: No such file or directory") as raised:
        from_file(tmp_path / "none")

    assert raised.value.hint == "`tsig-keygen NAME` writes one"


@pytest.mark.parametrize("text", [f"hmac-sha512:relayconf:{SECRET}", f"HMAC-SHA512:relayconf:{SECRET}\n"])
def test_a_variable(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """As `nsupdate -y` takes it."""
    monkeypatch.setenv("DNS_KEY", text)

    assert from_environment("DNS_KEY") == KEY


def test_the_usual_algorithm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Need not be named; a key does not show its secret."""
    monkeypatch.setenv("DNS_KEY", f"relayconf:{SECRET}")
    key = from_environment("DNS_KEY")

    assert key.algorithm == "hmac-sha256"
    assert "secret" not in repr(key)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (SECRET, r"DNS_KEY does not hold \[ALGORITHM:\]NAME:SECRET"),
        (f"a:b:c:{SECRET}", "does not hold"),
        (f":{SECRET}", "does not hold"),
        (f"{SECRET}:relayconf:x", "DNS_KEY names no algorithm that is known"),
        ("relayconf:", "the secret in DNS_KEY is empty"),
        (f"md5:relayconf:{SECRET}", "DNS_KEY names no algorithm that is known"),
    ],
)
def test_what_is_no_variable(monkeypatch: pytest.MonkeyPatch, text: str, message: str) -> None:
    """Is refused without a word of what is in it."""
    monkeypatch.setenv("DNS_KEY", text)

    with pytest.raises((KeyFileError, SecretError), match=message) as raised:
        from_environment("DNS_KEY")

    assert SECRET not in str(raised.value)


def test_no_variable() -> None:
    """As with every secret in the environment."""
    with pytest.raises(SecretError, match="the environment has no variable DNS_KEY"):
        from_environment("DNS_KEY")
