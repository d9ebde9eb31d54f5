"""Several qmail hosts on this machine, each in a folder of its own, and an inventory of them all."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from relayconf.commands.options import Options
from tests.support.qmail_tree import make_qmail

INVENTORY = """\
version: 1
mta: qmail
connection: local
relay: isp
relays: {isp: {host: mail.asahi-net.or.jp, tls: none}}
domains: {kamata-net.com: {host: 192.168.0.100}}
hosts:
"""


def jam(state: Path) -> None:
    """Let every deploy to the host with this state directory fail; a plan does not see it."""
    state.mkdir(mode=0o700)
    (state / "lock").touch()


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalFleet:
    """Hosts below one folder."""

    folder: Path
    names: tuple[str, ...]

    def jam(self, *names: str) -> None:
        """Let every deploy to these hosts fail."""
        for name in names:
            jam(self.folder / name / "state")

    def changed(self) -> tuple[str, ...]:
        """The hosts that have routes by now."""
        return tuple(name for name in self.names if (self.folder / name / "qmail/control/smtproutes").exists())

    def options(self, *hosts: str, parallel: int = 20, json: bool = False) -> Options:
        """A command's options for this inventory."""
        return Options(inventory=self.folder / "inventory.yaml", hosts=hosts, parallel=parallel, json=json)


def local_fleet(folder: Path, *names: str) -> LocalFleet:
    """Make the hosts, which have no routes yet, and their inventory."""
    text = INVENTORY
    for name in names:
        make_qmail(folder / name / "qmail")
        text += f"  {name}: {{qmail_home: {folder / name / 'qmail'}, state_directory: {folder / name / 'state'}}}\n"
    (folder / "inventory.yaml").write_text(text, encoding="utf-8")
    return LocalFleet(folder=folder, names=names)
