"""Real mail hosts on one machine, for the tests: Linux namespaces, OpenSSH, Postfix, NSD, and doubles of providers.

    with Lab.up(LabSpec(hosts=(HostSpec(name="mail1", mta="postfix"),))) as lab:
        lab.host("mail1").inject("a@lab.test", ["b@world.test"])
        message = lab.message_to("b@world.test")

Every host has a network, mount, PID, UTS and IPC namespace of its own and an overlay of this machine's root on a
private tmpfs. Its network is joined to the others by the hub, which has no route out. Nothing is installed onto the
machine, and all of it ends with the process that asked for it.
"""

from tests.lab.lab import Lab, LabError
from tests.lab.machine import MESSAGE, CommandError, Machine, Queued, Recipient
from tests.lab.packages import PackagesError
from tests.lab.records import Message, Refusal
from tests.lab.requirements import why_not
from tests.lab.spec import SUDO_PASSWORD, HostSpec, LabSpec, RelaySpec, fqdn

__all__ = [
    "MESSAGE",
    "SUDO_PASSWORD",
    "CommandError",
    "HostSpec",
    "Lab",
    "LabError",
    "LabSpec",
    "Machine",
    "Message",
    "PackagesError",
    "Queued",
    "Recipient",
    "Refusal",
    "RelaySpec",
    "fqdn",
    "why_not",
]
