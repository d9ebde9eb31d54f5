"""What is wrong with a directory of configuration, as versioned JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from relayconf.facts import Finding
from relayconf.mta.postfix.lint.codes import Fault
from relayconf.output.json import FORMAT, Json, finding_value


def _fault(fault: Fault) -> Mapping[str, Json]:
    place: Mapping[str, Json] = {"file": fault.place.file, "line": fault.place.line}
    return {**finding_value(fault.finding), "text": fault.text, **place}


def directory(path: str, found: Sequence[Fault] | Sequence[Finding], exit_code: int) -> str:
    """The findings of the directory *path*; those with a place have `file` and `line`. ASCII, so no escape gets out."""
    findings: list[Json] = [_fault(one) if isinstance(one, Fault) else finding_value(one) for one in found]
    value: Json = {"format": FORMAT, "kind": "check", "directory": path, "findings": findings, "exit_code": exit_code}
    return json.dumps(value, indent=2)
