"""Postfix's parameters as a service sees them."""

from __future__ import annotations

import pytest

from relayconf.errors import MainCfError
from relayconf.mta.postfix.resolver.settings import Service, services, settings
from tests.mta.postfix.resolver.memory import Memory, settings_of


def _value(main: str, name: str, *, machine: str = "mail", files: Memory | None = None) -> str:
    return settings(main.encode(), None, files or Memory(), directory="/conf", machine=machine).value(name)


def test_defaults() -> None:
    """Postfix's own, where main.cf says nothing."""
    assert _value("myhostname = h.example.org\n", "mydestination") == "h.example.org, localhost.example.org, localhost"
    assert _value("", "default_transport") == "smtp"
    assert _value("transport_maps = hash:$config_directory/t\n", "transport_maps") == "hash:/conf/t"
    assert _value("", "no_such_parameter") == ""


def test_compatibility_levels() -> None:
    """Some defaults depend on it."""
    for level, values in (
        ("0", ("yes", "no", "h.d", "")),
        ("2", ("no", "yes", "", "")),
        ("3.11", ("no", "yes", "", "may")),
    ):
        main = f"compatibility_level = {level}\nmydestination = h.d\n"
        names = ("append_dot_mydomain", "smtputf8_enable", "relay_domains", "smtp_tls_security_level")
        assert tuple(_value(main, name) for name in names) == values


@pytest.mark.parametrize(
    ("main", "machine", "name", "domain"),
    [
        ("myhostname = h.example.org\n", "m", "h.example.org", "example.org"),
        ("myhostname = h\n", "m", "h", "localdomain"),
        ("", "m.example.net", "m.example.net", "example.net"),
        ("", "m", "m.localdomain", "localdomain"),
        ("mydomain = x.test\n", "m", "m.x.test", "x.test"),
        ("mydomain = x.test\nmyhostname = h.$mydomain\n", "m", "h.x.test", "x.test"),
    ],
)
def test_the_host_s_name(main: str, machine: str, name: str, domain: str) -> None:
    """From main.cf, else from the machine; the domain is what follows, unless it is set."""
    assert (_value(main, "myhostname", machine=machine), _value(main, "mydomain", machine=machine)) == (name, domain)


def test_names_in_files() -> None:
    """Debian's notation."""
    files = Memory(contents={"/etc/mailname": b"mail.example.org\n"})

    assert _value("myorigin = /etc/mailname\n", "myorigin", files=files) == "mail.example.org"
    assert _value("myorigin = /etc/other\n", "myorigin", files=files) == "/etc/other"


def test_switches() -> None:
    """Yes, no, and off where nothing is said; everything else is fatal."""
    found = settings_of("a = YES\nb = no\nc = perhaps\n")

    assert [found.is_on(name) for name in ("a", "b", "d")] == [True, False, False]
    with pytest.raises(MainCfError, match="c is neither yes nor no: 'perhaps'"):
        found.is_on("c")


def test_services() -> None:
    """What Postfix comes with, or what master.cf has with its options."""
    assert services(None)["relay"] == Service(program="smtp", options={})

    found = services(
        b"smtp unix - - - - - smtp\nslow unix - - n - - smtp -v\n  -o a=b,c -o { d = e f }\n  -o nonsense -o x = y\n"
        b"smtp inet n - - - - smtpd\n"
    )

    assert found["smtp"] == Service(program="smtp", options={})
    assert found["slow"] == Service(program="smtp", options={"a": "b,c", "d": "e f"})


def test_of_a_service() -> None:
    """Its options stand over main.cf."""
    found = settings_of("relayhost = a\nother = $relayhost\n")

    assert found.of(Service(program="smtp", options={})) is found
    assert found.of(Service(program="smtp", options={"relayhost": "b"})).value("other") == "b"
