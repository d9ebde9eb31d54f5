"""The process that owns a lab: it makes the network and the hosts, holds them, and takes everything down again.

Run as `python -m tests.lab.supervisor` by `Lab.up`, which writes one line of JSON to its standard input and reads one
from its standard output. The lab ends when standard input does, so it cannot outlive the process that asked for it;
when the supervisor is killed, the kernel kills the hosts with it, and their mounts and links go.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from types import FrameType

from tests.lab import credentials, kernel
from tests.lab.files import Files
from tests.lab.host_files import Identity
from tests.lab.kernel import MountFlag, Namespace
from tests.lab.node import Node, configure_network, dns_node, forbid_ipv6, host_node, hub_node, run_node, servers_node
from tests.lab.spec import DNS_ADDRESS, DOMAIN, HUB_ADDRESS, PREFIX, LabSpec, Request, fqdn

_START_LIMIT = 60.0
_SSH_CONFIG = """\
Host {names}
  HostName {address}
  User root
  IdentityFile {directory}/id_ed25519
  IdentitiesOnly yes
  UserKnownHostsFile {directory}/known_hosts
  StrictHostKeyChecking yes
  BatchMode yes
"""


def _prepare_scratch(files: Files, layer: Path) -> None:
    files.scratch.mkdir()
    kernel.mount("tmpfs", files.scratch, "tmpfs", data="mode=755")
    files.packages.mkdir()
    files.tools.mkdir()
    extract = ["tar", "--extract", "--xattrs", "--xattrs-include=trusted.overlay.*", "--numeric-owner"]
    subprocess.run([*extract, "--file", layer, "--directory", files.packages], check=True)
    kernel.mount("overlay", files.tools, "overlay", MountFlag.READ_ONLY, f"lowerdir={files.packages}:/")
    kernel.mount("/proc", files.tools / "proc", "none", MountFlag.BIND)


def _write_servers(files: Files, spec: LabSpec, authority: credentials.Authority) -> None:
    for relay in spec.servers:
        files.relay(relay.name).write_text(json.dumps(asdict(relay)))
        files.certificate(relay.name).write_bytes(
            credentials.make_server_pem(authority, relay.name, spec.address(relay.name))
        )
    files.records.touch()


def _write_ssh(directory: Path, key: credentials.SshKey, hosts: list[Identity]) -> None:
    private = directory / "id_ed25519"
    private.touch(mode=0o600)
    private.write_bytes(key.private)
    (directory / "id_ed25519.pub").write_text(f"{key.public}\n")
    names = {host.name: f"{host.name} {fqdn(host.name)} {host.address}" for host in hosts}
    known = (f"{names[host.name].replace(' ', ',')} {host.host_key.public}\n" for host in hosts)
    (directory / "known_hosts").write_text("".join(known))
    config = (_SSH_CONFIG.format(names=names[host.name], address=host.address, directory=directory) for host in hosts)
    (directory / "ssh_config").write_text("".join(config))


def _plan_nodes(files: Files, spec: LabSpec) -> list[Node]:
    authority, key = credentials.make_authority(), credentials.make_ssh_key()
    (files.directory / "ca.pem").write_bytes(authority.pem)
    (files.directory / "resolv.conf").write_text(f"search {DOMAIN}\nnameserver {DNS_ADDRESS}\n")
    _write_servers(files, spec, authority)
    identities = [
        Identity(
            name=host.name,
            address=spec.address(host.name),
            host_key=credentials.make_ssh_key(),
            authorized_key=key.public,
            authority=authority.pem,
        )
        for host in spec.hosts
    ]
    _write_ssh(files.directory, key, identities)
    hosts = [host_node(files, identity, host.mta) for identity, host in zip(identities, spec.hosts, strict=True)]
    return [hub_node(files), dns_node(files, spec, DNS_ADDRESS), servers_node(files, spec), *hosts]


class _Nodes:
    """The forked PID 1s, by name."""

    def __init__(self, files: Files) -> None:
        self.files = files
        self.pids: dict[str, int] = {}
        self._home = {kind: os.open(f"/proc/self/ns/{kind}", os.O_RDONLY) for kind in ("net", "pid")}
        self._go_read, self._go_write = os.pipe()
        self._up_read, self._up_write = os.pipe()

    def fork(self, node: Node) -> None:
        """Start the node's PID 1, which waits for `go`; the hub alone shares the supervisor's network."""
        kernel.unshare(Namespace.PID | Namespace.NET if node.addresses else Namespace.PID)
        pid = os.fork()
        if pid == 0:
            self._child(node)
        kernel.setns(self._home["pid"], Namespace.PID)
        kernel.setns(self._home["net"], Namespace.NET)
        self.pids[node.name] = pid

    def _child(self, node: Node) -> None:
        try:
            kernel.die_with_parent()
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            null = os.open(os.devnull, os.O_RDWR)
            os.dup2(null, 0)
            os.dup2(null, 1)
            os.dup2(self._go_read, 3, inheritable=False)
            os.dup2(self._up_write, 4, inheritable=False)
            os.closerange(5, 256)
            # the end of this pipe says that the supervisor died before it could be tied to this process
            if os.read(3, 1):
                run_node(node, self.files, lambda: os.close(4) if os.write(4, b"u") else None)
        except BaseException:  # noqa: BLE001 # whatever it was, the child must not run on in the parent's code
            sys.stderr.write(f"{node.name}: {traceback.format_exc()}")
            sys.stderr.flush()
        finally:
            os._exit(1)

    def go(self) -> None:
        """Let all nodes run, and wait until each says that it is up. Raises RuntimeError, TimeoutError."""
        os.write(self._go_write, b"g" * len(self.pids))
        deadline, up = time.monotonic() + _START_LIMIT, 0
        while up < len(self.pids):
            if select.select([self._up_read], [], [], 0.2)[0]:
                up += len(os.read(self._up_read, 1024))
            elif dead := os.waitpid(-1, os.WNOHANG)[0]:
                self.pids = {name: pid for name, pid in self.pids.items() if pid != dead}
                raise RuntimeError("a host died while it started")
            elif time.monotonic() > deadline:
                raise TimeoutError(f"{len(self.pids) - up} hosts are not up after {_START_LIMIT} s")

    def kill(self) -> None:
        """End every node; with its PID 1 the kernel ends all its processes, then mounts and links."""
        for pid in self.pids.values():
            os.kill(pid, signal.SIGKILL)
        for pid in self.pids.values():
            os.waitpid(pid, 0)


def _connect(files: Files, nodes: list[Node], pids: Mapping[str, int]) -> None:
    forbid_ipv6("default")
    commands = [
        "link set lo up",
        "link add br0 type bridge stp_state 0 forward_delay 0",
        f"addr add {HUB_ADDRESS}/{PREFIX} dev br0",
        "link set br0 up",
    ]
    for number, node in enumerate(nodes):
        if node.addresses:
            commands.append(f"link add v{number} type veth peer name eth0 netns {pids[node.name]}")
            commands.append(f"link set v{number} master br0 up")
    configure_network(files, commands)


def _leave(_signal: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(0)


def _hold(request: Request) -> None:
    if request.detached:
        signal.pause()
    sys.stdin.buffer.read()


def main() -> None:
    """Read the request, bring the lab up, say so, hold it, take it down."""
    request = Request.from_json(sys.stdin.readline())
    files = Files(directory=request.directory, scratch=request.directory / "scratch")
    signal.signal(signal.SIGTERM, _leave)
    kernel.unshare(Namespace.NET | Namespace.MOUNT)
    kernel.make_mounts_private()
    nodes = _Nodes(files)
    try:
        _prepare_scratch(files, request.layer)
        plan = _plan_nodes(files, request.spec)
        for node in plan:
            nodes.fork(node)
        _connect(files, plan, nodes.pids)
        nodes.go()
        state = {"supervisor": os.getpid(), "spec": request.spec.to_json(), "nodes": nodes.pids}
        (files.directory / "state.json").write_text(json.dumps(state))
        sys.stdout.write("up\n")
        sys.stdout.flush()
        _hold(request)
    finally:
        nodes.kill()
        # takes the mounts below it along; after an early failure there is none
        with suppress(OSError):
            kernel.unmount(files.scratch)
        shutil.rmtree(files.directory)


if __name__ == "__main__":
    main()
