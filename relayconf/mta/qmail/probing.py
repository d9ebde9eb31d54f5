"""Which tests of qmail-remote a host is asked for: those for which a relay's addresses stand in the inventory."""

from __future__ import annotations

from relayconf.model import Host
from relayconf.relay_tests import relay_tests


def probes(host: Host) -> str:
    """`DOMAIN SENDER RECIPIENT`, blank separated, for each relay that the host uses and that has addresses for it.

    qmail-remote takes the route for the domain, whoever the recipient is.
    """
    return " ".join(
        f"{test.domain} {test.probe.sender} {test.probe.recipient}" for test in relay_tests(host) if test.probe
    )
