"""What runs in one namespace of the lab, as its PID 1: a host, the DNS server, the SMTP servers, or the hub.

A host's root is an overlay: the machine's root at the bottom, the package layer over it, and the host's own writes on
the lab's tmpfs on top.
"""

from __future__ import annotations

import os
import signal
import ssl
import stat
import subprocess
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.lab import host_files, kernel, zones
from tests.lab.files import Files
from tests.lab.kernel import MountFlag, Namespace
from tests.lab.records import Recorder
from tests.lab.smtp_server import Listener
from tests.lab.spec import HOST_ENVIRONMENT, PREFIX, LabSpec, MtaKind

_QUIET = MountFlag.NO_SUID | MountFlag.NO_DEV | MountFlag.NO_EXEC
_DEVICES = {"null": (1, 3), "zero": (1, 5), "full": (1, 7), "random": (1, 8), "urandom": (1, 9), "tty": (5, 0)}
_DEVICE_LINKS = {"fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2", "ptmx": "pts/ptmx"}
_POSTFIX_START = (
    ("postalias", "/etc/aliases"),
    # copies resolv.conf, hosts and certificates into Debian's chroot, as its service unit does
    ("/usr/lib/postfix/configure-instance.sh", "-"),
    ("postfix", "start"),
)
_START_LIMIT = 30.0
# what these hold is the machine's own business; each is mounted anew, with this mode
_EMPTIED = {"root": "700", "run": "755", "tmp": "1777", "var/tmp": "1777", "var/log": "755"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One set of namespaces. `start` brings its services up; `ports` are those it then listens on.

    Without addresses it is in the supervisor's network, as the hub.
    """

    name: str
    addresses: tuple[str, ...]
    start: Callable[[], None]
    ports: tuple[int, ...] = ()


def forbid_ipv6(interface: str) -> None:
    """No IPv6 on *interface*, so that no search for duplicate addresses delays the start; lo keeps ::1."""
    switch = Path(f"/proc/sys/net/ipv6/conf/{interface}/disable_ipv6")
    if switch.exists():
        switch.write_text("1")


def configure_network(files: Files, commands: Iterable[str]) -> None:
    """Give ip(8) these commands, in the network namespace of the caller."""
    batch = "".join(f"{command}\n" for command in commands)
    subprocess.run(["chroot", files.tools, "ip", "-batch", "-"], input=batch, text=True, check=True)


def _mount_devices(dev: Path) -> None:
    kernel.mount("tmpfs", dev, "tmpfs", data="mode=755")
    for name, number in _DEVICES.items():
        os.mknod(dev / name, 0o666 | stat.S_IFCHR, os.makedev(*number))
        (dev / name).chmod(0o666)
    for name, target in _DEVICE_LINKS.items():
        (dev / name).symlink_to(target)
    (dev / "pts").mkdir()
    (dev / "shm").mkdir()
    terminals = "newinstance,ptmxmode=0666,mode=620,gid=5"
    kernel.mount("devpts", dev / "pts", "devpts", MountFlag.NO_SUID | MountFlag.NO_EXEC, terminals)
    kernel.mount("tmpfs", dev / "shm", "tmpfs", MountFlag.NO_SUID | MountFlag.NO_DEV, "mode=1777")


def _enter_overlay(files: Files, name: str) -> None:
    kernel.unshare(Namespace.MOUNT | Namespace.UTS | Namespace.IPC)
    kernel.make_mounts_private()
    base = files.scratch / "nodes" / name
    upper, work, root = base / "upper", base / "work", base / "root"
    for directory in (upper, work, root):
        directory.mkdir(parents=True)
    kernel.mount("overlay", root, "overlay", data=f"lowerdir={files.packages}:/,upperdir={upper},workdir={work}")
    kernel.mount("proc", root / "proc", "proc", _QUIET)
    kernel.mount("sysfs", root / "sys", "sysfs", _QUIET | MountFlag.READ_ONLY)
    for path, mode in _EMPTIED.items():
        kernel.mount("tmpfs", root / path, "tmpfs", MountFlag.NO_SUID | MountFlag.NO_DEV, f"mode={mode}")
    _mount_devices(root / "dev")
    kernel.pivot_into(root)
    kernel.set_hostname(name)


def _service(*command: str) -> None:
    with Path("/var/log/start.log").open("ab") as log:
        subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=HOST_ENVIRONMENT, check=True)


def _start_host(files: Files, identity: host_files.Identity, mta: MtaKind) -> None:
    _enter_overlay(files, identity.name)
    host_files.remove_mta(keep_postfix=mta == "postfix")
    host_files.write_base(identity)
    _service("/usr/sbin/sshd", "-E", "/var/log/sshd.log")
    if mta == "postfix":
        host_files.write_postfix(identity)
        for command in _POSTFIX_START:
            _service(*command)
    elif mta == "qmail":
        host_files.write_qmail(identity)


def host_node(files: Files, identity: host_files.Identity, mta: MtaKind) -> Node:
    """A host with sshd and, when asked, an MTA."""
    return Node(
        name=identity.name,
        addresses=(identity.address,),
        start=lambda: _start_host(files, identity, mta),
        ports=(22, 25) if mta == "postfix" else (22,),
    )


def dns_node(files: Files, spec: LabSpec, address: str) -> Node:
    """NSD with the zones of *spec*."""

    def start() -> None:
        _enter_overlay(files, "dns")
        zones.write_zones(spec)
        _service("nsd", "-c", zones.CONFIGURATION)

    return Node(name="dns", addresses=(address,), start=start, ports=(53,))


def servers_node(files: Files, spec: LabSpec) -> Node:
    """All SMTP servers that are not hosts: one process, an address for each."""

    def start() -> None:
        recorder = Recorder(files.records)
        for relay in spec.servers:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(files.certificate(relay.name))
            for port in relay.ports:
                listener = Listener(
                    address=spec.address(relay.name),
                    port=port,
                    relay_file=files.relay(relay.name),
                    tls_context=context,
                    recorder=recorder,
                )
                threading.Thread(target=listener.serve_forever, daemon=True).start()

    return Node(name="servers", addresses=tuple(spec.address(relay.name) for relay in spec.servers), start=start)


def hub_node(files: Files) -> Node:
    """The network that reaches every host, with the machine's own root: where tests run commands."""

    def start() -> None:
        kernel.unshare(Namespace.MOUNT | Namespace.IPC)
        kernel.make_mounts_private()
        kernel.mount("proc", Path("/proc"), "proc", _QUIET)
        resolver = files.directory / "resolv.conf"
        kernel.mount(str(resolver), Path("/etc/resolv.conf").resolve(), "none", MountFlag.BIND)

    return Node(name="hub", addresses=(), start=start)


def _is_listening(port: int) -> bool:
    tables = Path("/proc/net/tcp").read_text() + Path("/proc/net/tcp6").read_text()
    fields = (line.split() for line in tables.splitlines())
    return any(len(field) > 3 and field[1].endswith(f":{port:04X}") and field[3] == "0A" for field in fields)


def _await_ports(ports: Iterable[int]) -> None:
    deadline = time.monotonic() + _START_LIMIT
    while missing := [port for port in ports if not _is_listening(port)]:
        if time.monotonic() > deadline:
            raise TimeoutError(f"nobody listens on {missing}")
        time.sleep(0.01)


def _reap_for_ever() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    while True:
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            pass
        signal.sigwait({signal.SIGCHLD})


def run_node(node: Node, files: Files, report: Callable[[], None]) -> None:
    """Bring the node up, *report* that it is, and be its PID 1 until killed. Its veth is there already."""
    if node.addresses:
        forbid_ipv6("eth0")
        addresses = (f"addr add {address}/{PREFIX} dev eth0" for address in node.addresses)
        configure_network(files, ["link set lo up", *addresses, "link set eth0 up"])
    node.start()
    _await_ports(node.ports)
    report()
    _reap_for_ever()
