"""The lab that flips are made in: one Postfix host, two pairs of relays that refuse the others' users, a mailstore."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeAlias

from tests.e2e.flips.account import LOCAL, Account, Evidence, Landing, Timeline, account
from tests.e2e.flips.load import Load, Pattern
from tests.lab import HostSpec, Lab, LabSpec, Machine, RelaySpec

HOST = "mail1"
RECEIVER = "mx.world.test"
STORE = "store.example"
MAIN_CF = "/etc/postfix/main.cf"
RELAYS = {name: f"{name}.relays.test" for name in "abcd"}
# no relay is in both pairs, so that neither pair's credentials serve the other
PAIRS = {"a": "c", "b": "d"}
PASSWORDS = {name: (f"pw-{name}-Wd3f", f"pw-{name}-Kq9x") for name in RELAYS}
OWN_PASSWORDS = {name: (f"own-{name}-Zt5m", f"own-{name}-Hs8e") for name in RELAYS}

# every smtp(8) ends after ten deliveries, so that there are births at every moment of a switch; soon tried again
UNREST = (
    "max_use = 10\n"
    "max_idle = 1s\n"
    "queue_run_delay = 3s\n"
    "minimal_backoff_time = 3s\n"
    "maximal_backoff_time = 6s\n"
    "smtp_connection_cache_on_demand = no\n"
)


def patterns(host: str) -> tuple[Pattern, ...]:
    """What is sent in turn: every class of recipients, alone and two in one message."""
    default, routed = f"{host}-{{}}@default.world.test", f"{host}-{{}}@routed.world.test"
    return (
        Pattern(recipients={"default": default}),
        Pattern(recipients={"routed": routed}),
        Pattern(recipients={"default": default, "routed": routed}),
        Pattern(recipients={"local": f"nosudo+{{}}@{host}.lab.test"}),
        Pattern(recipients={"default": default, "direct": f"{host}-{{}}@direct.world.test"}),
        Pattern(recipients={"internal": f"{host}-{{}}@ours.test", "routed": routed}),
    )


def sender_patterns(host: str) -> tuple[Pattern, ...]:
    """Senders with a password of their own at the default relay, by domain and by address, and one with a relay."""
    own, routed = f"{host}-{{}}@own.world.test", f"{host}-{{}}@routed.world.test"
    return (
        Pattern(recipients={"own": own}, sender="anybody@own.test"),
        Pattern(recipients={"own": own, "routed": routed}, sender="shop@addresses.test"),
        Pattern(recipients={"sender": f"{host}-{{}}@sender.world.test"}, sender="anybody@sender.test"),
    )


def relay_spec(name: str, passwords: tuple[str, ...], own: tuple[str, ...] = ()) -> RelaySpec:
    """The relay *name*, whose one user has these passwords at the moment; *own* are those of its user for senders."""
    users = {f"user-{name}": passwords, f"own-{name}": own}
    return RelaySpec(name=RELAYS[name], users=users, delay=0.05)


def lab_spec(*hosts: str) -> LabSpec:
    """These hosts, the relays and the mailstore."""
    return LabSpec(
        hosts=tuple(HostSpec(name=name, mta="postfix") for name in hosts),
        relays=(*(relay_spec(name, PASSWORDS[name]) for name in RELAYS), RelaySpec(name=STORE, ports=(25,))),
        zones={"ours.test": f"@ MX 10 {STORE}.\n"},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which relay takes what nothing else routes, at which port, and which of the relays' passwords is used.

    Mail for routed.world.test goes to the other relay of the pair, at port 587. Without a default relay all go direct.
    `own` is which password of their own senders use at the default relay; None: nothing is said of senders.
    """

    default: str
    port: int = 587
    password: int = 0
    own: int | None = None

    @property
    def relays(self) -> Mapping[str, int]:
        """The pair with their ports: the default relay, and the one with a transport entry."""
        return {self.default: self.port, PAIRS[self.default]: 587} if self.default else {}

    def login(self, relay: str) -> tuple[str, str]:
        """User and password at *relay*."""
        return f"user-{relay}", PASSWORDS[relay][self.password]

    def own_login(self) -> tuple[str, str]:
        """User and password of the senders that have their own, at the default relay."""
        return f"own-{self.default}", OWN_PASSWORDS[self.default][self.own or 0]

    def landings(self) -> Mapping[str, Landing]:
        """Where mail lands, by class of recipients."""
        direct = Landing(server=RECEIVER, port=25)
        landings = dict.fromkeys(("default", "routed", "direct", "own", "sender"), direct)
        landings |= {"local": LOCAL, "internal": Landing(server=STORE, port=25)}
        for kind, (relay, port) in zip(("default", "routed"), self.relays.items(), strict=False):
            user, password = self.login(relay)
            landings[kind] = Landing(server=RELAYS[relay], port=port, user=user, password=password, tls=True)
        if self.default:
            user, password = self.own_login()
            is_own = self.own is not None
            landings["own"] = (
                replace(landings["default"], user=user, password=password) if is_own else landings["default"]
            )
            landings["sender"] = landings["routed" if is_own else "default"]
        return landings


Deploy: TypeAlias = Callable[[Wish], None]
"""What makes a wish real on the host."""


def unsettle(host: Machine) -> None:
    """Give the host's Postfix the settings of `UNREST`, as its admin's own."""
    host.write(MAIN_CF, host.read(MAIN_CF) + UNREST.encode())
    host.run(["touch", "-d", "1 minute ago", MAIN_CF])
    host.postfix("reload")


class Scene:
    """A load on one host of the lab while its relays change, and the account of it.

    The relays take a user's old password until a switch is over, and not a moment longer.
    """

    def __init__(self, lab: Lab, *, host: str = HOST, rate: float, senders: bool = False) -> None:
        self.host = lab.host(host)
        self._lab = lab
        sent = (*patterns(host), *(sender_patterns(host) if senders else ()))
        self._load = Load(self.host, sent, rate=rate, bounces_to=f"ops@{host}.lab.test")
        self._timeline = Timeline()
        self._mark = lab.mark()
        self._log_mark = self._log_size()

    def _log_size(self) -> int:
        return int(self.host.output(["stat", "-c", "%s", "/var/log/mail.log"]))

    def log(self) -> str:
        """Postfix's log since the scene was made."""
        return self.host.output(["tail", "-c", f"+{self._log_mark + 1}", "/var/log/mail.log"])

    def _accept(self, *wishes: Wish) -> None:
        for relay in RELAYS:
            passwords = {wish.login(relay)[1] for wish in wishes}
            own = {OWN_PASSWORDS[relay][wish.own or 0] for wish in wishes}
            self._lab.change_relay(relay_spec(relay, tuple(sorted(passwords)), tuple(sorted(own))))

    def _switch(self, deploy: Deploy, old: Wish, new: Wish) -> None:
        self._accept(old, new)
        begun = time.time()
        deploy(new)
        self._timeline.switch(new.landings(), begun=begun, ended=time.time())
        self._accept(new)

    def play(self, deploy: Deploy, live: Wish, wishes: Sequence[Wish], *, pause: float) -> Account:
        """Start the load on a host that is at *live*, make each wish real; then empty the queue and judge.

        *pause* is the time in seconds before each of them, and after the last.
        """
        self._accept(live)
        self._timeline.switch(live.landings(), begun=0, ended=0)
        with self._load:
            for old, new in pairwise((live, *wishes)):
                time.sleep(pause)
                self._switch(deploy, old, new)
            time.sleep(pause)
        return self._judge(self._drain())

    def _drain(self, timeout: float = 60) -> frozenset[str]:
        def is_empty() -> bool:
            if not self.host.queue():
                return True
            self.host.flush()
            return False

        with suppress(TimeoutError):
            self._lab.wait_for(is_empty, timeout=timeout)
        return frozenset(recipient.address for queued in self.host.queue() for recipient in queued.recipients)

    def _judge(self, waiting: frozenset[str]) -> Account:
        evidence = Evidence(
            messages=self._lab.messages(since=self._mark),
            refusals=self._lab.refusals(since=self._mark),
            log=self.log(),
            waiting=waiting,
        )
        return account(self._load.injected, self._timeline, evidence, receiver=RECEIVER)
