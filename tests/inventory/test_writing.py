"""An inventory as text, and what `load` makes of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from relayconf.inventory import load
from relayconf.inventory.writing import scalar, write
from relayconf.model import (
    At,
    Credentials,
    Direct,
    Discard,
    Endpoint,
    Host,
    Internal,
    Local,
    Mx,
    Nexthop,
    Reject,
    Relay,
    Retry,
    SecretRef,
    SenderRoute,
    Smarthost,
    Ssh,
    TlsLevel,
)
from tests.support.hosts import qmail_host

PASSWORD = SecretRef(kind="command", value="pass show 'isp' # \"x\"")
ISP = Relay(
    name="isp",
    host="mail.isp.example",
    endpoints=(
        Endpoint(port=465, tls=TlsLevel.SECURE, auth=True),
        Endpoint(port=25, tls=TlsLevel.NONE, auth=False),
        Endpoint(port=2525, tls=TlsLevel.MAY, auth=True, clear_auth=True),
    ),
    credentials=Credentials(username="ab4t: ash", password=PASSWORD),
)
OPEN = Relay(name="null", host="2001:db8::1", endpoints=(Endpoint(port=25, tls=TlsLevel.MAY, auth=False),))
ODD = replace(OPEN, name="odd", host="odd.example", credentials=ISP.credentials)
RELAYS = {relay.name: relay for relay in (ISP, OPEN, ODD)}


def through(relay: Relay, number: int = 0) -> Smarthost:
    """One endpoint of a relay."""
    return Smarthost(relay=relay, endpoint=relay.endpoints[number])


def hosts() -> tuple[Host, Host]:
    """A host with everything, and one with nothing."""
    store = Internal(nexthop=Nexthop(host="192.0.2.10", port=2525))
    full = replace(
        qmail_host("edge"),
        address="192.0.2.2",
        connection="local",
        flavour="sagredo",
        qmail_home="/var/q mail",
        config_directory="/etc/postfix",
        state_directory="/srv/state",
        ssh=Ssh(user="admin", port=2222, become="sudo"),
        default=(through(ISP), through(ISP, 1), At(host="store", nexthop=Nexthop(host="store")), store),
        domains={
            "a.example": Local(),
            ".a.example": Mx(),
            "b.example": store,
            "null": At(host="store", nexthop=Nexthop(host="store")),
        },
        routes={
            "c.example": Direct(),
            "d.example": through(ISP, 2),
            "e.example": through(OPEN),
            "o'brien@f.example": Reject(text="5.1.1 no: \x20'such'"),
            "g.example": Retry(text="4.3.0 later # not now"),
            "h.example": Discard(text="ü\u202e"),
        },
        rewrite={"@vps.internal": "alerts@a.example"},
    )
    return full, replace(qmail_host("store", domains={}), default=(Direct(),))


def test_everything_comes_back(tmp_path: Path) -> None:
    """Relays, hosts, comments beside them; what is usual is not written."""
    path = tmp_path / "inventory.yaml"
    text = write(RELAYS, hosts(), head=["one\nversion: 2"], notes={"Notes:": ["\x1b[31m\nhosts:"], "None:": []})
    path.write_text(text, encoding="utf-8")

    inventory = load(path)

    assert inventory.relays == RELAYS
    assert [replace(host, origin=hosts()[0].origin) for host in inventory.hosts.values()] == list(hosts())
    assert text.startswith("# one\\nversion: 2\nversion: 1\n\nrelays:\n  isp:\n    host: mail.isp.example\n")
    assert text.endswith("  store:\n    mta: qmail\n    relay: direct\n\n# Notes:\n# - \\x1b[31m\\nhosts:\n")


def test_senders() -> None:
    """Relays by sender, with credentials of their own."""
    senders = {
        "@a.example": SenderRoute(target=through(ISP)),
        "<>": SenderRoute(target=Direct()),
        "b@a.example": SenderRoute(target=through(ISP), credentials=ISP.credentials),
    }

    text = write({}, [replace(hosts()[1], senders=senders)], notes={})

    assert text.partition("    senders:\n")[2] == (
        '      "@a.example": {relay: isp}\n'
        '      "<>": direct\n'
        '      b@a.example: {relay: isp, auth: {username: "ab4t: ash", password: {command: "pass show \'isp\' # '
        '\\"x\\""}}}\n'
    )


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
@example("null")
@example("\x1b\x85\u2028\ufeff\U000e0001")
@example('"\\')
def test_a_scalar_is_itself_and_harmless(text: str) -> None:
    """As the loader reads it; on one line, of characters that can be shown."""
    import yaml  # noqa: PLC0415  the oracle

    written = scalar(text)

    assert written.isprintable()
    assert yaml.load(f"- {written}\n", yaml.BaseLoader) == [text]  # noqa: S506  the loader of text alone
