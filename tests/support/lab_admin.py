"""relayconf as its user runs it, on a laptop in the network of a lab."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.lab import Lab
from tests.support.cli import Admin, Ran


@dataclass(frozen=True, slots=True, kw_only=True)
class LabAdmin:
    """Somebody's laptop in the hub of *lab*: a folder with an inventory, which is also the home.

    It knows the lab's hosts by their keys, and has the key that all their users accept.
    """

    lab: Lab
    admin: Admin

    @classmethod
    def make(cls, lab: Lab, folder: Path) -> LabAdmin:
        """A laptop whose home is the new *folder*."""
        folder.mkdir()
        admin = Admin(folder=folder)
        admin.trust(lab.path("known_hosts").read_text(encoding="ascii"))
        return cls(lab=lab, admin=admin)

    @property
    def key(self) -> Path:
        """The private key for `identity_file`."""
        return self.lab.path("id_ed25519")

    def write(self, inventory: str, secrets: Mapping[str, str]) -> None:
        """Write inventory.yaml, and each secret into the file of its name, for `{file: NAME}`."""
        self.admin.write(inventory)
        for name, secret in secrets.items():
            path = self.admin.folder / name
            path.touch(mode=0o600)
            path.write_text(f"{secret}\n", encoding="utf-8")

    def run(self, *words: str) -> Ran:
        """Run `relayconf WORDS` here."""
        done = self.lab.run(
            self.admin.command(*words), cwd=self.admin.folder, env=self.admin.environment, check=False, timeout=110
        )
        return Ran(code=done.returncode, out=done.stdout.decode(), err=done.stderr.decode())
