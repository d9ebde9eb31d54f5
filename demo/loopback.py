"""The main job on a throw-away mail host: an SSH server in this process, a real `sh`, a qmail control directory."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path

import paramiko

from demo.stage import plan_says_no_changes, relayconf, say, show
from tests.support.qmail_tree import make_qmail
from tests.support.ssh_keys import write_ed25519
from tests.support.ssh_server import SshServer

INVENTORY = """\
version: 1
relays:
  isp: {{host: mail.asahi-net.or.jp, port: 25, tls: none}}   # the ISP's relay, from the ISP's own line
hosts:
  edge:
    address: 127.0.0.1
    mta: qmail
    relay: isp                                             # all external mail
    ssh: {{port: {port}, identity_file: {key}}}
    qmail_home: {home}
    state_directory: {state}
domains:
  kamata-net.com: {{host: 192.168.0.100}}                    # ours: on the mailstore, never to the relay
"""


def main() -> None:
    """Plan, apply, plan again; everything is gone afterwards."""
    logging.getLogger("paramiko").addHandler(logging.NullHandler())  # the server's talk about clients that leave
    with tempfile.TemporaryDirectory(prefix="relayconf-demo-") as name:
        folder = Path(name)
        key = write_ed25519(folder / ".ssh" / "id_ed25519")
        home = folder / "var" / "qmail"
        control = make_qmail(home)
        authorized = paramiko.Ed25519Key.from_private_key_file(str(key))
        with SshServer(folder / "server", authorized=authorized) as server:
            (folder / ".ssh" / "known_hosts").write_text(server.known_hosts_line(), encoding="ascii")
            text = INVENTORY.format(port=server.port, key=key, home=home, state=folder / "state")
            (folder / "inventory.yaml").write_text(text, encoding="utf-8")
            show("A qmail host on loopback, and the inventory that describes it")
            say(text)
            relayconf(folder, "check")
            relayconf(folder, "plan")
            relayconf(folder, "apply", "--yes")
            show(f"$ cat {control}/smtproutes")
            say((control / "smtproutes").read_text(encoding="ascii"))
            plan_says_no_changes(folder)
    show("Done: all external mail of this host would now go through the ISP's relay. Nothing is left behind.")
