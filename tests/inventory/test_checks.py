from __future__ import annotations

from pathlib import Path

import pytest

from tests.inventory.writing import loaded, refused

HEAD = "version: 1\nmta: qmail\nrelays: {isp: {host: mail.example.net}}\n"


def test_a_mistake_in_a_group_is_told_once(tmp_path: Path) -> None:
    """A hundred hosts that inherit one mistake have one problem."""
    text = HEAD + 'relay: {host: localhost}\nhosts: {"node[1-100]": {}}\n'

    assert refused(tmp_path, text) == ["inventory.yaml:4:8: relay: `node1` would relay to itself"]


@pytest.mark.parametrize(
    "host",
    [
        "{host: mx1}",
        "{host: 192.0.2.1, port: 587}",
        "{host: 203.0.113.7}",
        "{host: '::1'}",
        "{host: 127.9.9.9}",
        "[isp, {host: mx1}]",
    ],
)
def test_relay_that_is_the_host(tmp_path: Path, host: str) -> None:
    """The host's name, address, public address and loopback on port 25 are the host itself."""
    text = HEAD + f"hosts: {{mx1: {{address: 192.0.2.1, egress: [203.0.113.7], relay: {host}}}}}\n"

    assert [line.partition(": ")[2] for line in refused(tmp_path, text)] == [
        "hosts.mx1.relay: `mx1` would relay to itself"
    ]


@pytest.mark.parametrize("relay", ["isp", "direct", "{host: 127.0.0.1, port: 10025}", "{host: localhost, port: 26}"])
def test_relay_that_is_another(tmp_path: Path, relay: str) -> None:
    """Another machine is fine, and so is a program on another port of this one."""
    assert loaded(tmp_path, HEAD + f"hosts: {{mx1: {{relay: {relay}}}}}\n").hosts["mx1"].default


def test_overridden_mistakes_do_not_count(tmp_path: Path) -> None:
    """An inherited target that would be the host itself is fine where the host says otherwise."""
    hosts = loaded(
        tmp_path,
        HEAD
        + """\
relay: {via: mx1}
domains: {a.example: {host: mx1}}
domains_from: [{file: d.txt, host: mx1}]
routes: {c.example: {via: mx1}}
hosts:
  mx1: {relay: isp, domains: {a.example: local, b.example: local}, routes: {c.example: null}}
  mx2: {}
""",
        {"d.txt": "b.example\n"},
    ).hosts

    assert list(hosts["mx1"].routes) == []
    assert list(hosts["mx2"].routes) == ["c.example"]


def test_at_is_local_there(tmp_path: Path) -> None:
    """A domain that is at a host is no circle, and the hosts send to each other what the other one has."""
    text = HEAD + "relay: isp\nhosts: {mx1: {}, mx2: {}}\ndomains: {a.example: {at: mx1}, b.example: {at: mx2}}\n"

    assert len(loaded(tmp_path, text).hosts) == 2


def test_circles(tmp_path: Path) -> None:
    """Circles through defaults, routes and domains are found, each once; a way that ends is none."""
    text = (
        HEAD
        + """\
relay: isp
hosts:
  mx0: {routes: {a.example: {via: mx1}}}
  mx1: {routes: {a.example: {via: mx2}, b@c.example: {via: mx2}}}
  mx2: {relay: {via: mx1}}
  mx3: {relay: [{via: mx4}, {via: mx5}]}
  mx4: {relay: {via: mx5}}
  mx5: {}
"""
    )

    assert refused(tmp_path, text) == [
        "inventory.yaml:7:29: hosts.mx1.routes[a.example]: mail would go round in a circle: mx1 → mx2 → mx1",
        "inventory.yaml:7:54: hosts.mx1.routes[b@c.example]: mail would go round in a circle: mx1 → mx2 → mx1",
    ]


def test_an_address_of_a_domain_of_ours_may_be_routed(tmp_path: Path) -> None:
    """Only the domain itself cannot be both."""
    text = HEAD + "relay: isp\nhosts: {mx1: {}}\ndomains: {a.example: local}\nroutes: {x@a.example: direct}\n"

    assert list(loaded(tmp_path, text).hosts["mx1"].routes) == ["x@a.example"]


def test_a_target_of_all_hosts_that_is_one_of_them(tmp_path: Path) -> None:
    """Of the hosts that inherit a server as target, the one that is that server is named."""
    text = HEAD + "relay: isp\nhosts: {mx1: {}, mx2: {}}\nroutes: {a.example: {host: mx2}}\n"

    assert refused(tmp_path, text) == ["inventory.yaml:6:21: routes[a.example]: `mx2` would send this to itself"]


def test_a_sender_s_relay_that_is_overridden_does_not_count(tmp_path: Path) -> None:
    """Only where the relay of a sender is the host itself, and is used."""
    text = """\
version: 1
relays: {own: {host: mx1.example}}
mta: postfix
relay: direct
senders: {"@a.example": {relay: own}, "@b.example": direct}
hosts: {mx1: {address: mx1.example, senders: {"@a.example": null}}, mx2: {}}
"""
    assert list(loaded(tmp_path, text).hosts) == ["mx1", "mx2"]
    assert refused(tmp_path, text.replace('senders: {"@a.example": null}', "")) == [
        "inventory.yaml:5:25: senders[@a.example]: `mx1` would relay to itself"
    ]
