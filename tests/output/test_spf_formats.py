"""Records for what publishes them."""

from __future__ import annotations

import json
import re

import yaml

from relayconf.output import spf_formats
from relayconf.spf.planner import SpfPlan

OLD = "v=spf1 mx -all"
NEW = 'v=spf1 exists:%{i}.x.example include:"\\" -all'
PLANS = [
    SpfPlan(domain="a.example", live=(OLD,), record=OLD),
    SpfPlan(domain="b.example"),
    SpfPlan(domain="a.example", live=(OLD, "v=spf1"), others=("MS=1; ${x}",), record=NEW, ttl=600, zone="a.example"),
    SpfPlan(domain="first.mail.a.example", record="v=spf1 " + "y" * 255, zone="a.example", ttl=60),
    SpfPlan(domain="n\n.example", record="v=spf1 -all"),
]


def test_zone() -> None:
    """Changes alone, in strings of 255 bytes; quotes, backslashes and line ends are escaped."""
    assert spf_formats.zone(PLANS).splitlines() == [
        'a.example. IN TXT "v=spf1 exists:%{i}.x.example include:\\"\\\\\\" -all"',
        f'first.mail.a.example. IN TXT "v=spf1 {"y" * 248}" "yyyyyyy"',
        'n\\010.example. IN TXT "v=spf1 -all"',
    ]


def test_nsupdate() -> None:
    """Every record that is there is taken for granted; where there is none, that is."""
    assert spf_formats.nsupdate(PLANS[:4]).splitlines() == [
        'prereq yxrrset a.example. IN TXT "v=spf1 mx -all"',
        'prereq yxrrset a.example. IN TXT "v=spf1"',
        'prereq yxrrset a.example. IN TXT "MS=1; ${x}"',
        'update delete a.example. IN TXT "v=spf1 mx -all"',
        'update delete a.example. IN TXT "v=spf1"',
        'update add a.example. 600 IN TXT "v=spf1 exists:%{i}.x.example include:\\"\\\\\\" -all"',
        "send",
        "prereq nxrrset first.mail.a.example. IN TXT",
        f'update add first.mail.a.example. 3600 IN TXT "v=spf1 {"y" * 248}" "yyyyyyy"',
        "send",
    ]


def test_nsupdate_keeps_one_of_several() -> None:
    """The record that is to be is not deleted where it is there already."""
    plan = SpfPlan(domain="a.example", live=(OLD, "v=spf1"), record=OLD)

    assert "update delete" in spf_formats.nsupdate([plan])
    assert f'delete a.example. IN TXT "{OLD}"' not in spf_formats.nsupdate([plan])


def test_octodns() -> None:
    """YAML, names relative to the zone, with the other records of the name; semicolons escaped as octoDNS wants it."""
    shown = spf_formats.octodns(PLANS)

    assert yaml.safe_load(shown) == {
        "": [{"type": "TXT", "ttl": 600, "values": [NEW, "MS=1\\; ${x}"]}],
        "first.mail": [{"type": "TXT", "values": ["v=spf1 " + "y" * 255]}],
        "n\n.example": [{"type": "TXT", "values": ["v=spf1 -all"]}],
    }
    assert shown.splitlines()[0] == "# a.example in a.example: all TXT records of the name"
    assert "# n\\n.example in its zone: " in shown


def test_terraform() -> None:
    """HCL, in which a macro of SPF is no template."""
    shown = spf_formats.terraform(PLANS[:4])

    assert shown.endswith("    }\n  }\n}\n")
    assert '    "a.example" = {\n      record = "v=spf1 exists:%%{i}.x.example include:\\"\\\\\\" -all"\n' in shown
    assert '      values = ["v=spf1 exists:%%{i}.x.example include:\\"\\\\\\" -all", "MS=1; $${x}"]\n' in shown
    strings = [json.loads(text) for text in re.findall(r'= ("(?:[^"\\]|\\.)*")\n', shown)]
    assert strings == [NEW.replace("%{", "%%{"), "v=spf1 " + "y" * 255]


def test_nothing_to_publish() -> None:
    """Is nothing to print."""
    assert [
        form(PLANS[:2]) for form in (spf_formats.zone, spf_formats.nsupdate, spf_formats.octodns, spf_formats.terraform)
    ] == ["", "", "", ""]
