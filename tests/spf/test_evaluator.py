"""The evaluator behind its adapter, on the test suite of RFC 7208."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from relayconf.spf.evaluator import Verdict, check, fault
from relayconf.spf.lookup import Answer, Outcome
from tests.support.spf_zone import Zone, second_opinion

SUITE = Path(__file__).parents[1] / "data" / "spf" / "rfc7208-tests.yml"


def _text(kind: str, value: object) -> str:
    if kind in {"TXT", "SPF"} and isinstance(value, list):
        return "".join(map(str, value))
    return str(value[1] if isinstance(value, list) else value)


def _records(entries: list[object]) -> dict[str, list[str]] | Outcome:
    """The suite's notation: SPF stands for TXT where no TXT is given, `TXT: NONE` for none at all."""
    records: dict[str, list[str]] = {}
    for entry in entries:
        if not isinstance(entry, dict):
            for kind in ("A", "AAAA", "MX", "PTR", "TXT"):
                records[kind] = [v for v in records.get(kind, []) if v != "NONE"] or ["TIMEOUT"]
            continue
        for kind, value in entry.items():
            records.setdefault(kind, []).append(_text(kind, value))
    records.setdefault("TXT", records.pop("SPF", []))
    return {kind: [value for value in values if value != "NONE"] for kind, values in records.items()}


def _cases() -> Iterator[object]:
    for scenario in yaml.safe_load_all(SUITE.read_text(encoding="utf-8")):
        zone = Zone(names={name.lower(): _records(entries) for name, entries in scenario["zonedata"].items()})
        for name, case in scenario["tests"].items():
            yield pytest.param(zone, case, id=name)


@pytest.mark.parametrize(("zone", "case"), list(_cases()))
def test_rfc_7208_suite(zone: Zone, case: dict[str, object]) -> None:
    """Every case of the suite gets a verdict that it allows."""

    def lookup(name: str, kind: str) -> Answer:
        if name.startswith("error."):
            return Answer(outcome=Outcome.TIMEOUT)
        return zone(name, kind)

    sender, helo = str(case["mailfrom"]), str(case["helo"])
    domain = sender.rpartition("@")[2] or helo
    found = check(lookup, str(case["host"]), domain, sender=sender or f"postmaster@{helo}", helo=helo)

    allowed = case["result"] if isinstance(case["result"], list) else [case["result"]]
    assert found.verdict in allowed, found


def test_counts_past_the_limits() -> None:
    """Eleven look-ups are a permerror, and counted all the same; so are void ones."""
    includes = " ".join(f"include:i{n}.example" for n in range(12))
    names = {f"i{n}.example": {"TXT": ["v=spf1 -all"]} for n in range(12)}
    zone = Zone(names={"a.example": {"TXT": [f"v=spf1 {includes} -all"]}, **names})
    void = Zone(names={"a.example": {"TXT": ["v=spf1 a:x.example a:y.example a:z.example -all"]}})

    found, empty = check(zone, "192.0.2.1", "a.example"), check(void, "192.0.2.1", "a.example")

    assert (found.verdict, found.terms) == (Verdict.PERMERROR, 12)
    assert (empty.verdict, empty.voids) == (Verdict.PERMERROR, 3)
    assert second_opinion(zone, "192.0.2.1", "a.example") == "permerror"


def test_says_why_there_is_no_verdict() -> None:
    """The reason names the term."""
    zone = Zone(names={"a.example": {"TXT": ["v=spf1 include:gone.example -all"]}})

    assert check(zone, "192.0.2.1", "a.example").reason == "include:gone.example has no SPF record"
    assert check(zone, "192.0.2.1", "none.example").verdict is Verdict.NONE


def test_faults() -> None:
    """What is not of the grammar is said with the term; a sound record has no fault."""
    assert fault("v=spf1 mx -all") is None
    assert fault("v=spf1 ipv4:192.0.2.1 -all") == "unknown mechanism 'ipv4:192.0.2.1'"
