"""qmail-send's log, as multilog, svlogd, s6-log or splogger keep it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from relayconf.bounces.rejection import MOST_TEXT, Rejection, Told, domain_of, rejection

_MOST = 10_000
"""Deliveries under way whose recipients are remembered; qmail-send's own limit is far below."""

_START = re.compile(r"starting delivery (\d{1,18}): msg \d{1,20} to (?:remote|local) (\S{1,320})")
_END = re.compile(r"(?:^|\s)delivery (\d{1,18}): (success|failure|deferral): (\S*)")
_REST = re.compile(r"qmail: \d{1,18}\.\d{1,9}\+(.*)")
_SYSLOG = re.compile(r"\s([\w.-]{1,255}) qmail: ")


def _report(text: str) -> str:
    """A report as it was before qmail-send put it on one line."""
    return re.sub(r"/(?=Remote host said:|Giving up on|[245]\d\d[ -])", "\n", text.replace("_", " ")).rstrip("/")


@dataclass(slots=True)
class QmailLog:
    """Reads line by line: the recipient stands on another line than what became of it."""

    _domains: dict[str, str | None] = field(default_factory=dict)
    _open: tuple[str, Told] | None = None

    def line(self, line: str) -> Rejection | None:
        """The rejection that *line* completes: that of a line before it, since splogger cuts long ones to pieces."""
        rest = _REST.search(line)
        if rest:
            if self._open:
                text, told = self._open
                self._open = (text + rest[1])[:MOST_TEXT], told
            return None
        done = self.end()
        if start := _START.search(line):
            if len(self._domains) >= _MOST:
                self._domains.clear()
            self._domains[start[1]] = domain_of(start[2])
        elif end := _END.search(line):
            domain = self._domains.pop(end[1], None)
            host = _SYSLOG.search(line)
            if end[2] != "success":
                told = Told(domain=domain, reporter=host[1] if host else None, final=end[2] == "failure")
                self._open = end[3], told
        return done

    def end(self) -> Rejection | None:
        """The rejection that the last line began."""
        opened, self._open = self._open, None
        return rejection(_report(opened[0]), opened[1]) if opened else None
