"""The fixed helper: one host's scripts in a file that root installs, so that a sudo rule can name that file alone.

It runs no script but its own, knows one state directory and one configuration, and judges what a deploy asks for
(`guard.sh`, and the MTA's part of it) before anything is touched.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping

from relayconf import __version__
from relayconf.deploy import undo_script
from relayconf.model import Host
from relayconf.mta.base import Mta
from relayconf.observe import request_text
from relayconf.remote.framing import HELPER, MARK, digest_of
from relayconf.shell import DEPLOY, GUARD, OBSERVE, UNDO, VERIFY, assemble
from relayconf.shell import HELPER as ENTRANCE
from relayconf.text import printable

_TASKS = {"observe": OBSERVE, "deploy": DEPLOY, "undo": UNDO, "verify": VERIFY}
_USER = re.compile(r"[a-z_][a-z0-9_-]{0,31}")


def sudo_rule(host: Host) -> str:
    """The line for sudoers that lets the login user of *host* run the helper, and nothing else."""
    user = host.ssh.user or ""
    return f"{user if _USER.fullmatch(user) and user != 'root' else 'relayconf'} ALL=(root) NOPASSWD: {HELPER}"


def _guarded(mta: Mta) -> Mapping[str, str]:
    """The scripts that the helper runs, by their tasks: those that would be sent, and the guard."""
    scripts = {task: assemble(mta.SHELL, *parts, GUARD, *mta.GUARD) for task, parts in _TASKS.items()}
    return {task: script.removesuffix(' "$@"\n') + "\n" for task, script in scripts.items()}


def _head(host: Host) -> str:
    return f"""\
#!/bin/sh
# relayconf's helper for the host {printable(host.name)}, made by relayconf {__version__}. It goes to {HELPER},
# owner root, group root, mode 0755, and is replaced by hand whenever relayconf says that it is of another version.
# `visudo -f /etc/sudoers.d/relayconf` lets one user run it as root, and nothing else:
#     {sudo_rule(host)}
# In the inventory: `ssh: {{become: helper}}`. What that user can do with it stands in docs/privileges.md.
"""


def helper(host: Host, mta: Mta) -> str:
    """The helper of *host*, a shell script. Raises HostError for parameters that no line can hold."""
    *pinned, _ = request_text(host, mta, ()).decode().splitlines()
    baked = {
        "mark": MARK.decode().removesuffix("\n"),
        "pinned": "\n".join(pinned),
        "own_undo": undo_script(host, mta).decode().removesuffix("\n"),
        **{f"{task}_digest": digest_of(assemble(mta.SHELL, *parts)) for task, parts in _TASKS.items()},
    }
    lines = [
        "relayconf_helper() {",
        ENTRANCE.read_text("utf-8").rstrip(),
        "clean",
        *(f"{name}={shlex.quote(text)}" for name, text in baked.items()),
        *(f"run_{task}() {{\n{script}}}" for task, script in _guarded(mta).items()),
        'enter "$@"',
        "}",
        'relayconf_helper "$@"',
    ]
    return _head(host) + "\n".join(lines) + "\n"
