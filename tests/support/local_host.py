"""A qmail host on this machine, worked on by its own sh, and a console whose words can be read."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

from relayconf.commands.options import Options
from relayconf.console import Console
from tests.support.qmail_tree import make_qmail

INVENTORY = """\
version: 1
relays:
  isp: {{host: mail.asahi-net.or.jp, tls: none}}
hosts:
  edge:
    mta: qmail
    connection: local
    relay: isp
    qmail_home: {home}
    state_directory: {state}
domains:
  kamata-net.com: {{host: 192.168.0.100}}
"""


class Terminal(io.StringIO):
    """A text stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Always."""
        return True


class Interrupted(Terminal):
    """A terminal at which ^C is pressed when the first host has ended."""

    def write(self, text: str, /) -> int:
        """Interrupt at the line that says so."""
        if "1/" in text:
            raise KeyboardInterrupt
        return super().write(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A console and what it got."""

    console: Console
    out: io.StringIO
    err: io.StringIO


def said(answer: str = "", *, terminal: bool = False) -> Said:
    """A console that answers every question with *answer*; *terminal* makes a human of it."""
    kind = Terminal if terminal else io.StringIO
    out, err = io.StringIO(), kind()
    return Said(console=Console(stdin=kind(answer), stdout=out, stderr=err), out=out, err=err)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalHost:
    """The story's host below one folder."""

    folder: Path

    @property
    def control(self) -> Path:
        """Its control directory."""
        return self.folder / "qmail" / "control"

    @property
    def inventory(self) -> Path:
        """The inventory that describes it."""
        return self.folder / "inventory.yaml"

    def options(self, *hosts: str, json: bool = False) -> Options:
        """A command's options for this inventory."""
        return Options(inventory=self.inventory, hosts=hosts, json=json)


def local_host(folder: Path, *, inventory: str = INVENTORY, **files: bytes) -> LocalHost:
    """Make the host and its inventory; *files* are its control files besides the usual ones."""
    host = LocalHost(folder=folder)
    make_qmail(folder / "qmail", **files)
    host.inventory.write_text(inventory.format(home=folder / "qmail", state=folder / "state"), encoding="utf-8")
    return host
