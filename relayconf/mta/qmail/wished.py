"""A host as the inventory alone says it: the rendered files of its flavour, and which domains are local by it."""

from __future__ import annotations

from collections.abc import Sequence

from relayconf.files import DesiredFile
from relayconf.model import Host, Local
from relayconf.mta.qmail.decision import Decision, Directory, decide, read_directory
from relayconf.mta.qmail.flavours import CLASSIC, FLAVOURS, Flavour
from relayconf.mta.qmail.paths import name_of, split_variant
from relayconf.mta.qmail.refusals import able


def flavour_for(host: Host) -> Flavour:
    """The flavour that the inventory names; else classic, or the first that can do what is wished."""
    if host.flavour is not None:
        return FLAVOURS[host.flavour]
    others = able(host)
    return CLASSIC if CLASSIC in others or not others else others[0]


def directory(host: Host, rendered: Sequence[DesiredFile]) -> Directory:
    """The control directory of *host* with its *rendered* files; there is nothing else in it but its name."""
    flavour = flavour_for(host)
    files = {
        name_of(file.path): file.content for file in rendered if split_variant(file.path)[0] in {None, flavour.name}
    }
    environment = frozenset(filter(None, (flavour.needs_variable,)))
    return read_directory(flavour, {"me": host.name.encode() + b"\n", **files}, environment)


def wished(host: Host, control: Directory, sender: bytes, recipient: bytes) -> Decision:
    """What becomes of mail from *sender*, empty for a bounce, to *recipient* on *host* with the directory *control*."""
    domain = recipient.rpartition(b"@")[2].decode("utf-8", "surrogateescape").lower()
    key, target = host.intended(domain)
    if isinstance(target, Local):
        return Decision(via="local", address=recipient, why=f"`{key}` in the inventory: local")
    return decide(control, sender, recipient)
