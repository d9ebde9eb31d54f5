from __future__ import annotations

import pytest

from relayconf.inventory import values
from relayconf.inventory.problems import Fault


def _fault(function: object, *args: object) -> str:
    assert callable(function)
    with pytest.raises(Fault) as caught:
        function(*args)
    return caught.value.code


def test_text() -> None:
    """Text has no control characters and is not empty."""
    assert values.text("pass show isp # ü") == "pass show isp # ü"
    assert _fault(values.text, "") == "empty_text"
    for char in "\n\r\0\t\x7f\x85\u2028":
        assert _fault(values.text, f"a{char}b") == "control_character"


def test_port() -> None:
    """A port is a plain decimal number from 1 to 65535."""
    assert values.port("65535") == 65535
    for bad in ("0", "65536", "025", "0x19", "smtp", "-1", "1e3", "٢٥", "25 ", "", None, ["25"]):
        assert _fault(values.port, bad) == "port"


def test_flag_and_version() -> None:
    """Only `true`, `false` and `1` are what they say; the words of YAML 1.1 are not."""
    assert values.flag("true")
    assert not values.flag("false")
    assert values.version("1") == 1
    for bad in ("yes", "on", "True", None):
        assert _fault(values.flag, bad) == "wanted_true"
    assert _fault(values.version, "1.0") == "wanted_version"


def test_absolute_path() -> None:
    """A path on a host is absolute and has no way back."""
    assert values.absolute_path("/var//qmail/") == "/var/qmail"
    for bad in ("var", "~/x", "/a/../b", "/./a"):
        assert _fault(values.absolute_path, bad) == "absolute_path"


def test_fingerprint() -> None:
    """SHA-256 alone; as openssl prints it, whatever it came as."""
    assert values.fingerprint("0a" * 32) == values.fingerprint(":".join(["0A"] * 32)) == ":".join(["0A"] * 32)
    for bad in ("", "0A" * 20, "0A" * 31 + "0G", "0A" * 33):
        assert _fault(values.fingerprint, bad) == "fingerprint"


def test_setting() -> None:
    """Blanks around it are not part of it; an empty one would read as never set."""
    assert values.setting(" a b ") == "a b"
    assert _fault(values.setting, " ") == "empty_text"
    assert _fault(values.setting, "a\nb") == "control_character"


def test_ssh_word() -> None:
    """What ssh gets can be no option."""
    assert values.ssh_word("admin@edge:22") == "admin@edge:22"
    assert _fault(values.ssh_word, "-oProxyCommand=id") == "ssh_word"
    assert _fault(values.ssh_word, "a b") == "ssh_word"


def test_secret_names() -> None:
    """Variables and keyring entries have their shapes."""
    assert values.variable("ISP_PASSWORD2") == "ISP_PASSWORD2"
    assert values.keyring_entry("relayconf/user@isp") == "relayconf/user@isp"
    for bad in ("2A", "A B", "hunter-2", ""):
        assert _fault(values.variable, bad) == "env_name"
    for bad in ("a", "a/", "/a"):
        assert _fault(values.keyring_entry, bad) == "keyring_name"


def test_reply() -> None:
    """A reply begins with an enhanced status code of its class and says something."""
    assert values.reply("5", "5.1.1 no such domain") == "5.1.1 no such domain"
    assert _fault(values.reply, "5", "4.1.1 no") == "reject_code"
    assert _fault(values.reply, "5", "5.1.1") == "reject_code"
    assert _fault(values.reply, "4", "550 5.1.1 no") == "retry_code"


def test_prefix() -> None:
    """A user with an extension, or nothing; no separator of lines, fields or paths."""
    for good in ("", "alice", "alice-shop", "example.com", "_a+b=c"):
        assert values.prefix(good) == good
    for bad in ("-a", "a b", "a:b", "a/b", "../a", "a\nb", "a\r", "#a", "|prog", "a" * 200, "é"):
        with pytest.raises(Fault) as caught:
            values.prefix(bad)
        assert caught.value.code == "virtual_prefix"
