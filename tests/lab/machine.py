"""Using one host of a lab that is up: commands and files past ssh, and Postfix's verbs."""

from __future__ import annotations

import json
import smtplib
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from tests.lab import kernel
from tests.lab.spec import HOST_ENVIRONMENT

Completed = subprocess.CompletedProcess[bytes]

MESSAGE = b"Subject: test\n\nA test.\n"
"""What is injected when a test does not care."""


class CommandError(AssertionError):
    """A command that was to succeed did not; carries its output."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One recipient of a queued message; `delay_reason` is empty until a delivery was deferred."""

    address: str
    delay_reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """One message in Postfix's queue, as postqueue(1) -j shows it; `arrival_time` is in seconds since 1970."""

    queue_name: str
    queue_id: str
    arrival_time: int
    sender: str
    recipients: tuple[Recipient, ...]


def _queued(line: str) -> Queued:
    data = json.loads(line)
    return Queued(
        queue_name=data["queue_name"],
        queue_id=data["queue_id"],
        arrival_time=data["arrival_time"],
        sender=data["sender"],
        recipients=tuple(
            Recipient(address=recipient["address"], delay_reason=recipient.get("delay_reason", ""))
            for recipient in data["recipients"]
        ),
    )


def run_entered(
    enter: Sequence[str],
    argv: Sequence[str | Path],
    *,
    stdin: bytes,
    env: Mapping[str, str],
    check: bool,
    timeout: float,
) -> Completed:
    """Run *argv* after the command *enter*, bound to it: a time-out ends both. Raises CommandError, TimeoutExpired."""
    command = [*enter, "setpriv", "--pdeathsig", "KILL", "--", *argv]
    done = subprocess.run(command, input=stdin, capture_output=True, env=env, check=False, timeout=timeout)
    if check and done.returncode != 0:
        output = (done.stdout + done.stderr).decode(errors="replace")
        raise CommandError(f"{' '.join(map(str, argv))}: exit status {done.returncode}\n{output}")
    return done


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A PID 1 of the lab, by number and PID namespace: the number alone may be another process's one day."""

    pid: int
    namespace: str

    @classmethod
    def of(cls, pid: int) -> Place:
        """The place whose PID 1 has this number in this machine's process table. Raises OSError."""
        return cls(pid=pid, namespace=kernel.pid_namespace(pid))

    def living_pid(self) -> int:
        """The number, while it is still that process. Raises CommandError, so that nothing else is entered."""
        try:
            alive = kernel.pid_namespace(self.pid) == self.namespace
        except FileNotFoundError:
            alive = False
        if not alive:
            raise CommandError(f"the lab's process {self.pid} is no more")
        return self.pid

    def enter(self, *namespaces: str) -> tuple[str, ...]:
        """The start of a command line: nsenter(1) into these, given as its options. Raises CommandError."""
        return ("nsenter", f"--target={self.living_pid()}", *namespaces)


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """One host; `inside` puts the calling thread into the hub's network."""

    name: str
    address: str
    place: Place
    inside: Callable[[], AbstractContextManager[None]]

    @property
    def enter(self) -> tuple[str, ...]:
        """The start of a command line that runs the rest in this host, in `/`, as root."""
        return self.place.enter("--mount", "--root", "--uts", "--ipc", "--net", "--pid")

    def run(
        self,
        argv: Sequence[str],
        *,
        stdin: bytes = b"",
        user: str = "root",
        check: bool = True,
        timeout: float = 60.0,
    ) -> Completed:
        """Run *argv* in the host as *user*, in `/`, with a clean environment. Raises CommandError, TimeoutExpired."""
        become = [] if user == "root" else ["runuser", f"--user={user}", "--"]
        return run_entered(
            self.enter, [*become, *argv], stdin=stdin, env=HOST_ENVIRONMENT, check=check, timeout=timeout
        )

    def output(self, argv: Sequence[str]) -> str:
        """What *argv* prints in the host, decoded, without the last line's end."""
        return self.run(argv).stdout.decode().removesuffix("\n")

    def exists(self, path: str) -> bool:
        """Whether there is a file, folder or link of this name."""
        return self.run(["test", "-e", path, "-o", "-L", path], check=False).returncode == 0

    def read(self, path: str) -> bytes:
        """A file of the host. Raises CommandError when there is none."""
        return self.run(["cat", "--", path]).stdout

    def write(self, path: str, content: bytes, *, mode: int = 0o644, owner: str = "root:root") -> None:
        """Make the file anew, with folders, *mode* and *owner* (`user:group`)."""
        user, _, group = owner.partition(":")
        arguments = [f"--mode={mode:o}", f"--owner={user}", f"--group={group}", "-D", "/dev/stdin", path]
        self.run(["install", *arguments], stdin=content)

    def postfix(self, verb: str) -> None:
        """Tell Postfix to `reload`, `stop`, `start` or what else it knows. Raises CommandError."""
        self.run(["postfix", verb])

    def flush(self) -> None:
        """Try to deliver everything in the queue now."""
        self.run(["postqueue", "-f"])

    def inject(self, sender: str, recipients: Sequence[str], content: bytes = MESSAGE, *, user: str = "root") -> None:
        """Hand a message to the host's sendmail(1), as *user*. *content* is headers and body."""
        self.run(["sendmail", "-i", "-f", sender, "--", *recipients], stdin=content, user=user)

    def smtp(self, port: int = 25) -> smtplib.SMTP:
        """A connection from the hub, which the host's Postfix relays for; it works in any thread."""
        with self.inside():
            return smtplib.SMTP(self.address, port, local_hostname="hub.lab.test", timeout=30)

    def inject_smtp(self, sender: str, recipients: Sequence[str], content: bytes = MESSAGE, *, port: int = 25) -> None:
        """Hand a message to the host by SMTP from the hub. Raises smtplib.SMTPException."""
        with self.smtp(port) as client:
            client.sendmail(sender, list(recipients), content)

    def queue(self) -> tuple[Queued, ...]:
        """What waits in Postfix's queue."""
        return tuple(_queued(line) for line in self.output(["postqueue", "-j"]).splitlines())

    def log(self) -> str:
        """Postfix's log from the start of the lab on."""
        return self.read("/var/log/mail.log").decode()
