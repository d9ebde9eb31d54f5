"""The main job from beginning to end, on a throw-away mail host: `make demo`.

The host is an SSH server in this process, on loopback, with a real `sh` and a qmail control directory in a temporary
folder. relayconf itself runs as its own process, exactly as a user would run it.
"""

from __future__ import annotations

import logging
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

import paramiko

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.support.ssh_keys import write_ed25519  # noqa: E402  the checkout is not on the path before
from tests.support.ssh_server import SshServer  # noqa: E402  the same

INVENTORY = """\
version: 1
relays:
  isp: {{host: mail.asahi-net.or.jp, port: 25, tls: none}}     # the ISP's relay, from the ISP's own line
hosts:
  edge:
    address: 127.0.0.1
    mta: qmail
    relay: isp                                     # all external mail
    ssh: {{port: {port}, identity_file: {key}}}
    qmail_home: {home}
    state_directory: {state}
domains:
  kamata-net.com: {{host: 192.168.0.100}}            # ours: on the mailstore, never to the relay
"""

CONTROL = {"me": "edge.kamata-net.com", "locals": "edge.kamata-net.com", "rcpthosts": "kamata-net.com"}


def make_qmail(home: Path) -> None:
    """A qmail home as installed: a control directory whose files end in a newline, and no smtproutes yet."""
    control = home / "control"
    control.mkdir(parents=True)
    for name, line in CONTROL.items():
        (control / name).write_text(f"{line}\n", encoding="ascii")


def show(title: str) -> None:
    """A heading between the steps."""
    sys.stdout.write(f"\n\033[1m{title}\033[0m\n" if sys.stdout.isatty() else f"\n{title}\n")
    sys.stdout.flush()


def relayconf(folder: Path, *words: str) -> str:
    """Run relayconf in *folder* as a user would; what it prints is shown, and returned. Ends the demo if it fails."""
    show("$ " + shlex.join(["relayconf", *words]))
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("RELAYCONF_", "XDG_"))}
    environment |= {"HOME": str(folder), "PYTHONPATH": str(ROOT)}
    environment.pop("SSH_AUTH_SOCK", None)
    done = subprocess.run(
        [sys.executable, "-m", "relayconf", *words],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    sys.stdout.write(done.stdout)
    if done.returncode != 0:
        sys.exit(f"demo: relayconf ended with {done.returncode}")
    return done.stdout


def main() -> None:
    """Plan, apply, plan again; everything is gone afterwards."""
    logging.getLogger("paramiko").addHandler(logging.NullHandler())  # the server's talk about clients that leave
    with tempfile.TemporaryDirectory(prefix="relayconf-demo-") as name:
        folder = Path(name)
        key = write_ed25519(folder / ".ssh" / "id_ed25519")
        home = folder / "var" / "qmail"
        make_qmail(home)
        authorized = paramiko.Ed25519Key.from_private_key_file(str(key))
        with SshServer(folder / "server", authorized=authorized) as server:
            (folder / ".ssh" / "known_hosts").write_text(server.known_hosts_line(), encoding="ascii")
            text = INVENTORY.format(port=server.port, key=key, home=home, state=folder / "state")
            (folder / "inventory.yaml").write_text(text, encoding="utf-8")
            show("A qmail host on loopback, and the inventory that describes it")
            sys.stdout.write(text)
            relayconf(folder, "check")
            relayconf(folder, "plan")
            relayconf(folder, "apply", "--yes")
            show(f"$ cat {home}/control/smtproutes")
            sys.stdout.write((home / "control" / "smtproutes").read_text(encoding="ascii"))
            if "no changes" not in relayconf(folder, "plan"):
                sys.exit("demo: the second plan should have said `no changes`")
    show("Done: all external mail of this host would now go through the ISP's relay. Nothing is left behind.")


if __name__ == "__main__":
    main()
