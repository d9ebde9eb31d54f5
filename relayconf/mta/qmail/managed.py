"""The control files that are relayconf's where the inventory says so: what stands in them, and the proof of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from relayconf.errors import RenderMismatch
from relayconf.facts import Finding
from relayconf.files import DesiredFile
from relayconf.model import Host, Local
from relayconf.mta.qmail.abilities import error
from relayconf.mta.qmail.control import pairs
from relayconf.mta.qmail.paths import HELOHOST, LOCALS, ME, RCPTHOSTS, VIRTUALDOMAINS, name_of
from relayconf.mta.qmail.reading import names_of
from relayconf.mta.qmail.words import listing
from relayconf.templating import Templates


def local_names(host: Host) -> tuple[str, ...]:
    """What belongs into `locals`: the domains that are local on *host*, but for those of the managed virtualdomains.

    Keys `.suffix` are not among them: qmail-send knows no wildcards there.
    """
    virtual = host.manage.virtualdomains or {}
    return tuple(
        key
        for key, target in host.domains.items()
        if isinstance(host.target(target), Local) and not key.startswith(".") and not virtual.get(key)
    )


def _prove(host: Host, path: str, wanted: Mapping[bytes, object], got: Mapping[bytes, object]) -> None:
    if wanted != got:
        name = name_of(path)
        raise RenderMismatch(
            f"{host.name}: the rendered {name} has not what the inventory says",
            hint=f"the template `qmail/{name}.j2` must write every name and nothing else",
        )


def _names(host: Host, templates: Templates, path: str, names: tuple[str, ...]) -> DesiredFile:
    content = templates.render(f"qmail/{name_of(path)}.j2", domains=names, host=host.name).encode()
    _prove(host, path, dict.fromkeys(name.encode() for name in names), names_of(content))
    return DesiredFile(path=path, content=content)


def managed(host: Host, templates: Templates) -> Iterator[DesiredFile]:
    """The files of `manage` as the inventory alone says them.

    Raises TemplateError, and RenderMismatch when qmail would read something else from what a template makes.
    """
    manage = host.manage
    if manage.virtualdomains is not None:
        rows = tuple(manage.virtualdomains.items())
        content = templates.render("qmail/virtualdomains.j2", pairs=rows, host=host.name).encode()
        _prove(host, VIRTUALDOMAINS, {key.encode(): prefix.encode() for key, prefix in rows}, pairs(content))
        yield DesiredFile(path=VIRTUALDOMAINS, content=content)
    if manage.locals:
        yield _names(host, templates, LOCALS, local_names(host))
    if manage.rcpthosts:
        yield _names(host, templates, RCPTHOSTS, tuple(host.domains))
    for path, name in ((HELOHOST, manage.helohost), (ME, manage.me)):
        if name is not None:
            yield DesiredFile(path=path, content=f"{name}\n".encode())


def empty_locals() -> Finding:
    """That a `locals` without a name is refused (an absent one would be the name in `me`, qmail-send(8))."""
    text = "`manage.locals`: no domain is left for locals, and an empty one makes mail for the host itself leave too"
    return error("qmail-manage-empty", text, "the host's own name as `local` in `domains`", "`manage: {locals: false}`")


def _virtual(host: Host) -> Iterator[Finding]:
    """Lines of virtualdomains that contradict `domains`."""
    wrong: dict[bool, list[str]] = {True: [], False: []}
    for key, prefix in (host.manage.virtualdomains or {}).items():
        is_local = isinstance(host.intended(key)[1], Local)
        if "@" not in key and is_local is not bool(prefix):
            wrong[is_local].append(key)
    if wrong[False]:
        text = f"`manage.virtualdomains` delivers here what is not local in `domains`: {listing(wrong[False])}"
        yield error("qmail-manage-virtual", text, "`local` for it in `domains`", "null for it in `virtualdomains`")
    if wrong[True]:
        text = f"`manage.virtualdomains` takes out what is local in `domains`: {listing(wrong[True])}"
        yield error("qmail-manage-virtual", text, "a user as its prefix", "another target in `domains`")


def refused(host: Host) -> Iterator[Finding]:
    """What `manage` says that no host may get."""
    if host.manage.rcpthosts and not host.domains:
        text = "`manage.rcpthosts`: `domains` is empty, and qmail-smtpd takes mail for nobody by an empty rcpthosts"
        yield error("qmail-manage-empty", text, "`domains` that are received here", "`manage: {rcpthosts: false}`")
    if host.manage.locals and not local_names(host):
        yield empty_locals()
    yield from _virtual(host)
