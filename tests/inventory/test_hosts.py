from __future__ import annotations

from pathlib import Path

from relayconf.connection import Ssh
from relayconf.manage import Manage
from relayconf.model import Credentials, Direct, Host, MtaName, SecretRef, SenderRoute, Smarthost
from tests.inventory.writing import loaded, refused

TEXT = """\
version: 1
mta: qmail
flavour: classic
relay: direct
egress: [192.0.2.1, 2001:DB8::0]
ssh: {user: top, port: 22, become: sudo}
domains: {a.example: mx}
hosts:
  mx1: {}
  mx2:
    address: Mail2.example
    groups: [near, far]
    ssh: {port: null, identity_file: ~/.ssh/mx2}
    state_directory: /var/db/relayconf/
  mx3: {connection: local, ssh: null, egress: null, qmail_home: /var/qmail}
groups:
  near: {ssh: {user: near}, egress: [192.0.2.7]}
  far: {ssh: {user: far, proxy_jump: edge}, egress: [192.0.2.8], connection: local}
"""


def _hosts(folder: Path) -> dict[str, Host]:
    return dict(loaded(folder, TEXT).hosts)


def test_defaults(tmp_path: Path) -> None:
    """What nobody says has its default; the address is the name."""
    host = _hosts(tmp_path)["mx1"]

    assert (host.name, host.address, host.mta, host.connection) == ("mx1", "mx1", MtaName.QMAIL, "ssh")
    assert host.ssh == Ssh(user="top", port=22, become="sudo")
    assert (host.groups, host.qmail_home, host.state_directory) == ((), None, "/var/lib/relayconf")
    assert host.egress == ("192.0.2.1", "2001:db8::")
    assert str(host.origin) == f"{tmp_path}/inventory.yaml:9:3"


def test_host_over_groups_over_top(tmp_path: Path) -> None:
    """The host wins, then its first group, its second, the top; `ssh` key by key, lists as a whole, null deletes."""
    host = _hosts(tmp_path)["mx2"]

    assert host.ssh == Ssh(user="near", identity_file="~/.ssh/mx2", proxy_jump="edge", become="sudo")
    assert (host.egress, host.connection, host.groups) == (("192.0.2.7",), "local", ("near", "far"))
    assert (host.address, host.state_directory) == ("mail2.example", "/var/db/relayconf")


def test_null_brings_the_default_back(tmp_path: Path) -> None:
    """A whole map or list that is null is as if nobody had said it."""
    host = _hosts(tmp_path)["mx3"]

    assert (host.ssh, host.egress, host.connection, host.qmail_home) == (Ssh(), (), "local", "/var/qmail")


def test_equal_tables_are_shared(tmp_path: Path) -> None:
    """Hosts whose layers give the same table have the very same table."""
    hosts = _hosts(tmp_path)

    assert hosts["mx1"].domains is hosts["mx2"].domains is hosts["mx3"].domains
    assert hosts["mx1"].domains


def test_equal_merged_tables_are_shared(tmp_path: Path) -> None:
    """What the same layers come to is made once, however many hosts have them."""
    text = """\
        version: 1
        mta: qmail
        relay: direct
        domains: {a.example: local}
        groups: {nodes: {domains: {b.example: local}}}
        hosts: {"node[1-3]": {groups: [nodes]}, mx1: {groups: [nodes]}}
        """
    hosts = loaded(tmp_path, text).hosts

    assert list(hosts["mx1"].domains) == ["a.example", "b.example"]
    assert len({id(host.domains) for host in hosts.values()}) == 1


def test_one_mistake_is_one_problem(tmp_path: Path) -> None:
    """A group that is unknown or refused, or a relay that was refused, does not also make the host lack something."""
    text = """\
        version: 1
        hosts:
          mx1: {mta: qmail, groups: [nodse]}
          mx2: {groups: [broken]}
          mx3: {mta: qmail, relay: "no such"}
          "node[1-3]": {mta: qmail, relay: direct, groups: [nodse]}
        groups: {nodes: {}, broken: [x]}
        """

    assert refused(tmp_path, text) == [
        "inventory.yaml:3:30: hosts.mx1.groups[0]: no group is named `nodse`",
        "inventory.yaml:5:28: hosts.mx3.relay: not the name of a relay",
        "inventory.yaml:6:53: hosts[node[1-3]].groups[0]: no group is named `nodse`",
        "inventory.yaml:7:29: groups.broken: expected a map (`key: value`)",
    ]


def test_settings_are_merged_by_key(tmp_path: Path) -> None:
    """As written, the host's over the group's over the top's; null deletes."""
    hosts = loaded(
        tmp_path,
        """\
        version: 1
        mta: postfix
        relay: direct
        settings: {smtp_helo_name: top.example, queue_run_delay: 2m, smtp_tls_loglevel: 1}
        hosts:
          mx1: {groups: [g], settings: {queue_run_delay: null, smtp_tls_loglevel: 0}}
          mx2: {settings: null}
        groups:
          g: {settings: {smtp_helo_name: group.example}}
        """,
    ).hosts

    assert hosts["mx1"].settings == {"smtp_helo_name": "group.example", "smtp_tls_loglevel": "0"}
    assert hosts["mx2"].settings == {}


def test_rewrite_is_merged_by_key(tmp_path: Path) -> None:
    """The host's rewriting over the group's over the top's, null deletes; keys are folded, values keep their case."""
    hosts = loaded(
        tmp_path,
        """\
        version: 1
        mta: postfix
        relay: direct
        rewrite: {Root@VPS.internal: Top@example.org, "@old.internal": "@example.org", a@vps.internal: a@example.org}
        hosts:
          mx1: {groups: [g], rewrite: {a@vps.internal: null}, config_directory: /opt/postfix/}
          mx2: {rewrite: null}
          mx3: {}
        groups:
          g: {rewrite: {root@vps.internal: group@example.org}}
        """,
    ).hosts

    assert hosts["mx1"].rewrite == {"root@vps.internal": "group@example.org", "@old.internal": "@example.org"}
    assert (hosts["mx1"].config_directory, hosts["mx2"].config_directory) == ("/opt/postfix", None)
    assert hosts["mx2"].rewrite == {}
    assert hosts["mx3"].rewrite["root@vps.internal"] == "Top@example.org"


MANAGED = """\
version: 1
mta: qmail
relay: direct
domains: {a.example: local, .a.example: local}
manage: {locals: true, me: Top.example, virtualdomains: {.A.example: all, b.example: b}}
groups:
  near: {manage: {rcpthosts: true, virtualdomains: {b.example: null, X@c.example: c-x}}}
  none: {manage: null}
hosts:
  mx1: {groups: [near], manage: {locals: false, helohost: bücher.example}}
  mx2: {groups: [none]}
  mx3: {groups: [none], manage: {virtualdomains: {}}}
  mx4: {manage: {virtualdomains: null, me: null}}
"""


def test_manage_key_by_key(tmp_path: Path) -> None:
    """Each of its files by itself, virtualdomains per domain; null gives a file back to the admin, or all of them."""
    found = {name: host.manage for name, host in loaded(tmp_path, MANAGED).hosts.items()}

    assert found == {
        "mx1": Manage(
            rcpthosts=True,
            virtualdomains={".a.example": "all", "x@c.example": "c-x"},
            me="top.example",
            helohost="xn--bcher-kva.example",
        ),
        "mx2": Manage(),
        "mx3": Manage(virtualdomains={}),
        "mx4": Manage(locals=True),
    }


def test_senders_are_merged_by_key(tmp_path: Path) -> None:
    """Keys in lower case but for what they are; null takes one away, or all; the host's own map counts most."""
    text = """\
        version: 1
        relays:
          isp: {host: isp.example, port: 587, auth: {username: u, password: {env: P}}}
          clear: {host: clear.example, tls: none, allow_plaintext_auth: true}
        mta: postfix
        relay: isp
        senders:
          "@Shop.Example": {relay: isp, auth: {username: shop, password: {env: SHOP}}}
          <>: direct
          A@b.example: direct
        hosts:
          mx1: {groups: [g], senders: {a@b.example: null}}
          mx2: {senders: null}
          mx3: {senders: {"@shop.example": {relay: clear, auth: {username: c, password: {env: C}}}}}
        groups:
          g: {senders: {<>: {relay: isp}}}
        """
    inventory = loaded(tmp_path, text)
    isp, clear = inventory.relays.values()
    shop = Credentials(username="shop", password=SecretRef(kind="env", value="SHOP"))
    by_isp = Smarthost(relay=isp, endpoint=isp.endpoints[0])

    assert inventory.hosts["mx1"].senders == {
        "@shop.example": SenderRoute(target=by_isp, credentials=shop),
        "<>": SenderRoute(target=by_isp),
    }
    assert inventory.hosts["mx2"].senders == {}
    assert inventory.hosts["mx3"].senders["@shop.example"].target == Smarthost(relay=clear, endpoint=clear.endpoints[0])
    assert inventory.hosts["mx3"].senders["a@b.example"] == SenderRoute(target=Direct())
