"""Where the parts are put together: from a command's options to hosts, templates, key, connections."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from relayconf.applying import RECONNECT
from relayconf.blind import unresolved
from relayconf.commands.options import Options
from relayconf.console import Console
from relayconf.inventory import load, select
from relayconf.model import Host, Inventory
from relayconf.plankey import load_key
from relayconf.remote.base import Session
from relayconf.remote.local import LocalSession
from relayconf.result import HostResult
from relayconf.rollout import Planner, Rollout
from relayconf.secrets import Secrets
from relayconf.templating import Templates, default_directories
from relayconf.visits import Visits
from relayconf.workers import Progress


def _connector(*, accept_new: bool, console: Console) -> Callable[[Host], Session]:
    from relayconf.remote.ssh import Connector  # noqa: PLC0415  200 ms that an all-local run does not need

    return Connector(accept_new=accept_new, accepted=console.talk).connect


def connect_once(host: Host, *, accept_new: bool, console: Console) -> Session:
    """A session to *host*, for a command that has no inventory."""
    if host.connection == "local":
        return LocalSession(become=host.ssh.become)
    return _connector(accept_new=accept_new, console=console)(host)


@dataclass(frozen=True, kw_only=True)
class Wiring:
    """The parts that one command needs, each made once."""

    options: Options
    console: Console

    @cached_property
    def inventory(self) -> Inventory:
        """The whole inventory."""
        return load(self.options.inventory)

    @cached_property
    def hosts(self) -> tuple[Host, ...]:
        """The hosts that the command line selects."""
        return select(self.inventory, self.options.hosts)

    @cached_property
    def templates(self) -> Templates:
        """Built-in templates, the admin's own in front."""
        return Templates(default_directories(self.options.templates))

    @cached_property
    def secrets(self) -> Secrets:
        """The resolver of references; nobody is asked before a host needs it."""
        return Secrets()

    @cached_property
    def key(self) -> bytes:
        """The key that masks secrets and signs fingerprints."""
        return load_key()

    @cached_property
    def _ssh(self) -> Callable[[Host], Session]:
        return _connector(accept_new=self.options.accept_new, console=self.console)

    def connect(self, host: Host) -> Session:
        """A session to *host*, over SSH or on this machine."""
        if host.connection == "local":
            return LocalSession(become=host.ssh.become)
        return self._ssh(host)

    def _progress(self, result: HostResult, done: int, total: int) -> None:
        self.console.progress(f"{result.host}: {result.status}", done=done, total=total)

    def _get_ready(self) -> None:
        if any(host.connection == "ssh" for host in self.hosts):
            # cached_property is not thread-safe: made here, before the threads ask for it.
            _ = self._ssh

    def visits(self, progress: Progress | None = None) -> Visits:
        """Connections to the hosts that the command line selects. Neither key nor secrets nor templates are needed.

        *progress* hears of each host that ends; without one its status is told.
        """
        self._get_ready()
        return Visits(connect=self.connect, parallel=self.options.parallel, progress=progress or self._progress)

    def rollout(self, *, without_secrets: bool = False, reconnect: int | None = None) -> Rollout:
        """The fleet that the command line selects; *without_secrets*, to be looked at with no reference resolved.

        A host whose line dropped while it was changed is looked after for *reconnect* seconds, or as long as usual.
        """
        self._get_ready()
        return Rollout(
            hosts=self.hosts,
            planner=Planner(
                templates=self.templates,
                secret=unresolved if without_secrets else self.secrets.resolve,
                key=self.key,
                without_secrets=without_secrets,
            ),
            connect=self.connect,
            parallel=self.options.parallel,
            progress=self._progress,
            reconnect=RECONNECT if reconnect is None else reconnect,
        )
