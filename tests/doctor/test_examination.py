"""Whole examinations on this machine: every failure set up on loopback, and named rightly."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from relayconf.doctor.examination import Order, examine
from relayconf.doctor.targets import Server, Targets
from relayconf.doctor.values import Code, Examination, Level, Ruling
from relayconf.model import (
    Credentials,
    Default,
    Direct,
    Endpoint,
    Inventory,
    MtaName,
    Relay,
    SecretRef,
    Smarthost,
    TlsLevel,
)
from relayconf.spf.lookup import Outcome
from tests.support.dns_server import dns_server
from tests.support.doctors import Ways, targets
from tests.support.hosts import qmail_host
from tests.support.qmail_tree import make_qmail
from tests.support.smtp_door import Certificates, Door, Manners, closed, door, filtered
from tests.support.spf_zone import Records, Zone

OURS = "203.0.113.7"
LOGIN = Credentials(username="anna", password=SecretRef(kind="env", value="X"))
PASSWORD = "s3cret word"
GOOD_LIST: dict[str, Records | Outcome] = {
    "2.0.0.127.zen.test": {"A": ("127.0.0.2",)},
    "7.113.0.203.in-addr.arpa": {"PTR": ("mx.kamata.test",)},
    "mx.kamata.test": {"A": (OURS,)},
    "target.test": {"MX": ("127.0.0.2",)},
}
LISTED: Records = {"A": ("127.0.0.11",)}


def secret(ref: SecretRef) -> str:
    """The password of all relays."""
    assert ref == LOGIN.password
    return PASSWORD


class Scene:
    """One host on this machine, servers of the world at 127.0.0.2 and 127.0.0.3, a DNS, and a relay or none."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.stack = stack
        self.folder = folder
        self.certificates = Certificates(folder=folder)
        make_qmail(folder / "qmail", me=b"mx.kamata.test\n")
        self.names = dict(GOOD_LIST)
        self.session = Ways()
        self.default: tuple[Default, ...] = (Direct(),)
        self.egress: tuple[str, ...] = (OURS,)
        self.mail: tuple[Server, ...] = ()
        self.control: tuple[Server, ...] = ()
        self.tools: tuple[str, ...] = ("bash", "perl", "nc")
        self.mta = MtaName.QMAIL

    def open_world(self, sees: str = "") -> None:
        """Two servers that greet, and tell our address."""
        one = self.stack.enter_context(door(Manners(greeting="220 a.test", sees=sees), address="127.0.0.2"))
        other = self.stack.enter_context(door(Manners(greeting="220 b.test", sees=sees), address="127.0.0.3"))
        self.mail = (Server(host="127.0.0.2", port=one.port), Server(host="127.0.0.3", port=other.port))

    def filtered_world(self) -> None:
        """Two that drop what comes, and one at another port that answers."""
        ports = [self.stack.enter_context(filtered(f"127.0.0.{last}")) for last in (2, 3)]
        self.mail = (Server(host="127.0.0.2", port=ports[0]), Server(host="127.0.0.3", port=ports[1]))
        self.control = (Server(host="127.0.0.1", port=self.stack.enter_context(door(Manners())).port),)

    def relay(self, manners: Manners, *, tls: TlsLevel = TlsLevel.SECURE, port: int | None = None) -> Door:
        """The relay that all mail goes through, with a login."""
        server = self.stack.enter_context(door(manners))
        self.use_relay(server.port if port is None else port, tls)
        return server

    def use_relay(self, port: int, tls: TlsLevel = TlsLevel.SECURE, host: str = "127.0.0.1") -> None:
        """Send through this port."""
        endpoint = Endpoint(port=port, tls=tls, auth=True)
        relay = Relay(name="isp", host=host, endpoints=(endpoint,), credentials=LOGIN, ca=self.certificates.ca)
        self.default = (Smarthost(relay=relay, endpoint=endpoint),)

    def targets(self, server: str) -> Targets:
        """Where to knock."""
        return targets(*self.mail, control=self.control, servers=(server,), tools=self.tools)

    def examine(self, *, server: str | None = None, with_secret: bool = True) -> Examination:
        """The examination; *server* in place of the DNS of this scene."""
        host = qmail_host(home=self.folder / "qmail", state=self.folder / "state", default=self.default, domains={})
        host = replace(host, egress=self.egress, mta=self.mta)
        with dns_server(Zone(names=self.names)) as own:
            order = Order(
                inventory=Inventory(file="inventory.yaml", relays={}, hosts={host.name: host}, groups=()),
                targets=self.targets(server or f"127.0.0.1#{own.port}"),
                secret=secret if with_secret else None,
                provider="asahi-net",
            )
            return examine(host, self.session, order)


@pytest.fixture(name="scene")
def _scene(tmp_path: Path) -> Iterator[Scene]:
    with ExitStack() as stack:
        yield Scene(tmp_path, stack)


def levels(examination: Examination, *prefixes: str) -> dict[Code, Level]:
    """The symptoms whose codes begin like this."""
    return {item.code: item.level for item in examination.symptoms if item.code.startswith(prefixes)}


def rulings(examination: Examination) -> list[Ruling]:
    """The codes of the verdicts."""
    return [item.code for item in examination.verdicts]


NO_ACCUSATION = frozenset({Code.DNSBL_LISTED, Code.DNSBL_POLICY, Code.PORT25_FILTERED, Code.PORT25_REFUSED})


def test_a_healthy_host(scene: Scene) -> None:
    """It sends directly, and all is well; the MX of today is what is tried."""
    scene.open_world()
    scene.mail = (replace(scene.mail[0], host="127.0.0.9", domain="target.test"), scene.mail[1])
    found = scene.examine()

    assert levels(found, "port25", "ptr", "dnsbl", "helo", "clock") == {
        Code.PORT25_OPEN: Level.OK,
        Code.PTR_CONFIRMED: Level.OK,
        Code.DNSBL_CLEAN: Level.OK,
        Code.HELO_MATCHES: Level.OK,
        Code.CLOCK_RIGHT: Level.OK,
    }
    assert not found.is_ill
    assert rulings(found) == [Ruling.UNDECIDED]
    assert found.verdicts[0].because == (Code.QUEUE_UNKNOWN,)


def test_the_first_users_case(scene: Scene) -> None:
    """Port 25 filtered and the address in the PBL: a smarthost, with the lines of its provider."""
    scene.filtered_world()
    scene.names["7.113.0.203.zen.test"] = LISTED
    found = scene.examine()

    assert levels(found, "port25", "dnsbl") == {Code.PORT25_FILTERED: Level.ERROR, Code.DNSBL_POLICY: Level.ERROR}
    (verdict,) = found.verdicts
    assert verdict.code is Ruling.NEEDS_SMARTHOST
    assert verdict.lines == (
        "relays:",
        "  asahi-net:",
        "    provider: asahi-net",
        "    endpoints: [{port: 25, tls: none, auth: none}]  # no login: from the provider's own line",
        "hosts:",
        "  edge:",
        "    relay: asahi-net",
    )


def test_refused_and_proxied(scene: Scene) -> None:
    """Closed at once is no filter; one name for all is somebody in between."""
    scene.mail = tuple(Server(host=f"127.0.0.{last}", port=closed(f"127.0.0.{last}")) for last in (2, 3))
    scene.control = (Server(host="127.0.0.1", port=scene.stack.enter_context(door(Manners())).port),)
    refused = scene.examine()
    ports = [scene.stack.enter_context(door(Manners(), address=f"127.0.0.{last}")).port for last in (2, 3)]
    scene.mail = tuple(Server(host=f"127.0.0.{last}", port=port) for last, port in zip((2, 3), ports, strict=True))
    proxied = scene.examine()

    assert levels(refused, "port25") == {Code.PORT25_REFUSED: Level.ERROR}
    assert levels(proxied, "port25") == {Code.PORT25_PROXIED: Level.ERROR}


def test_the_address_that_servers_see(scene: Scene) -> None:
    """Is believed before the inventory's; a proxy's word is not."""
    scene.open_world(sees="203.0.113.9")
    found = scene.examine()
    scene.egress = ()
    unsaid = scene.examine()

    assert levels(found, "egress") == {Code.EGRESS_DIFFERS: Level.WARNING}
    assert [item.about for item in found.symptoms if item.code.startswith("dnsbl")] == ["203.0.113.9", OURS]
    assert levels(unsaid, "egress") == {Code.EGRESS_ADDRESS: Level.INFO}


@pytest.mark.parametrize(
    "answer",
    [
        {"A": ("127.255.255.254",)},
        Outcome.SERVFAIL,
        Outcome.TIMEOUT,
    ],
    ids=["254", "servfail", "lost"],
)
def test_lists_that_fail(scene: Scene, answer: Records | Outcome) -> None:
    """Unknown, never listed; and the rest of the examination goes on."""
    scene.open_world()
    scene.names["7.113.0.203.zen.test"] = answer
    found = scene.examine()

    assert levels(found, "dnsbl") == {Code.DNSBL_UNKNOWN: Level.UNKNOWN}
    assert levels(found, "port25", "ptr") == {Code.PORT25_OPEN: Level.OK, Code.PTR_CONFIRMED: Level.OK}
    assert rulings(found) == [Ruling.UNDECIDED]


def test_a_resolver_that_is_gone(scene: Scene) -> None:
    """Names neither resolve nor not; nothing is blocked, nothing listed, nothing missing."""
    scene.mail = (Server(host="a.invalid", port=25, domain="a.invalid"), Server(host="b.invalid", port=25))
    scene.use_relay(587, host="relay.invalid")
    found = scene.examine(server=f"127.0.0.1#{closed()}")

    assert not NO_ACCUSATION & set(levels(found, ""))
    assert levels(found, "port25", "dnsbl", "ptr", "helo") == {
        Code.PORT25_UNKNOWN: Level.UNKNOWN,
        Code.DNSBL_UNKNOWN: Level.UNKNOWN,
        Code.PTR_UNKNOWN: Level.UNKNOWN,
        Code.HELO_UNKNOWN: Level.UNKNOWN,
    }


def relayed(scene: Scene, manners: Manners, *, tls: TlsLevel = TlsLevel.SECURE) -> dict[Code, Level]:
    """What a relay like this comes to."""
    scene.open_world()
    scene.relay(manners, tls=tls)
    return levels(scene.examine(), "relay")


def starttls(scene: Scene, **manners: object) -> Manners:
    """A relay with STARTTLS and a good certificate, but for what is said."""
    usual: dict[str, object] = {
        "tls": "starttls",
        "pem": scene.certificates.pem(),
        "hello": (),
        "hello_tls": ("AUTH PLAIN LOGIN",),
        "users": {"anna": PASSWORD},
    }
    return Manners(**(usual | manners))  # type: ignore[arg-type]  # the names are those of Manners


def test_a_good_relay(scene: Scene) -> None:
    """With a real login, and never a message."""
    scene.open_world()
    server = scene.relay(starttls(scene))
    found = scene.examine()

    assert levels(found, "relay") == {Code.RELAY_READY: Level.OK}
    assert "MAIL" not in server.verbs()
    assert PASSWORD not in repr(found)


@pytest.mark.parametrize(
    ("manners", "code"),
    [
        ({"users": {"anna": "other"}}, Code.RELAY_LOGIN_REFUSED),
        ({"hello_tls": ("AUTH XOAUTH2",)}, Code.RELAY_AUTH_XOAUTH2),
        ({"hello_tls": ()}, Code.RELAY_AUTH_ABSENT),
        ({"tls": "no", "hello": ("SIZE",)}, Code.RELAY_NO_TLS),
        ({"tls": "implicit"}, Code.RELAY_WRONG_MODE),
        ({"greeting": "554 5.7.1 go away"}, Code.RELAY_UNUSABLE),
    ],
    ids=["wrong password", "xoauth2 only", "no auth", "no starttls", "tls on a plain port", "refused by name"],
)
def test_relays_with_a_flaw(scene: Scene, manners: dict[str, object], code: Code) -> None:
    """Each is an error of its own name."""
    assert relayed(scene, starttls(scene, **manners))[code] is Level.ERROR


def test_certificates(scene: Scene, tmp_path: Path) -> None:
    """For another name, by nobody who is trusted: no password is sent there."""
    (tmp_path / "other").mkdir()
    for pem, code in (
        (scene.certificates.pem("other.test", "192.0.2.1"), Code.RELAY_CERTIFICATE_NAME),
        (Certificates(folder=tmp_path / "other").pem(), Code.RELAY_CERTIFICATE_CA),
    ):
        scene.open_world()
        server = scene.relay(starttls(scene, pem=pem))
        found = scene.examine()
        assert levels(found, "relay") == {code: Level.ERROR, Code.RELAY_LOGIN_UNTRIED: Level.UNKNOWN}
        assert rulings(found) == [Ruling.WRONG_CERTIFICATE]
        assert "AUTH" not in server.verbs()


def test_auth_only_after_starttls(scene: Scene) -> None:
    """Is normal with TLS, and an error where the inventory says `tls: none`; then no password leaves either."""
    scene.open_world()
    server = scene.relay(starttls(scene), tls=TlsLevel.NONE)
    found = scene.examine(with_secret=False)

    assert levels(found, "relay")[Code.RELAY_AUTH_NEEDS_TLS] is Level.ERROR
    assert "AUTH" not in server.verbs()


def test_secrets_that_cannot_be_had(scene: Scene) -> None:
    """Leave the login open; without secrets none is asked for."""
    scene.open_world()
    scene.relay(starttls(scene))

    assert levels(scene.examine(with_secret=False), "relay") == {Code.RELAY_LOGIN_UNTRIED: Level.UNKNOWN}


def test_relays_that_are_not_there(scene: Scene) -> None:
    """Refused, filtered, without a name."""
    scene.open_world()
    for port, host, code in (
        (closed(), "127.0.0.1", Code.RELAY_REFUSED),
        (scene.stack.enter_context(filtered()), "127.0.0.1", Code.RELAY_FILTERED),
    ):
        scene.use_relay(port, host=host)
        found = scene.examine()
        assert levels(found, "relay") == {code: Level.ERROR}
        assert rulings(found) == [Ruling.CLOSED_RELAY]


def test_without_forwarding(scene: Scene) -> None:
    """The tools of the host see what is open; TLS and login are unknown, and it is said why."""
    scene.open_world()
    scene.session = Ways(forwarding=False)
    scene.relay(starttls(scene))
    found = scene.examine()

    assert levels(found, "port25", "relay", "forwarding", "dnsbl") == {
        Code.FORWARDING_REFUSED: Level.INFO,
        Code.PORT25_OPEN: Level.OK,
        Code.RELAY_UNKNOWN: Level.UNKNOWN,
        Code.DNSBL_CLEAN: Level.OK,
    }


def test_without_scripts(scene: Scene) -> None:
    """Connections are made by the session alone; the resolver is not known, and what needs it stays open."""
    scene.open_world()
    scene.session = Ways(scripts=False)
    scene.relay(starttls(scene))
    found = scene.examine()

    assert levels(found, "probes", "mta", "relay", "dnsbl", "clock") == {
        Code.PROBES_FAILED: Level.UNKNOWN,
        Code.MTA_UNKNOWN: Level.UNKNOWN,
        Code.RELAY_READY: Level.OK,
        Code.DNSBL_CLEAN: Level.OK,
        Code.CLOCK_UNKNOWN: Level.UNKNOWN,
    }


def test_without_a_tool(scene: Scene) -> None:
    """The session connects and greets, and that is said."""
    scene.open_world()
    scene.tools = ("no-such-tool",)
    found = scene.examine()

    assert levels(found, "no-tool", "port25", "dnsbl") == {
        Code.NO_TOOL: Level.INFO,
        Code.PORT25_OPEN: Level.OK,
        Code.DNSBL_CLEAN: Level.OK,
    }
    assert "no-such-tool" in next(item.text for item in found.symptoms if item.code is Code.NO_TOOL)


def test_a_postfix_that_is_not_there(scene: Scene) -> None:
    """Is unknown, and the network is looked at all the same."""
    scene.open_world()
    scene.mta = MtaName.POSTFIX
    found = scene.examine()

    assert levels(found, "mta", "port25", "queue") == {
        Code.MTA_UNKNOWN: Level.UNKNOWN,
        Code.PORT25_OPEN: Level.OK,
        Code.QUEUE_UNKNOWN: Level.UNKNOWN,
    }


def test_neither_scripts_nor_forwarding(scene: Scene) -> None:
    """All is unknown, nothing is wrong."""
    scene.open_world()
    scene.session = Ways(scripts=False, forwarding=False)
    scene.relay(starttls(scene))
    found = scene.examine()

    assert {item.level for item in found.symptoms} == {Level.UNKNOWN, Level.INFO}
    assert rulings(found) == [Ruling.UNDECIDED]
