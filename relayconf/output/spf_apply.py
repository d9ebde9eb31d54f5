"""Exchanges of SPF records at a DNS server, as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence

from relayconf.dnsupdate import TxtSet
from relayconf.output.spf import findings, plan_value
from relayconf.publish import Exchange
from relayconf.spf.record import quoted
from relayconf.text import printable


def _diff(before: TxtSet, after: TxtSet) -> list[str]:
    old, new = set(before.texts), set(after.texts)
    stay = len(old & new)
    lines = [f"  -{quoted(text)}" for text in sorted(old - new)] + [f"  +{quoted(text)}" for text in sorted(new - old)]
    if stay:
        lines.append(f"  {stay} other TXT record{' stays' if stay == 1 else 's stay'}")
    return lines


def _exchange(exchange: Exchange) -> list[str]:
    lines = [printable(exchange.domain)]
    if exchange.before and exchange.after:
        lines += _diff(exchange.before, exchange.after)
    elif exchange.plan and not exchange.is_wrong:
        lines.append("  no change")
    lines += findings(exchange.plan.findings) if exchange.plan else []
    if exchange.is_published:
        lines.append("  published")
    if exchange.error:
        lines.append(f"  error: {printable(exchange.error.message)}")
        lines += [f"    hint: {printable(exchange.error.hint)}"] if exchange.error.hint else []
    return lines


def text(exchanges: Sequence[Exchange]) -> str:
    """Each domain with the records that go and come, how many stay, the plan's findings, and how it ended."""
    return "\n\n".join("\n".join(_exchange(exchange)) for exchange in exchanges)


def as_json(exchanges: Sequence[Exchange]) -> str:
    """Everything, in ASCII."""
    value = [
        {
            "domain": exchange.domain,
            "plan": plan_value(exchange.plan) if exchange.plan else None,
            "before": list(exchange.before.texts) if exchange.before else None,
            "after": list(exchange.after.texts) if exchange.after else None,
            "published": exchange.is_published,
            "error": {"message": exchange.error.message, "hint": exchange.error.hint} if exchange.error else None,
        }
        for exchange in exchanges
    ]
    return json.dumps({"format": 1, "kind": "spf-apply", "domains": value}, indent=2)
