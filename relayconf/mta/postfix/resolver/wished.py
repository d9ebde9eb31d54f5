"""The model of a host as the inventory alone says it: what is rendered, and which domains are local by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from relayconf.files import DesiredFile
from relayconf.model import Host, Local
from relayconf.mta.postfix import master_cf
from relayconf.mta.postfix.names import MAIN_CF, MAPS, SERVICES
from relayconf.mta.postfix.resolver.classes import Locality
from relayconf.mta.postfix.resolver.model import Model
from relayconf.mta.postfix.resolver.settings import settings

_FOLDER = "/rendered"
# What a Postfix of every age comes with (master.cf), as far as the inventory routes to it.
_MASTER = b"""\
smtp unix - - - - - smtp
relay unix - - - - - smtp
local unix - - - - - local
error unix - - - - - error
retry unix - - - - - error
discard unix - - - - - discard
"""


class _Rendered:
    """Files that are in memory alone; their tables count as compiled."""

    def __init__(self, contents: Mapping[str, bytes]) -> None:
        self._contents = contents

    def read(self, path: str) -> bytes | None:
        return self._contents.get(path)

    def changed(self, path: str) -> float | None:  # noqa: ARG002  all at once
        return 0.0


def _local_by(host: Host) -> Locality:
    def locality(domain: str) -> str | None:
        key, target = host.intended(domain.lower())
        if isinstance(target, Local):
            return f"`{key}` in the inventory: local"
        return "the host's own name" if domain.lower() in {host.name, "localhost"} else None

    return locality


def model(host: Host, rendered: Sequence[DesiredFile]) -> Model:
    """The model of *host* with its *rendered* files. What main.cf has besides, such as other classes, is not known."""
    contents = {file.path: file.content or b"" for file in rendered}
    tables = {f"{_FOLDER}/{path.partition(':')[2]}": content for path, content in contents.items()}
    main = f"compatibility_level = 3.6\nmyhostname = {host.name}\n{MAPS} = {_FOLDER}\n".encode() + contents[MAIN_CF]
    master = master_cf.with_services(_MASTER, SERVICES)
    found = settings(main, master, _Rendered(tables), directory=_FOLDER, machine=host.name)
    return Model(found, _local_by(host))
