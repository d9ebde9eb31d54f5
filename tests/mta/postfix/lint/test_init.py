"""All checks together."""

from __future__ import annotations

from relayconf.mta.postfix.lint import lint
from relayconf.mta.postfix.lint.codes import CODES
from tests.mta.postfix.lint import (
    test_access,
    test_chroot,
    test_credentials,
    test_encryption,
    test_lookup,
    test_loops,
    test_master,
    test_parameters,
    test_routing,
)
from tests.mta.postfix.lint.exhibits import Exhibit, told

_MODULES = (
    test_access,
    test_chroot,
    test_credentials,
    test_encryption,
    test_lookup,
    test_loops,
    test_master,
    test_parameters,
    test_routing,
)


def test_a_healthy_configuration() -> None:
    """Nothing to say, also where nothing is known of the machine."""
    assert told(Exhibit()) == []


def test_every_code_has_its_exhibit() -> None:
    """None is only promised."""
    found = {
        one.code.removeprefix("postfix-")
        for module in _MODULES
        for exhibit in module.EXHIBITS.values()
        for one in lint(exhibit.configuration)
    }

    assert found == set(CODES)


def test_every_fault_has_a_way_out() -> None:
    """And neither a password nor a control character in its texts."""
    faults = [one for module in _MODULES for exhibit in module.EXHIBITS.values() for one in lint(exhibit.configuration)]

    assert [one.code for one in faults if not one.ways_out or not all(one.ways_out)] == []
    assert [one.code for one in faults if "geheim" in f"{one.text}{one.ways_out}{one.place}"] == []


def test_each_fault_once() -> None:
    """However many services have it."""
    exhibit = Exhibit(settings={"smtp_sasl_password_maps": ""})

    text = "smtp_sasl_auth_enable = yes, but no smtp_sasl_password_maps: smtp(8) dies when it starts"
    assert told(exhibit) == [f"error postfix-sasl-no-table main.cf:5: {text}"]


def test_hostile_values() -> None:
    """What a host says cannot move a cursor."""
    exhibit = Exhibit(
        settings={
            "relayhost": "[\x1b[2J",
            "transport_maps": "x\x1b:y hash:/etc/postfix/t",
            "smtp_tls_security_level": "\x1b",
        },
        tables={"t": "a\x1b.test b\x1b:[\x1b\n@\x1b :\n\x1b\n"},
    )

    assert "\x1b" not in "".join(told(exhibit))
