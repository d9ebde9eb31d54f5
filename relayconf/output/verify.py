"""What tests of relays, messages and headers came to, as a human reads it. Values in, text out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from relayconf.authentication import Noted
from relayconf.output.tables import columns, host_names
from relayconf.output.text import failures
from relayconf.text import printable
from relayconf.verification import Outcome, Tested, Verified, has_failed
from relayconf.visits import Visited

_WIDTH = 60
_SPF_CURE = "`relayconf spf plan` says what the sender's domain has to publish"
_WORDS = {
    "spf": ("the sender's domain names the address that this came from", _SPF_CURE),
    "dkim": ("a signature fits", "sign on the host, or look at what changes the message on its way"),
    "dmarc": ("SPF or DKIM passes for the domain in From", "one of both must pass for the domain in From"),
}


def _lines(name: str, verified: Verified) -> list[tuple[str, ...]]:
    rows = [(name, str(verified.outcome), printable(verified.said))]
    more = [verified.evidence] if verified.evidence else []
    more += [verified.tls] if verified.tls else []
    if verified.category is not None:
        more += [verified.category.meaning, verified.category.cure]
    return [*rows, *(("", "", printable(text)) for text in more)]


def _block(host: str, tested: Sequence[tuple[str, Verified]]) -> list[str]:
    rows = [row for name, verified in tested for row in _lines(name, verified)]
    if not rows:
        return [f"{host}   no relay to test: mail goes direct, or to a host of ours", ""]
    return [host, *columns(rows, indent=2, gap=3, max_width=None), ""]


def _sums(outcomes: Sequence[str]) -> str:
    counts = Counter(outcomes)
    words = [f"{counts[outcome]} {outcome}" for outcome in Outcome if counts[outcome]]
    return f"Verify: {', '.join(words) or 'nothing to test'}"


def verified(visited: Visited[Tested]) -> str:
    """Each host's tests, and how many there are of each outcome."""
    lines = [line for host, tested in visited.values.items() for line in _block(host, tested)]
    lines += failures(visited.fleet)
    outcomes = [str(one.outcome) for tested in visited.values.values() for _, one in tested]
    return "\n".join([*lines, _sums(outcomes)])


def way_out(asked: Visited[Tested]) -> str | None:
    """What to do about hosts that were changed and whose relays refuse; None where none does."""
    failing = tuple(host for host, tested in asked.values.items() if has_failed(tested))
    if not failing:
        return None
    return f"the change is live, nothing was rolled back; `relayconf rollback {host_names(failing, _WIDTH)}` undoes it"


def beside_apply(asked: Visited[Tested]) -> str:
    """The same of hosts that were just changed, and the way out."""
    hint = way_out(asked)
    return verified(asked) if hint is None else f"{verified(asked)}\n  hint: {hint}"


def headers(results: Sequence[Noted]) -> str:
    """What the receiver noted of a message."""
    if not results:
        return "unknown   the header has neither Received-SPF nor Authentication-Results"
    rows: list[tuple[str, str, str]] = []
    for noted in results:
        good, cure = _WORDS[noted.method]
        rows.append((noted.method, noted.outcome, printable(noted.word)))
        rows.append(("", "", printable(noted.evidence)))
        if noted.outcome != "unknown":
            rows.append(("", "", good if noted.outcome == "pass" else cure))
    return "\n".join(columns(rows, indent=0, gap=3, max_width=None))
