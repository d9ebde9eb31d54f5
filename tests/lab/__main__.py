"""A lab to explore by hand: `python -m tests.lab up`, then `exec`, `run`, `messages`, `down`; as root."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tests.lab import HostSpec, Lab, LabError, LabSpec, PackagesError, RelaySpec, why_not
from tests.lab.lab import sweep
from tests.lab.spec import HOST_ENVIRONMENT

_RUN = Path("/run/relayconf-lab")


def _host(text: str) -> HostSpec:
    name, _, mta = text.partition(":")
    match mta:
        case "postfix" | "qmail":
            return HostSpec(name=name, mta=mta)
        case "":
            return HostSpec(name=name)
        case _:
            raise argparse.ArgumentTypeError(f"no MTA `{mta}`: postfix or qmail")


def _relay(text: str) -> RelaySpec:
    name, *users = text.split(",")
    pairs = (user.partition("=") for user in users)
    return RelaySpec(name=name, users={user: (password,) for user, _, password in pairs})


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.lab", description=__doc__)
    parser.add_argument("--name", default="lab", help="labs of different names live beside each other")
    verbs = parser.add_subparsers(dest="verb", required=True)
    up = verbs.add_parser("up", help="bring hosts, relays, receiver and DNS up")
    up.add_argument("hosts", nargs="*", type=_host, metavar="HOST[:postfix|:qmail]")
    up.add_argument("--relay", action="append", type=_relay, default=[], metavar="NAME[,USER=PASSWORD]…")
    verbs.add_parser("down", help="end it all")
    verbs.add_parser("status", help="addresses, and the folder with key, known_hosts and ssh_config")
    verbs.add_parser("messages", help="what relays and receiver took and refused")
    enter = verbs.add_parser("exec", help="run a command in a host, past ssh")
    enter.add_argument("host")
    run = verbs.add_parser("run", help="run a command in the hub, which reaches every host")
    for parser_with_command in (enter, run):
        parser_with_command.add_argument("command", nargs=argparse.REMAINDER)
    return parser


def _up(lab_spec: LabSpec, directory: Path) -> int:
    try:
        lab = Lab.up(lab_spec, directory=directory)
    except (FileExistsError, LabError, PackagesError) as error:
        sys.exit(str(error))
    return _status(lab)


def _down(lab: Lab) -> int:
    lab.close()
    with suppress(OSError):
        _RUN.rmdir()
    return 0


def _status(lab: Lab) -> int:
    names = [host.name for host in lab.spec.hosts] + [server.name for server in lab.spec.servers]
    sys.stdout.writelines(f"{lab.spec.address(name):12} {name}\n" for name in names)
    sys.stdout.write(f"{lab.directory}\n")
    return 0


def _messages(lab: Lab) -> int:
    sys.stdout.writelines(f"{record}\n" for record in lab.records())
    return 0


def main() -> int:
    """Do what the command line asks. Returns the exit status."""
    arguments = _parser().parse_args()
    directory = _RUN / arguments.name
    if reason := why_not():
        sys.exit(reason)
    sweep(_RUN, "*")
    if arguments.verb == "up":
        return _up(LabSpec(hosts=tuple(arguments.hosts), relays=tuple(arguments.relay)), directory)
    try:
        lab = Lab(directory)
    except (FileNotFoundError, ProcessLookupError):
        sys.exit(f"no lab named {arguments.name} is up")
    verbs: dict[str, Callable[[], int]] = {
        "down": lambda: _down(lab),
        "status": lambda: _status(lab),
        "messages": lambda: _messages(lab),
        "exec": lambda: subprocess.call([*lab.host(arguments.host).enter, *arguments.command], env=HOST_ENVIRONMENT),
        "run": lambda: subprocess.call([*lab.enter, *arguments.command]),
    }
    return verbs[arguments.verb]()


if __name__ == "__main__":
    sys.exit(main())
