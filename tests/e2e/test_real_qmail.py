"""A message takes the route through a real qmail, where one is installed under /var/qmail.

The installation itself is never touched: it is copied onto a tmpfs that hides it, in a mount and process namespace of
the test's own, and qmail is started there.
"""

from __future__ import annotations

import os
import socketserver
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.cli import Admin

QMAIL = Path("/var/qmail")

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(
        not (QMAIL / "bin" / "qmail-send").exists(), reason="no qmail is installed under /var/qmail on this machine"
    ),
]

PRIVATE = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")

STAGE = """\
set -eu
mount --make-rprivate /
mount -t tmpfs -o mode=0755 stage "$1/stage"
cp -a /var/qmail/. "$1/stage"
for name in me locals rcpthosts; do
    printf 'edge.kamata-net.com\\n' >"$1/stage/control/$name"
done
rm -f "$1/stage/control/smtproutes" "$1/stage/control/virtualdomains"
mount --bind "$1/stage" /var/qmail
cd "$2"
shift 2
"$@"
env - PATH=/var/qmail/bin:/usr/bin:/bin qmail-start ./Mailbox >qmail.log 2>&1 &
for recipient in someone@icloud.com anna@kamata-net.com; do
    printf 'From: me@kamata-net.com\\nTo: %s\\nSubject: route\\n\\nto %s\\n' "$recipient" "$recipient" |
        /var/qmail/bin/qmail-inject -f me@kamata-net.com "$recipient"
done
tries=0
while [ "$tries" -lt 100 ] && [ "$(grep -c ' delivery .*: success: ' qmail.log)" -lt 2 ]; do
    sleep 0.1
    tries=$((tries + 1))
done
"""

WAITING = """\
set -eu
mount --make-rprivate /
mount -t tmpfs -o mode=0755 stage "$1/stage"
cp -a /var/qmail/. "$1/stage"
printf 'edge.kamata-net.com\\n' | tee "$1/stage/control/me" "$1/stage/control/locals" >"$1/stage/control/rcpthosts"
rm -f "$1/stage/control/virtualdomains"
printf ':[127.0.0.1]:1\\n' >"$1/stage/control/smtproutes"
mount --bind "$1/stage" /var/qmail
cd "$2"
shift 2
env - PATH=/var/qmail/bin:/usr/bin:/bin qmail-start ./Mailbox >qmail.log 2>&1 &
printf 'Subject: waits\\n\\nwaits\\n' | /var/qmail/bin/qmail-inject -f me@kamata-net.com someone@icloud.com
await() {
    tries=0
    while [ "$tries" -lt 100 ] && ! grep -q "$1" qmail.log; do
        sleep 0.1
        tries=$((tries + 1))
    done
}
await 'deferral: '
"$@"
await 'success: '
cat qmail.log
"""

INVENTORY = """\
version: 1
relays:
  isp: {{host: 127.0.0.1, port: {relay}, tls: none}}
hosts:
  edge: {{mta: qmail, connection: local, relay: isp, state_directory: {state}}}
domains:
  kamata-net.com: {{host: 127.0.0.1, port: {store}}}
"""


class Sink(socketserver.ThreadingTCPServer):
    """A server on loopback that takes every message: a double of the relay, and of the mailstore."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Dialogue)
        self.recipients: list[str] = []

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])


class _Dialogue(socketserver.StreamRequestHandler):
    """As much of RFC 5321 as qmail-remote speaks."""

    def handle(self) -> None:
        sink = self.server
        self.wfile.write(b"220 sink\r\n")
        while line := self.rfile.readline():
            verb, _, rest = line.decode().strip().partition(" ")
            if verb.upper() == "RCPT" and isinstance(sink, Sink):
                sink.recipients.append(rest.partition(":")[2].strip("<>"))
            if verb.upper() == "DATA":
                self.wfile.write(b"354 go on\r\n")
                while self.rfile.readline() not in {b".\r\n", b""}:
                    pass
            self.wfile.write(b"221 bye\r\n" if verb.upper() == "QUIT" else b"250 ok\r\n")


@contextmanager
def _sink() -> Iterator[Sink]:
    with Sink() as sink:
        thread = threading.Thread(target=sink.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield sink
        sink.shutdown()
        thread.join()


def test_mail_of_a_real_qmail_takes_the_routes_that_were_applied(tmp_path: Path) -> None:
    """Outside mail arrives at the relay, mail for the own domain at the mailstore, each there alone."""
    work, admin = tmp_path / "work", Admin(folder=tmp_path / "admin")
    for folder in (work / "stage", admin.folder):
        folder.mkdir(parents=True)
    tmp_path.chmod(0o755)
    with _sink() as relay, _sink() as store:
        admin.write(INVENTORY.format(relay=relay.port, store=store.port, state=work / "state"))
        ran = subprocess.run(
            [*PRIVATE, "sh", "-c", STAGE, "sh", str(work), str(admin.folder), *admin.command("apply", "--yes")],
            env=admin.environment | {"PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert ran.stdout.endswith("Apply: 1 changed\n")
        assert relay.recipients == ["someone@icloud.com"]
        assert store.recipients == ["anna@kamata-net.com"]
    assert not (QMAIL / "control" / "smtproutes").exists()


def test_waiting_mail_leaves_by_the_new_relay_that_was_tried_first(tmp_path: Path) -> None:
    """The real qmail-remote tries the relay with the candidate; ALRM then sends what had waited for the old one."""
    work, admin = tmp_path / "work", Admin(folder=tmp_path / "admin")
    for folder in (work / "stage", admin.folder):
        folder.mkdir(parents=True)
    tmp_path.chmod(0o755)
    with _sink() as relay, _sink() as store:
        inventory = INVENTORY.format(relay=relay.port, store=store.port, state=work / "state")
        probe = "tls: none, probe: {from: test@kamata-net.com, to: us@kamata-net.com}}"
        admin.write(inventory.replace("tls: none}", probe))
        command = admin.command("apply", "--yes", "--flush", "--no-verify")
        ran = subprocess.run(
            [*PRIVATE, "sh", "-c", WAITING, "sh", str(work), str(admin.folder), *command],
            env=admin.environment | {"PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert relay.recipients == ["us@kamata-net.com", "someone@icloud.com"], ran.stdout + ran.stderr
        assert store.recipients == []
