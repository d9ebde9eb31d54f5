"""SPF records for what publishes them: a zone file, nsupdate, octoDNS, Terraform. Only those that change."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from string import ascii_letters, digits

from relayconf.spf.planner import SpfPlan
from relayconf.spf.record import quoted
from relayconf.text import printable

_PLAIN = f"{ascii_letters}{digits}-_.".encode()
_TTL = 3600  # seconds, of a first record

_TERRAFORM = """\
# `record` is for resources of one record each (cloudflare_dns_record), `values` for those of a whole set
# (aws_route53_record, google_dns_record_set): it has the other TXT records of the name, too.
locals {
  relayconf_spf = {"""


def _changes(plans: Sequence[SpfPlan]) -> Iterator[tuple[SpfPlan, str]]:
    for plan in plans:
        if plan.is_change and plan.record is not None:
            yield plan, plan.record


def _lines(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _name(domain: str) -> str:
    """*domain* as a master file has it: with its last dot, and what is no letter, digit, hyphen or dot escaped."""
    return "".join(chr(byte) if byte in _PLAIN else f"\\{byte:03d}" for byte in domain.encode()) + "."


def zone(plans: Sequence[SpfPlan]) -> str:
    """Each record as a line of a zone file (RFC 1035 5.1), in place of the SPF record that is there."""
    return _lines([f"{_name(plan.domain)} IN TXT {quoted(record)}" for plan, record in _changes(plans)])


def nsupdate(plans: Sequence[SpfPlan]) -> str:
    """Each change as BIND's tool reads it: void unless all TXT records of the name are as they were seen."""
    lines: list[str] = []
    for plan, record in _changes(plans):
        name, ttl = _name(plan.domain), plan.ttl if plan.live or plan.others else _TTL
        now = (*plan.live, *plan.others)
        lines += [f"prereq yxrrset {name} IN TXT {quoted(text)}" for text in now] or [f"prereq nxrrset {name} IN TXT"]
        lines += [f"update delete {name} IN TXT {quoted(text)}" for text in plan.live if text != record]
        lines += [f"update add {name} {ttl} IN TXT {quoted(record)}", "send"]
    return _lines(lines)


def _relative(plan: SpfPlan) -> str:
    return "" if plan.domain == plan.zone else plan.domain.removesuffix(f".{plan.zone}")


def octodns(plans: Sequence[SpfPlan]) -> str:
    """Each change as an entry of octoDNS's YamlProvider, with the other TXT records of the name."""
    lines: list[str] = []
    for plan, record in _changes(plans):
        # A semicolon ends what octoDNS reads unless it is escaped.
        values = [text.replace(";", "\\;") for text in (record, *plan.others)]
        lines += [
            f"# {printable(plan.domain)} in {printable(plan.zone) or 'its zone'}: all TXT records of the name",
            f"{json.dumps(_relative(plan))}:",
            "- type: TXT",
            *([f"  ttl: {plan.ttl}"] if plan.live or plan.others else []),
            "  values:",
            *(f"  - {json.dumps(value)}" for value in values),
        ]
    return _lines(lines)


def _hcl(text: str) -> str:
    """*text* as a string of HCL, in which nothing is a template: SPF's macros begin like one."""
    return json.dumps(text).replace("${", "$${").replace("%{", "%%{")


def terraform(plans: Sequence[SpfPlan]) -> str:
    """The changes as local values in HCL, for whichever resource publishes them."""
    entries: list[str] = []
    for plan, record in _changes(plans):
        values = ", ".join(map(_hcl, (record, *plan.others)))
        entries += [
            f"    {_hcl(plan.domain)} = {{",
            f"      record = {_hcl(record)}",
            f"      values = [{values}]",
            "    }",
        ]
    return _lines([_TERRAFORM, *entries, "  }", "}"]) if entries else ""
