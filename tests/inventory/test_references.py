from __future__ import annotations

from pathlib import Path

from relayconf.model import At, Direct, Discard, Internal, Local, Mx, Nexthop, Reject, Retry, Smarthost
from tests.inventory.writing import loaded

TEXT = """\
version: 1
mta: qmail
relays: {isp: {host: mail.example.net, endpoints: [{port: 465}, {port: 25}]}}
hosts:
  store: {address: 192.0.2.10, relay: direct}
  mx1: {relay: [isp, "isp:25", direct, {via: Store}, {host: "[2001:db8::1]"}]}
  mx2: {relay: isp}
domains:
  a.example: local
  b.example: mx
  c.example: {at: store}
  d.example: {host: 192.0.2.9, port: 2525}
domains_from:
  - a.txt
  - {file: b.txt}
  - {file: c.txt, at: store}
  - {file: d.txt, host: 192.0.2.9}
  - {file: e.txt, mx: true}
  - {file: f.txt, mx: false}
"""
ROUTES = """\
routes:
  g.example: direct
  h.example: {relay: isp}
  i.example: {relay: "isp:25"}
  j.example: {via: mx1}
  k.example: {host: 192.0.2.9}
  l.example: {reject: "5.1.1 no"}
  m.example: {retry: "4.3.0 no"}
  n.example: {discard: gone}
"""
STORE = At(host="store", nexthop=Nexthop(host="192.0.2.10"))
NINE = Internal(nexthop=Nexthop(host="192.0.2.9"))


def test_relay(tmp_path: Path) -> None:
    """Every way to write `relay`; the first endpoint is the default one, a host of ours is reached at its address."""
    beside = {f"{letter}.txt": f"{letter}-flat.example\n" for letter in "abcdef"}
    hosts = loaded(tmp_path, TEXT, beside).hosts
    first, second, *rest = hosts["mx1"].default

    assert isinstance(first, Smarthost)
    assert isinstance(second, Smarthost)
    assert [first.endpoint.port, second.endpoint.port] == [465, 25]
    assert rest == [Direct(), STORE, Internal(nexthop=Nexthop(host="2001:db8::1"))]


def test_domains(tmp_path: Path) -> None:
    """Every way to write a target of `domains` and of `domains_from`."""
    beside = {f"{letter}.txt": f"{letter}-flat.example\n" for letter in "abcdef"}

    assert loaded(tmp_path, TEXT, beside).hosts["mx2"].domains == {
        "a.example": Local(),
        "b.example": Mx(),
        "c.example": STORE,
        "d.example": Internal(nexthop=Nexthop(host="192.0.2.9", port=2525)),
        "a-flat.example": Local(),
        "b-flat.example": Local(),
        "c-flat.example": STORE,
        "d-flat.example": NINE,
        "e-flat.example": Mx(),
        "f-flat.example": Local(),
    }


def test_routes(tmp_path: Path) -> None:
    """Every way to write a target of `routes`."""
    text = TEXT.partition("domains:")[0].replace("  mx1: {", "  mx1: {routes: {j.example: null}, ") + ROUTES
    inventory = loaded(tmp_path, text)
    isp = inventory.relays["isp"]

    assert inventory.hosts["mx2"].routes == {
        "g.example": Direct(),
        "h.example": Smarthost(relay=isp, endpoint=isp.endpoints[0]),
        "i.example": Smarthost(relay=isp, endpoint=isp.endpoints[1]),
        "j.example": At(host="mx1", nexthop=Nexthop(host="mx1")),
        "k.example": NINE,
        "l.example": Reject(text="5.1.1 no"),
        "m.example": Retry(text="4.3.0 no"),
        "n.example": Discard(text="gone"),
    }
