"""Facts of hosts for tests, made without a host."""

from __future__ import annotations

import hashlib

from relayconf.facts import Facts
from relayconf.files import ActualFile


def actual(path: str, content: bytes | None) -> ActualFile:
    """A file of the usual mode and owner, or its absence."""
    target = f"/var/qmail/control/{path.partition(':')[2]}"
    if content is None:
        return ActualFile(path=path, target=target, present=False)
    return ActualFile(
        path=path,
        target=target,
        present=True,
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        mode=0o644,
        owner="root",
        group="qmail",
    )


def qmail_facts(
    *,
    smtproutes: bytes | None = None,
    me: bytes | None = b"edge.kamata-net.com\n",
    locals_: bytes | None = b"edge.kamata-net.com\n",
    rcpthosts: bytes | None = b"kamata-net.com\n",
) -> Facts:
    """A healthy qmail host with this smtproutes."""
    contents = {
        "qmail:smtproutes": smtproutes,
        "qmail:me": me,
        "qmail:locals": locals_,
        "qmail:virtualdomains": None,
        "qmail:rcpthosts": rcpthosts,
    }
    return Facts(values={}, files={path: actual(path, content) for path, content in contents.items()})
