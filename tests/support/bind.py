"""A real BIND on loopback with one zone that takes signed updates, in a folder of its own."""

from __future__ import annotations

import base64
import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from relayconf.dns import Server, ask
from relayconf.spf.lookup import UNKNOWN
from relayconf.tsigkey import TsigKey
from tests.support.ports import free_port

SECRET = base64.b64encode(b"a secret of thirty-two bytes ...").decode()
KEY = TsigKey(name="relayconf", algorithm="hmac-sha256", secret=base64.b64decode(SECRET))

_CONF = """
options {{
    directory "{folder}";
    listen-on port {port} {{ 127.0.0.1; }};
    listen-on-v6 {{ none; }};
    pid-file none;
    session-keyfile none;
    recursion no;
    dnssec-validation no;
    notify no;
}};
controls {{ }};
{key}
zone "kamata-net.com" {{
    type primary;
    file "zone";
    update-policy {{ grant relayconf subdomain kamata-net.com. TXT; grant other subdomain kamata-net.com. A; }};
}};
zone "fixed.example" {{ type primary; file "fixed"; }};
"""
_KEYS = """
key "relayconf" {{ algorithm hmac-sha256; secret "{secret}"; }};
key "other" {{ algorithm hmac-sha256; secret "{secret}"; }};
"""
_ZONE = """$TTL 3600
@ IN SOA ns hostmaster 1 3600 600 86400 300
@ IN NS ns
ns IN A 127.0.0.1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bind:
    """The server and its key file, closed to others."""

    server: Server
    key_file: Path


def _await(process: subprocess.Popen[bytes], server: Server, log: Path) -> None:
    for _ in range(100):
        if ask(server, "kamata-net.com", "SOA", timeout=1.0, recursive=False).outcome not in UNKNOWN:
            return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    pytest.fail(f"named does not answer:\n{log.read_text(encoding='utf-8')}")


@contextlib.contextmanager
def bind(folder: Path, *records: str) -> Iterator[Bind]:
    """Serve kamata-net.com with *records*, lines of a zone file, as long as the context lasts."""
    named = shutil.which("named", path=f"{os.environ['PATH']}:/usr/sbin")
    if named is None:
        pytest.skip("needs BIND's named (Debian: bind9)")
    server = Server(address="127.0.0.1", port=free_port())
    zone, key_file, log = folder / "zone", folder / "tsig.key", folder / "log"
    zone.write_text(_ZONE + "\n".join(records) + "\n", encoding="utf-8")
    (folder / "fixed").write_text(_ZONE, encoding="utf-8")
    keys = _KEYS.format(secret=SECRET)
    key_file.write_text(keys.strip().splitlines()[0], encoding="utf-8")
    key_file.chmod(0o600)
    conf = folder / "named.conf"
    conf.write_text(_CONF.format(folder=folder, port=server.port, key=keys), encoding="utf-8")
    with log.open("wb") as output:
        process = subprocess.Popen([named, "-g", "-n", "1", "-c", str(conf)], stdout=output, stderr=output)
    try:
        _await(process, server, log)
        yield Bind(server=server, key_file=key_file)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)
