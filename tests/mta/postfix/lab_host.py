"""A Postfix host of the lab, driven by `observe` and `deploy` with hand-made changes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Final, TypeAlias, cast

from relayconf.connection import Become
from relayconf.deploy import Deployed, Terms, deploy
from relayconf.facts import Facts
from relayconf.files import ActualFile, Change, DesiredFile, WatchedFile
from relayconf.model import Host, MtaName
from relayconf.mta import postfix
from relayconf.mta.base import Mta, Question
from relayconf.observe import observe, request_text
from relayconf.shell import UNDO, assemble
from tests.lab import HostSpec, Lab, LabSpec, Machine, RelaySpec
from tests.mta.postfix.host_session import SHIMS, HostSession
from tests.shell.sandbox import TRANSACTION, as_left
from tests.support.hosts import qmail_host

MAIN: Final = "postfix:main.cf"
MASTER: Final = "postfix:master.cf"
PARAMETERS: Final = "relayconf:postfix-parameters"
CONFIG: Final = "/etc/postfix"
STATE: Final = "/var/lib/relayconf"
SOURCES: Final = ("transport", "sasl_passwd", "tls_policy", "generic", "status_filter")
SHELL: Final = Path(postfix.__file__).with_name("postfix.sh")

RELAY = RelaySpec(name="a.relays.test", users={"ua": ("geheim-1",)})
TO_RELAY = "[a.relays.test]:587"
SPEC = LabSpec(hosts=(HostSpec(name="mail1", mta="postfix"), HostSpec(name="bare")), relays=(RELAY,))
TABLES = {
    "transport": "corp.test smtp:[a.relays.test]:25\n",
    "sasl_passwd": f"{TO_RELAY} ua:geheim-1\n",
    "status_filter": "/^5(.*)/ 4$1\n",
}

Snapshot: TypeAlias = Mapping[str, str]
"""Kind, mode, owner and content (hashed) of everything under the configuration and the state directory."""

_LOOK = (
    "cd {folder} 2>/dev/null || exit 0; find . -path ./txn -prune -o -path ./incoming -prune -o -print | sort |"
    ' while read -r path; do stat -c "%n %F %a %u:%g" "$path"; [ ! -f "$path" ] || sha256sum <"$path"; done'
)


def _fragment(parameters: Mapping[str, str]) -> Mta:
    """What `observe` and `deploy` use of an MTA: the shell fragment with its parameters, and the watched files."""
    watched = [WatchedFile(path=path, managed=True, secret=False) for path in (MAIN, MASTER, PARAMETERS)]
    watched += [WatchedFile(path=f"postfix:live/{name}", managed=False, secret=True) for name in SOURCES]
    fragment = SimpleNamespace(SHELL=SHELL, parameters=lambda _host: parameters, watched=lambda _host: watched)
    return cast(Mta, fragment)


def generation(number: int, **sources: str) -> list[DesiredFile]:
    """The files of a generation, as phase 0."""
    return [
        DesiredFile(
            path=f"postfix:{number}/{name}",
            content=text.encode(),
            mode=0o600 if name == "sasl_passwd" else 0o644,
            target=f"{CONFIG}/relayconf/{number}/{name}",
        )
        for name, text in sources.items()
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class PostfixHost:
    """One host of *lab*, whose scripts are run by *shell* in its namespaces."""

    lab: Lab
    machine: Machine
    shell: str = "dash"
    parameters: Mapping[str, str] = field(default_factory=dict)
    user: str = "root"
    become: Become | None = None

    @property
    def session(self) -> HostSession:
        """A session of root's on the host, or of *user*."""
        return HostSession(machine=self.machine, shell=self.shell, user=self.user, become=self.become)

    @property
    def host(self) -> Host:
        """The host without an inventory."""
        return replace(qmail_host(self.machine.name), mta=MtaName.POSTFIX)

    def observe(self, asked: Sequence[tuple[str, str]] = ()) -> Facts:
        """What `observe` finds, and what Postfix's router answers when *asked*."""
        return observe(self.session, self.host, _fragment(self.parameters), asked=asked)

    def changes(self, *wanted: DesiredFile) -> list[Change]:
        """The changes to *wanted*, phase after phase, from what is there now."""
        now = dict(self.observe().files)
        changes = []
        for after in wanted:
            if after.target is not None:
                now[after.path] = ActualFile(path=after.path, target=after.target, present=False)
            before = now[after.path]
            changes.append(Change(before=before, after=after))
            now[after.path] = as_left(before, after)
        return changes

    def deploy(
        self,
        changes: Sequence[Change],
        transaction: str = TRANSACTION,
        *,
        confirm: int | None = None,
        asked: Sequence[Question] = (),
        allowed: Collection[str] = (),
    ) -> Deployed:
        """Deploy *changes*."""
        terms = Terms(confirm=confirm, asked=asked, allowed=allowed)
        return deploy(self.session, self.host, _fragment(self.parameters), changes, transaction, terms=terms)

    def undo(self, action: str, *lines: str) -> list[str]:
        """The report of an action on the transactions that are there."""
        fragment = _fragment(self.parameters)
        stdin = request_text(self.host, fragment, [f"action {action}", *lines])
        return self.session.run(assemble(SHELL, *UNDO), stdin=stdin).stdout.decode().splitlines()

    def main_cf(self, **settings: str) -> bytes:
        """The live main.cf without earlier lines for *settings*, and with them at its end."""
        lines = self.machine.read(f"{CONFIG}/main.cf").decode().splitlines(keepends=True)
        kept = [line for line in lines if line.partition("=")[0].strip() not in settings]
        return "".join([*kept, *(f"{name} = {value}\n" for name, value in settings.items())]).encode()

    def snapshot(self) -> Snapshot:
        """Both directories, but for transactions and what comes in."""
        return {
            folder: self.machine.run(["sh", "-c", _LOOK.format(folder=folder)]).stdout.decode()
            for folder in (CONFIG, STATE)
        }

    def children(self) -> dict[str, str]:
        """Pid → name of master's children."""
        script = (
            "read -r m </var/spool/postfix/pid/master.pid; for p in $(cat /proc/$m/task/$m/children);"
            ' do read -r n </proc/$p/comm && echo "$p $n"; done'
        )
        lines = self.machine.run(["sh", "-c", script]).stdout.decode().splitlines()
        return dict(line.split(" ", 1) for line in lines)


def expand_and_switch(
    host: PostfixHost, number: int = 1, tables: dict[str, str] | None = None, **settings: str
) -> list[Change]:
    """The generation *number* with its tables, main.cf that names it, main.cf with the new relayhost and *settings*."""
    folder = "${relayconf_maps}"
    expanded = {
        "relayconf_maps": f"{CONFIG}/relayconf/{number}",
        "transport_maps": f"hash:{folder}/transport",
        "smtp_sasl_auth_enable": "yes",
        "smtp_sasl_password_maps": f"hash:{folder}/sasl_passwd",
        "smtp_sasl_tls_security_options": "noanonymous",
    }
    switched = {**expanded, "relayhost": TO_RELAY, **settings}
    return host.changes(
        *generation(number, **(tables or TABLES)),
        DesiredFile(path=MAIN, content=host.main_cf(**expanded), phase=1),
        DesiredFile(path=PARAMETERS, content=b"relayhost\t[a.relays.test]:587\n", mode=0o600, phase=2),
        DesiredFile(path=MAIN, content=host.main_cf(**switched), phase=2),
    )


def delivers(host: PostfixHost, recipient: str) -> None:
    """Postfix still delivers by MX."""
    mark = host.lab.mark()
    host.machine.inject("a@lab.test", [recipient])
    assert host.lab.message_to(recipient, since=mark).server == "mx.world.test"


def shim(host: PostfixHost, name: str, text: str) -> None:
    """A command of that name in front of the PATH."""
    host.machine.write(f"{SHIMS}/{name}", f"#!/bin/sh\n{text}\n".encode(), mode=0o755)
