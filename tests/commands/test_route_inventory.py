"""`relayconf route` by the inventory alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from relayconf.commands.options import Options
from relayconf.commands.route import route_all
from relayconf.commands.route_inventory import by_inventory
from tests.support.local_host import said

INVENTORY = """\
version: 1
relays:
  isp: {host: mail.isp.example, endpoints: [{port: 465, tls: secure}], auth: {username: me, password: {env: NOT_SET}}}
hosts:
  edge: {address: 192.0.2.2, mta: qmail, relay: {via: store}}
  old: {address: 192.0.2.3, mta: qmail, relay: isp}
  mad: {address: 192.0.2.4, mta: qmail, flavour: aqmail, relay: {via: store}}
  "node[1-3]": {mta: postfix, relay: isp}
  store: {address: 192.0.2.10, mta: postfix, relay: isp}
domains:
  kamata-net.com: {at: store}
routes:
  partner.example: direct
"""


@pytest.fixture(name="inventory")
def _inventory(tmp_path: Path) -> Path:
    """An inventory with both MTAs."""
    path = tmp_path / "inventory.yaml"
    path.write_text(INVENTORY)
    return path


def _answers(inventory: Path, recipient: str, *hosts: str, sender: str = "a@b") -> list[dict[str, object]]:
    heard = said()
    options = Options(inventory=inventory, hosts=hosts)
    route_all(heard.console, by_inventory(heard.console, options), pair=(sender, recipient), as_json=True)
    answers: list[dict[str, object]] = json.loads(heard.out.getvalue())
    return answers


def test_hosts_that_agree_have_one_answer(inventory: Path) -> None:
    """And the one that delivers the domain itself has another; no secret is resolved."""
    nodes, store = _answers(inventory, "u@kamata-net.com", "node1", "node2", "node3", "store")

    assert (nodes["hosts"], nodes["source"]) == (["node1", "node2", "node3"], "model, by the inventory")
    assert (nodes["transport"], nodes["nexthop"], nodes["class"]) == ("smtp", "[192.0.2.10]:25", None)
    assert (store["hosts"], store["class"], store["transport"]) == (["store"], "local", "local")


def test_text(inventory: Path) -> None:
    """The relay with its port, its user and its TLS."""
    heard = said()
    options = Options(inventory=inventory, hosts=("store",))

    route_all(heard.console, by_inventory(heard.console, options), pair=("a@b", "u@foo.test"))

    assert heard.out.getvalue() == (
        "hosts      store\n"
        "source     model, by the inventory\n"
        "address    u@foo.test\n"
        "transport  relayconf-tls\n"
        "nexthop    [mail.isp.example]:465\n"
        "user       me\n"
        "tls        secure\n"
        "why        foo.test is not local\n"
        "           relayhost -> [mail.isp.example]:465\n"
        "           default_transport -> relayconf-tls\n"
        "           `[mail.isp.example]:465` in smtp_sasl_password_maps\n"
        "           `[mail.isp.example]:465` in smtp_tls_policy_maps -> secure\n"
        "           TLS before the greeting\n"
    )


def test_qmail(inventory: Path) -> None:
    """By its own rules: the flavour that is named, or what is taken for granted."""
    [edge] = _answers(inventory, "u@foo.test", "edge")
    [mad] = _answers(inventory, "u@partner.example", "mad")

    assert (edge["via"], edge["nexthop"], edge["port"], edge["flavour"]) == ("relay", "192.0.2.10", 25, "classic")
    assert (mad["via"], mad["flavour"]) == ("mx", "aqmail")


def test_flavours_in_text(inventory: Path) -> None:
    """How it is known."""
    for host, words in (("edge", "classic (taken for granted)"), ("mad", "aqmail (named)")):
        heard = said()
        options = Options(inventory=inventory, hosts=(host,))
        route_all(heard.console, by_inventory(heard.console, options), pair=("<>", "u@foo.test"))
        assert f"flavour  {words}\n" in heard.out.getvalue()


def test_a_host_that_refuses(tmp_path: Path) -> None:
    """Says why; the others answer."""
    path = tmp_path / "inventory.yaml"
    path.write_text(INVENTORY.replace("old: {address: 192.0.2.3, mta: qmail,", "old: {mta: qmail, flavour: classic,"))

    edge, refused = _answers(path, "u@foo.test", "old", "edge")

    assert refused["hosts"] == ["old"]
    assert "AUTH" in str(refused["refused"])
    assert edge["hosts"] == ["edge"]

    heard = said()
    options = Options(inventory=path, hosts=("old",))
    route_all(heard.console, by_inventory(heard.console, options), pair=("a@b", "u@foo.test"))
    assert "\nrefused  " in heard.out.getvalue()
