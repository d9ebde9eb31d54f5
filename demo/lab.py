"""The main job on three real hosts: two Postfix, one with qmail's files, in namespaces of their own, over real sshd."""

from __future__ import annotations

import tempfile
from pathlib import Path

from demo.stage import plan_says_no_changes, relayconf, say, show
from tests.lab import HostSpec, Lab, LabSpec, RelaySpec

ISP = RelaySpec(name="mail.isp.test", users={"ab4t-ash": ("throw-away",)})
SPEC = LabSpec(
    hosts=(
        HostSpec(name="mail1", mta="postfix"),
        HostSpec(name="mail2", mta="postfix"),
        HostSpec(name="edge", mta="qmail"),
    ),
    relays=(ISP,),
)

INVENTORY = """\
version: 1
relays:
  isp:
    host: mail.isp.test
    endpoints:
      - {{port: 587, tls: secure}}
      - {{port: 25, tls: none, auth: none}}               # from the ISP's own line
    auth: {{username: ab4t-ash, password: {{file: password}}}}
hosts:
  mail1: {{address: mail1.lab.test, groups: [postfix]}}
  mail2: {{address: mail2.lab.test, groups: [postfix]}}
  edge: {{address: edge.lab.test, mta: qmail, relay: "isp:25"}}
groups:
  postfix: {{mta: postfix, relay: isp}}
ssh: {{user: ops, become: sudo, identity_file: {key}}}
"""


def _send(lab: Lab, name: str, recipient: str) -> None:
    """Send a message from a host, and tell where it comes out."""
    lab.host(name).inject(f"me@{name}.lab.test", [recipient])
    message = lab.message_to(recipient)
    login = f"as {message.user}, {message.tls}" if message.user else "without login"
    say(f"mail from {name} to {recipient} arrived at {message.server} port {message.port}, {login}")


def main() -> None:
    """A mail before, plan, apply, a mail after, plan again; everything is gone afterwards."""
    show("Bringing up mail1, mail2 (Postfix), edge (qmail's files), the ISP's relay, a receiver and their DNS")
    with tempfile.TemporaryDirectory(prefix="relayconf-demo-") as name, Lab.up(SPEC) as lab:
        folder = Path(name)
        (folder / ".ssh").mkdir(mode=0o700)
        (folder / ".ssh" / "known_hosts").write_bytes(lab.path("known_hosts").read_bytes())
        (folder / "password").touch(mode=0o600)
        (folder / "password").write_text("throw-away\n", encoding="ascii")
        text = INVENTORY.format(key=lab.path("id_ed25519"))
        (folder / "inventory.yaml").write_text(text, encoding="utf-8")
        say(text)
        show("Before: mail leaves directly, and would be refused from an address in a blocklist")
        _send(lab, "mail1", "before@world.test")
        relayconf(folder, "check", enter=lab.enter)
        relayconf(folder, "plan", enter=lab.enter)
        relayconf(folder, "apply", "--yes", enter=lab.enter)
        show("After: mail takes the relay, encrypted and logged in")
        _send(lab, "mail1", "after1@world.test")
        _send(lab, "mail2", "after2@world.test")
        show("edge$ cat /var/qmail/control/smtproutes")
        say(lab.host("edge").read("/var/qmail/control/smtproutes").decode())
        plan_says_no_changes(folder, enter=lab.enter)
    show("Done. The hosts are gone, and nothing was installed on this machine.")
