"""Plans and results as versioned JSON. Secrets are masked as in the text, contents do not appear."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TypeAlias

from relayconf.exits import ExitCode
from relayconf.facts import Finding
from relayconf.plan import FileDiff, HostPlan
from relayconf.result import FleetResult, HostResult

FORMAT = 1
"""Grows when a reader of the older format would misunderstand."""

Json: TypeAlias = "bool | int | str | list[Json] | Mapping[str, Json] | None"


def _file(item: FileDiff) -> Json:
    return {
        "path": item.path,
        "target": item.target,
        "kind": str(item.kind),
        "metadata": list(item.metadata),
        "mode": f"{item.mode:04o}",
        "owner": item.owner,
        "steps": item.steps,
        "diff": list(item.diff),
    }


def finding_value(finding: Finding) -> Mapping[str, Json]:
    """A finding as an object."""
    return {
        "code": finding.code,
        "severity": str(finding.severity),
        "text": finding.text,
        "ways_out": list(finding.ways_out),
    }


def _plan(plan: HostPlan) -> Json:
    return {
        "changes": [_file(item) for item in plan.diffs],
        "routes": [
            {"recipients": route.recipients, "before": route.before, "after": route.after} for route in plan.routes
        ],
        "routes_unchanged": plan.routes_unchanged,
        "findings": [finding_value(finding) for finding in plan.findings],
        "drift": [
            {"path": item.path, "name": item.name, "last": item.last, "disk": item.disk, "wanted": item.wanted}
            for item in plan.drift
        ],
        "limits": [{"code": limit.code, "flag": limit.flag, "text": limit.text} for limit in plan.limits],
        "unfinished": plan.unfinished,
        "recovered": list(plan.recovered),
        "fingerprint": plan.fingerprint,
    }


def error_of(result: HostResult) -> Json:
    """The error that a host ended with, None without one."""
    if result.error is None:
        return None
    return {"kind": type(result.error).__name__, "message": result.error.message, "hint": result.error.hint}


def _host(result: HostResult) -> Json:
    return {
        "host": result.host,
        "status": str(result.status),
        "plan": None if result.plan is None else _plan(result.plan),
        "error": error_of(result),
        "transaction": result.transaction,
        "verified": result.verified,
        "warnings": list(result.warnings),
        "reason": result.reason,
    }


def _fleet(result: FleetResult, kind: str, fingerprint: str, spf: Json) -> Mapping[str, Json]:
    return {
        "format": FORMAT,
        "kind": kind,
        "fingerprint": fingerprint,
        "hosts": [_host(item) for item in result.results],
        "spf": spf,
        "exit_code": int(result.exit_code),
    }


def fleet(result: FleetResult, *, kind: str, fingerprint: str, spf: Json = None) -> str:
    """A fleet's plan or result; *kind* is `plan` or `apply`, *fingerprint* in hex. ASCII, so no escape gets through.

    *spf* is what becomes of SPF records, None where that was not looked at.
    """
    return json.dumps(_fleet(result, kind, fingerprint, spf), indent=2)


def applied(result: FleetResult, *, fingerprint: str, spf: Json, verify: Json, exit_code: ExitCode) -> str:
    """The same of an apply, with *verify*, which is what the relays' tests came to, and the *exit_code* after them."""
    value = {**_fleet(result, "apply", fingerprint, spf), "verify": verify, "exit_code": int(exit_code)}
    return json.dumps(value, indent=2)
