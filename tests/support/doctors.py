"""Sessions for examinations: this machine's, with ways that can be closed."""

from __future__ import annotations

import socket
from collections.abc import Sequence

from relayconf.doctor.targets import Server, Targets
from relayconf.errors import ConnectError, TcpRefused
from relayconf.remote.base import LIMIT, Completed
from relayconf.remote.local import LocalSession


class Ways(LocalSession):
    """A session to this machine whose scripts, or whose connections, may be forbidden as an sshd forbids them."""

    def __init__(self, *, scripts: bool = True, forwarding: bool = True) -> None:
        super().__init__()
        self.scripts = scripts
        self.forwarding = forwarding
        self.opened: list[tuple[str, int]] = []

    def run(
        self,
        script: str,
        args: Sequence[str] = (),
        stdin: bytes = b"",
        *,
        timeout: float = 120.0,
        limit: int = LIMIT,
        unknown_hint: str | None = None,
    ) -> Completed:
        """As usual, or not at all."""
        if not self.scripts:
            raise ConnectError("the login shell did not start the script")
        return super().run(script, args, stdin, timeout=timeout, limit=limit, unknown_hint=unknown_hint)

    def open_tcp(self, host: str, port: int, *, timeout: float = 10.0) -> socket.socket:
        """As usual, or as AllowTcpForwarding no has it."""
        self.opened.append((host, port))
        if not self.forwarding:
            raise TcpRefused("its sshd forbids it", hint="see AllowTcpForwarding", reason="forbidden")
        return super().open_tcp(host, port, timeout=timeout)


def targets(
    *mail: Server,
    control: Sequence[Server] = (),
    servers: Sequence[str] = (),
    tools: Sequence[str] = ("bash", "perl", "nc"),
    zone: str = "zen.test",
) -> Targets:
    """Targets on loopback, with short times and no other ports of relays."""
    return Targets(
        mail=mail,
        control=tuple(control),
        zone=zone,
        relay_ports=(),
        seconds=2,
        servers=tuple(servers),
        tools=tuple(tools),
    )
