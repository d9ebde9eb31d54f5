"""The lab's DNS: zone files from the spec, and NSD's configuration."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.lab.spec import DNS_ADDRESS, DOMAIN, HUB_ADDRESS, LabSpec, fqdn

CONFIGURATION = "/etc/nsd/nsd.conf"
PID_FILE = "/run/nsd.pid"

_DIRECTORY = "/etc/nsd/lab"
_HEADER = f"""\
$TTL 60
@ SOA ns.{DOMAIN}. hostmaster.{DOMAIN}. 1 3600 600 86400 60
@ NS ns.{DOMAIN}.
"""
_REVERSE = "87.10.in-addr.arpa"
_SERVER = f"""\
server:
  ip-address: {DNS_ADDRESS}
  username: ""
  zonesdir: {_DIRECTORY}
  database: ""
  pidfile: {PID_FILE}
  logfile: /var/log/nsd.log
  xfrdfile: /run/nsd.xfrd
  zonelistfile: /run/nsd.zones
  server-count: 1
remote-control:
  control-enable: no
"""


def zone_texts(spec: LabSpec) -> Mapping[str, str]:
    """Every zone's records, the spec's own included; the root zone makes other names non-existent (NXDOMAIN)."""
    named = {fqdn(host.name): spec.address(host.name) for host in spec.hosts}
    named |= {relay.name: spec.address(relay.name) for relay in spec.servers}
    named |= {f"ns.{DOMAIN}": DNS_ADDRESS, f"hub.{DOMAIN}": HUB_ADDRESS}
    zones = {".": "", DOMAIN: "", "world.test": f"@ MX 10 {spec.receiver.name}.\n* MX 10 {spec.receiver.name}.\n"}
    zones[_REVERSE] = "".join(
        f"{'.'.join(reversed(address.split('.')[2:]))} PTR {name}.\n" for name, address in named.items()
    )
    for name, address in named.items():
        zone = next((zone for zone in (DOMAIN, "world.test") if name.endswith(f".{zone}")), name)
        zones[zone] = zones.get(zone, "") + f"{name}. A {address}\n"
    return zones | {name: zones.get(name, "") + records for name, records in spec.zones.items()}


def zone_files(zones: Mapping[str, str]) -> Mapping[str, str]:
    """Path → text of all that NSD reads, for these records of zones."""
    configuration = [_SERVER]
    files = {}
    for number, (name, records) in enumerate(zones.items()):
        configuration.append(f'zone:\n  name: "{name}"\n  zonefile: {number}.zone\n')
        files[f"{_DIRECTORY}/{number}.zone"] = f"$ORIGIN {name.rstrip('.')}.\n{_HEADER}{records}"
    return files | {CONFIGURATION: "".join(configuration)}


def write_zones(spec: LabSpec) -> None:
    """Write NSD's files, in the host where this runs."""
    for path, text in zone_files(zone_texts(spec)).items():
        Path(path).parent.mkdir(exist_ok=True)
        Path(path).write_text(text)
