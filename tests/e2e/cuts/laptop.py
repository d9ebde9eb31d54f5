"""The laptop that runs the real `relayconf`: through a proxy to be cut, and straight for the next contact."""

from __future__ import annotations

import os
import pty
import subprocess
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from tests.lab import Lab
from tests.lab.spec import HUB_ADDRESS
from tests.support.cli import Ran
from tests.support.lab_admin import LabAdmin

_LIMIT = 110.0

Contact: TypeAlias = Literal["apply", "recover"]

EVERYTHING = ("--allow-no-relay", "--allow-own-domains", "--allow-weaker-tls")
"""The flags of `apply` for what one wish does to another."""


def _drain(descriptor: int, into: bytearray) -> None:
    with suppress(OSError):  # Linux: EIO when the last other end is closed
        while data := os.read(descriptor, 4096):
            into += data


@dataclass(frozen=True, slots=True, kw_only=True)
class Laptop:
    """One host's admin. `wishes` are inventories by name, in which `@AT@` is how the host is reached.

    Every connection of `start` goes to *port* at the hub, where a proxy may be.
    """

    admin: LabAdmin
    port: int

    @classmethod
    def make(cls, lab: Lab, folder: Path, *, host: str, port: int, wishes: Mapping[str, str]) -> Laptop:
        """A laptop whose home is the new *folder*."""
        admin = LabAdmin.make(lab, folder)
        known = next(line for line in lab.path("known_hosts").read_text("ascii").splitlines() if line.startswith(host))
        admin.admin.trust(f"{known}\n[{HUB_ADDRESS}]:{port} {known.partition(' ')[2]}\n")
        straight, proxied = (lab.spec.address(host), 22), (HUB_ADDRESS, port)
        for name, text in wishes.items():
            for suffix, (address, number) in {"straight": straight, "proxied": proxied}.items():
                at = f"address: {address}, ssh: {{user: root, port: {number}, identity_file: {admin.key}}}"
                (folder / f"{name}.{suffix}.yaml").write_text(text.replace("@AT@", at), encoding="utf-8")
        return cls(admin=admin, port=port)

    def start(self, verb: str, wish: str, *words: str) -> subprocess.Popen[bytes]:
        """Start `relayconf VERB` towards *wish*, and do not wait. What it says is in `log`; a pipe would fill."""
        with self.log.open("wb") as log, self.admin.lab.inside():
            return subprocess.Popen(
                self.admin.admin.command(verb, "-i", f"{wish}.proxied.yaml", *words),
                cwd=self.admin.admin.folder,
                env=self.admin.admin.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def log(self) -> Path:
        """What the last client that was started has said."""
        return self.admin.admin.folder / "client.log"

    def contact(self, wish: str, verb: Contact) -> Ran:
        """`relayconf recover`, or `apply` on a terminal, whose question, if it asks one, is answered with no.

        So it puts right what was cut short, and changes nothing else.
        """
        master, slave = pty.openpty()
        talk = bytearray()
        reader = threading.Thread(target=_drain, args=(master, talk), daemon=True)
        try:
            reader.start()
            os.write(master, b"no\n")
            with self.admin.lab.inside():
                done = subprocess.run(
                    self.admin.admin.command(
                        verb, "-i", f"{wish}.straight.yaml", *(EVERYTHING if verb == "apply" else ())
                    ),
                    cwd=self.admin.admin.folder,
                    env=self.admin.admin.environment,
                    stdin=slave,
                    stdout=subprocess.PIPE,
                    stderr=slave,
                    timeout=_LIMIT,
                    check=False,
                )
        finally:
            os.close(slave)
            reader.join(10)
            os.close(master)
        return Ran(code=done.returncode, out=done.stdout.decode(), err=talk.decode(errors="replace"))
