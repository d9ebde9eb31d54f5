"""The story's DNS: BIND with the zones, one of which takes updates, and rbldnsd with the list that it delegates."""

from __future__ import annotations

import base64

from tests.e2e.story import addresses
from tests.lab import Lab
from tests.lab.spec import DNS_ADDRESS

_SECRET = base64.b64encode(b"a key of thirty-two bytes ......").decode()
KEY = f'key "relayconf" {{ algorithm hmac-sha256; secret "{_SECRET}"; }};\n'
"""The one that may update TXT records of kamata-net.com, as BIND writes it."""
_HEAD = "$TTL 60\n@ SOA ns.names. hostmaster.names. 1 3600 600 86400 60\n@ NS ns.names.\n"
_ROOT = """\
ns.names. A {names}
lab.test. NS ns.lab.test.
ns.lab.test. A {lab}
zen.spamhaus.org. NS ns.zen.spamhaus.org.
ns.zen.spamhaus.org. A {list}
"""
_ZONES = {
    "kamata-net.com": f'@ MX 10 mail\n@ TXT "v=spf1 mx -all"\nmail A {addresses.MAIL}\nedge A {addresses.EDGE}\n',
    "asahi-net.or.jp": (
        '@ TXT "v=spf1 include:spf-01.asahi-net.or.jp ?all"\n'
        "@ MX 10 mail\n"
        f'spf-01 TXT "v=spf1 +ip4:202.224.39.192/27 +ip4:{addresses.RELAY_OUT}"\n'
        f"mail A {addresses.RELAY}\nout A {addresses.RELAY_OUT}\n"
    ),
    "icloud.com": (
        f"@ MX 10 mx01.mail\n@ MX 20 mx02.mail\nmx01.mail A {addresses.ICLOUD}\nmx02.mail A {addresses.ICLOUD_2}\n"
    ),
    "184.45.218.in-addr.arpa": "224 PTR mail.kamata-net.com.\n225 PTR edge.kamata-net.com.\n",
    "39.224.202.in-addr.arpa": "55 PTR mail.asahi-net.or.jp.\n40 PTR out.asahi-net.or.jp.\n",
    "154.57.17.in-addr.arpa": "33 PTR mx01.mail.icloud.com.\n34 PTR mx02.mail.icloud.com.\n",
}
_CONF = """\
options {
    directory "/etc/bind/story";
    listen-on { any; };
    listen-on-v6 { none; };
    pid-file none;
    session-keyfile none;
    dnssec-validation no;
    qname-minimization off;
    notify no;
    allow-query { any; };
    allow-recursion { any; };
};
controls { };
"""
_LIST = """\
:127.0.0.11:https://www.spamhaus.org/query/ip/$
218.45.184.0/24
127.0.0.2 :127.0.0.2:test point
"""
_RBLDNSD = "rbldnsd -n -q -r /etc/rbldnsd -b {list}/53 -w / zen.spamhaus.org:ip4set:zen"


def _zone(name: str) -> str:
    policy = "update-policy { grant relayconf name kamata-net.com. TXT; };" if name == "kamata-net.com" else ""
    return f'zone "{name}" {{ type primary; file "{name.replace(".", "_")}"; {policy} }};\n'


def start(lab: Lab) -> None:
    """Bring both up on the host `names`, and make BIND everybody's resolver. Raises CommandError."""
    host = lab.host("names")
    zones = _ZONES | {".": _ROOT.format(names=host.address, lab=DNS_ADDRESS, list=addresses.LIST)}
    for name, records in zones.items():
        host.write(f"/etc/bind/story/{name.replace('.', '_')}", (_HEAD + records).encode())
    conf = _CONF.replace("{ any; };\n    listen-on-v6", f"{{ 127.0.0.1; {host.address}; }};\n    listen-on-v6")
    host.write("/etc/bind/story/named.conf", (conf + KEY + "".join(map(_zone, zones))).encode())
    host.write("/etc/rbldnsd/zen", _LIST.encode())
    host.run(["sh", "-c", "chmod 777 /etc/bind/story; named -n 1 -c /etc/bind/story/named.conf"])
    host.run(["sh", "-c", f"{_RBLDNSD.format(list=addresses.LIST)} >/dev/null 2>&1 </dev/null &"])
    resolver = f"nameserver {host.address}\noptions timeout:2 attempts:2\n".encode()
    for name in addresses.PUBLIC:
        lab.host(name).write("/etc/resolv.conf", resolver)
    (lab.directory / "resolv.conf").write_bytes(resolver)
