"""The pages that tell the story: their blocks are what a run printed, without what differs from run to run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from tests.e2e.story.telling import Part

PAGES = ("story.md", "story.ja.md")
_MARK = "<!-- not run: make story runs it, and tests/e2e/test_story.py compares -->\n```text\n"
_BLOCK = re.compile(rf"^{re.escape(_MARK)}(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^(?:\$ |mail# |edge# ).*$", re.MULTILINE)
_VARIES = (
    (r"^(\s*)\w{3} [ \d]\d \d\d:\d\d:\d\d mail", r"\1… mail"),
    (r"smtp\[\d+\]: \w+:", "smtp[…]: …:"),
    (r"delay=[\d.]+, delays=[\d./]+,", "delay=…, delays=…,"),
    (r"queued as \w+", "queued as …"),
    (r"‹secret \w{4}›", "‹secret …›"),
    (r"fingerprint \S+", "fingerprint …"),
    (r"\d{8}T\d{6}Z-\w{6}", "…"),
    (r"(established to \S+: TLSv1\.\d).*", r"\1 …"),
    (r" +$", ""),
)
_LEFT_OUT: Mapping[str, Sequence[tuple[str, str]]] = {
    "why-deferred": (("  do  ", "              hosts:"),),
    "doctor": (("  ok     ptr-confirmed", "  error  dnsbl-policy"), ("  ok     helo-matches", "  verdict")),
    "plan": (
        ("mail   /etc/postfix/relayconf/2/tls_policy", "mail   /etc/postfix/main.cf"),
        ("  @@ -13,7", "  -relayhost"),
        ("   mynetworks", "  +default_transport"),
    ),
    "apply": (("Routes that change", "mail   changed"),),
}
"""What no reader needs, from the line that begins so to the next one that begins so."""


def shown(name: str, part: Part) -> str:
    """The command and its output as a page has them; *name* is that of the part."""
    text = f"{part.output.strip(chr(10))}\n"
    for pattern, instead in _VARIES:
        text = re.sub(pattern, instead, text, flags=re.MULTILINE)
    for first, next_ in _LEFT_OUT.get(name, ()):
        text = re.sub(rf"^{re.escape(first)}.*?(?=^{re.escape(next_)})", "…\n", text, flags=re.MULTILINE | re.DOTALL)
    return f"{part.line}\n{text}"


def rewritten(page: str, parts: Mapping[str, Part]) -> str:
    """The text of a page with the output of these *parts*, in their order, for that of the same commands."""
    told: Iterator[str] = (shown(name, part) for name, part in parts.items())

    def block(match: re.Match[str]) -> str:
        texts = [next(told, "") for _ in _COMMAND.findall(match[1])]
        return _MARK + "\n".join(texts) + "```"

    return _BLOCK.sub(block, page) + "".join(told)
