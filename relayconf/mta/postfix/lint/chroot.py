"""Files that services in the chroot look for there (master(5))."""

from __future__ import annotations

from collections.abc import Iterator

from relayconf.mta.postfix.lint.codes import Fault, fault
from relayconf.mta.postfix.lint.configuration import Configuration
from relayconf.mta.postfix.words import listing
from relayconf.text import printable

_RESOLVER = "/etc/resolv.conf"


def resolver(config: Configuration) -> Iterator[Fault]:
    """The copy of resolv.conf that services in the chroot ask."""
    caged = [service for service in config.clients() if service.chroot]
    path = f"{config.value('queue_directory')}{_RESOLVER}"
    inside, outside = config.seen(path), config.seen(_RESOLVER)
    if not caged or inside is None or outside is None or not outside.present:
        return
    names = listing(printable(service.name) for service in caged)
    ways = ("restart Postfix where its start copies the file", f"cp {_RESOLVER} {printable(path)}")
    place = config.place("queue_directory")
    if not inside.present:
        text = f"{printable(path)} is missing: {names} in the chroot resolve no name, and mail waits"
        yield fault("chroot-resolver", place, text, *ways)
    elif inside.content != outside.content:
        text = f"{printable(path)} is not what {_RESOLVER} is: {names} in the chroot ask other name servers"
        yield fault("chroot-resolver-old", place, text, *ways)
