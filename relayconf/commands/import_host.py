"""`relayconf import`: what is on a server, as an inventory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from relayconf.commands.control import read_control
from relayconf.commands.wiring import connect_once
from relayconf.connection import Ssh
from relayconf.console import Console
from relayconf.errors import UsageError
from relayconf.exits import ExitCode
from relayconf.importing import files, naming
from relayconf.importing.building import Draft, build
from relayconf.importing.directories import config_facts, contents, control_facts
from relayconf.importing.looking import look
from relayconf.inventory import find_host, load
from relayconf.inventory.names import host_name
from relayconf.inventory.problems import Fault
from relayconf.inventory.writing import write
from relayconf.model import Direct, FlavourName, Host, MtaName, Origin, SecretRef
from relayconf.mta.base import Found
from relayconf.mta.qmail.flavours import CLASSIC
from relayconf.mtas import IMPORTERS
from relayconf.text import printable

HERE = "localhost"
"""What this machine is called until its files have said their own name."""


@dataclass(frozen=True, kw_only=True)
class ImportOptions:
    """What is imported, and where to.

    `target` is a host of `inventory`, or `[user@]host` where there is none; without it this machine, or a directory on
    it: `control` of a qmail of `flavour`, `config` of a Postfix. `mta` tells which where there are two. `secrets` is
    the folder for passwords, which are written nowhere without it.
    """

    target: str | None = None
    inventory: Path | None = None
    control: Path | None = None
    config: Path | None = None
    flavour: str | None = None
    mta: MtaName | None = None
    accept_new: bool = False
    out: Path | None = None
    secrets: Path | None = None
    overwrite: bool = False


def _host(name: str, *, user: str | None = None, local: bool = False) -> Host:
    """A host of which nothing is known yet but the way to it."""
    return Host(
        name=name,
        address=name,
        mta=MtaName.QMAIL,
        origin=Origin(file="command line", line=1, column=1),
        connection="local" if local else "ssh",
        ssh=Ssh(user=user),
        default=(Direct(),),
    )


def _canonical(name: str) -> str | None:
    try:
        return host_name(name)
    except Fault:
        return None


def _target(options: ImportOptions) -> tuple[Host, MtaName | None]:
    """The host that is meant, and its MTA where that is known."""
    if options.target is None:
        return _host(HERE, local=True), options.mta
    if options.inventory is not None:
        host = find_host(load(options.inventory), options.target)
        return host, options.mta or host.mta
    user, at, name = options.target.rpartition("@")
    canonical = _canonical(name)
    if canonical is None or (at and (not user or user.startswith("-") or not user.isprintable() or " " in user)):
        raise UsageError(f"`{printable(options.target)}` is no host", hint="write HOST or USER@HOST")
    return _host(canonical, user=user or None), options.mta


def _from_host(console: Console, options: ImportOptions) -> tuple[Host, Found]:
    host, named = _target(options)
    with closing(connect_once(host, accept_new=options.accept_new, console=console)) as session:
        mta, found = look(session, host, named)
    return replace(host, mta=mta), found


def _from_control(control: Path, flavour: str | None) -> tuple[Host, Found]:
    directory = read_control(control, flavour)
    folder, name = control.resolve(), cast("FlavourName", directory.flavour.name)
    # What is taken for granted need not be said.
    host = replace(_host(HERE, local=True), flavour=None if name == CLASSIC.name and flavour is None else name)
    if folder.name == directory.flavour.directory:
        host = replace(host, qmail_home=str(folder.parent))
    facts = control_facts(directory.files, folder)
    return host, IMPORTERS[MtaName.QMAIL].found(host, facts, {})


def _from_config(config: Path) -> tuple[Host, Found]:
    folder = config.resolve()
    host = replace(_host(HERE, local=True), mta=MtaName.POSTFIX, config_directory=str(folder))
    importer, facts = IMPORTERS[MtaName.POSTFIX], config_facts(folder)
    return host, importer.found(host, facts, contents(importer.sources(facts), folder))


def _found(console: Console, options: ImportOptions) -> tuple[Host, Found]:
    given = [name for name in ("target", "control", "config") if getattr(options, name) is not None]
    if len(given) > 1:
        raise UsageError("what is imported? give one of HOST, --control DIR and --config DIR")
    if options.inventory is not None and options.target is None:
        raise UsageError("which host of the inventory? give HOST")
    if options.flavour is not None and options.control is None:
        raise UsageError("--flavour says whose control directory it is", hint="give --control DIR")
    if options.control is not None:
        return _from_control(options.control, options.flavour)
    if options.config is not None:
        return _from_config(options.config)
    return _from_host(console, options)


def _named(host: Host, found: Found) -> Host:
    """The host by what it calls itself, where nobody called it otherwise."""
    name = _canonical(found.name) if host.name == HERE else None
    return host if name is None else replace(host, name=name, address=name)


def _reference(folder: Path | None) -> Callable[[str], SecretRef]:
    def reference(relay: str) -> SecretRef:
        if folder is None:
            return SecretRef(kind="env", value=naming.variable(relay))
        return SecretRef(kind="file", value=str(folder.resolve() / relay))

    return reference


def _to_set(draft: Draft) -> Iterator[str]:
    """What is to be done before the inventory can be used."""
    for relay in draft.relays.values():
        credentials = relay.credentials
        if credentials is not None and credentials.password.kind == "env":
            where = f"{credentials.username} at {relay.host}:{relay.endpoints[0].port}"
            yield f"export {credentials.password.value}=…  # the password of {where}; or import with --secrets-dir"


def _text(draft: Draft) -> str:
    notes: Mapping[str, Sequence[str]] = {
        "On the host and not in this inventory:": draft.unsaid,
        "Passwords that have to be set:": tuple(_to_set(draft)),
        "Without effect there:": draft.remarks,
    }
    head = (f"Imported from {draft.host.name} ({draft.host.mta}).",)
    return write(draft.relays, [draft.host], head=head, notes=notes)


def import_host(console: Console, options: ImportOptions) -> ExitCode:
    """Write what is on a server as an inventory, to `out` or to standard output.

    What the inventory cannot say is a comment in it, and told. Raises UsageError, RelayconfError for files in the way,
    and what the session and `observe` raise.
    """
    if options.out is not None:
        files.check_free(options.out, overwrite=options.overwrite)
    host, found = _found(console, options)
    draft = build(found, _named(host, found), _reference(options.secrets))
    if options.secrets is not None and draft.passwords:
        passwords = {Path(ref.value).name: password for ref, password in draft.passwords.items()}
        files.write_secrets(options.secrets, passwords, overwrite=options.overwrite)
    text = _text(draft)
    if options.out is None:
        console.data(text)
    else:
        files.write(options.out, text, mode=0o644, overwrite=options.overwrite)
    for line in draft.unsaid:
        console.talk(f"not in the inventory: {line}")
    for line in _to_set(draft):
        console.talk(printable(line))
    return ExitCode.OK
