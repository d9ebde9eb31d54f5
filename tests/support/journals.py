"""What a local host's journal has been through before a test begins."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from relayconf.commands.apply import apply
from relayconf.commands.options import ApplyOptions
from relayconf.exits import ExitCode
from tests.support.local_host import LocalHost, said
from tests.support.qmail_tree import make_qmail

TWO_HOSTS = """\
version: 1
relays:
  isp: {{host: mail.asahi-net.or.jp, tls: none}}
relay: isp
domains:
  kamata-net.com: {{host: 192.168.0.100}}
hosts:
  edge: {{mta: qmail, connection: local, qmail_home: {home}, state_directory: {state}}}
  rear: {{mta: qmail, connection: local, qmail_home: {home}2, state_directory: {state}2}}
"""
"""An inventory of `local_host` with a second host."""


def make_rear(host: LocalHost) -> Path:
    """Make the second host of TWO_HOSTS; its control directory."""
    return make_qmail(host.folder / "qmail2")


def applied(host: LocalHost, number: int = 100, *, state: str = "state") -> str:
    """Let 192.168.0.NUMBER be the server of the domain, on all hosts; the name of the new transaction in *state*."""
    folder = host.folder / state / "txn"
    before = set(folder.iterdir()) if folder.exists() else set()
    text = host.inventory.read_text(encoding="utf-8")
    head, _, rest = text.partition("192.168.0.")
    host.inventory.write_text(f"{head}192.168.0.{number}{rest[rest.index('}') :]}", encoding="utf-8")
    assert apply(said().console, host.options(), ApplyOptions(yes=True)) is ExitCode.OK
    (new,) = set(folder.iterdir()) - before
    return new.name


def cut_short(host: LocalHost, transaction: str) -> None:
    """Leave *transaction* as a host that lost its power before it was finished."""
    journal = host.folder / "state" / "txn" / transaction / "journal"
    journal.write_text(journal.read_text().partition("finalize")[0])
    (journal.parent / "status").unlink()
    (host.folder / "state" / "lock").symlink_to(f"1.1:another-boot:{transaction}")


def wait_for_confirmation(host: LocalHost, transaction: str, *, until: int = 10**9, boot: str | None = None) -> None:
    """Leave *transaction* to be confirmed at that uptime, in seconds, after that boot, with nobody there who counts."""
    boot = boot or Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    marker = host.folder / "state" / "txn" / transaction / "confirm"
    marker.write_text(f"{until} {boot} 600\n", encoding="ascii")


def killed_by(program: str, word: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on a script is killed when it calls *program* with an argument that ends in *word*."""
    shim = folder / "shim" / program
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\ncase $* in *{word}) kill -9 $PPID ;; esac\nexec /bin/{program} "$@"\n')
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", f"{shim.parent}:{os.environ['PATH']}")
