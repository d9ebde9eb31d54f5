"""One host examined: what is probed, and what all that comes to."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from relayconf.doctor import address, blocklist, upkeep
from relayconf.doctor.hostside import Request
from relayconf.doctor.names import HostResolver, Question
from relayconf.doctor.ports import port25
from relayconf.doctor.relays import Knock, relays, usable
from relayconf.doctor.targets import Door, Server, Targets, doors, other_doors, sends_directly
from relayconf.doctor.values import Code, Examination, Level, Symptom
from relayconf.doctor.verdicts import verdicts
from relayconf.doctor.visit import Visit, places_of
from relayconf.errors import RelayconfError
from relayconf.model import Host, Inventory, MtaName
from relayconf.mta.base import Resolve
from relayconf.mtas import MTAS
from relayconf.observe import observe
from relayconf.remote.base import Session
from relayconf.spf.lookup import Answer, Outcome

_NO_HELO = "localhost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What an examination is given: the inventory, where to knock, how secrets are had (None: no login is tried)."""

    inventory: Inventory
    targets: Targets
    secret: Resolve | None = None
    provider: str | None = None


class _Examiner:
    """One host on its way through the probes."""

    def __init__(self, host: Host, session: Session, order: Order) -> None:
        self.host = host
        self.order = order
        self.targets = order.targets
        self.doors = doors(host)
        self.direct = sends_directly(host)
        self.visit = Visit(session=session, targets=order.targets, secret=order.secret)
        self.facts: Mapping[str, str] = {}
        self.helo = ""

    def _observe(self) -> Iterator[Symptom]:
        try:
            self.facts = observe(self.visit.session, self.host, MTAS[self.host.mta]).values
        except RelayconfError as error:
            text = f"the MTA could not be looked at: {error.message}"
            yield Symptom(code=Code.MTA_UNKNOWN, level=Level.UNKNOWN, text=text)

    def _mta(self) -> tuple[str, ...]:
        if self.host.mta is MtaName.POSTFIX:
            return "postfix", self.facts.get("postfix.config_directory", "/etc/postfix")
        home = self.facts.get("qmail.home", "/var/qmail")
        return "qmail", home, self.facts.get("qmail.control", f"{home}/control")

    def _first_look(self) -> None:
        seen = self.visit.look(Request(mta=self._mta()))
        self.helo = seen.facts.get("helo", "").strip().lower().rstrip(".")
        self.resolver = HostResolver(
            session=self.visit.session,
            targets=self.targets,
            servers=seen.servers or self.targets.servers,
            by_script=self.visit.failure is None,
        )

    def _mail_servers(self) -> tuple[Server, ...]:
        """The servers whose port 25 is tried: the MX of today where a domain is named and the DNS answers."""
        wanted = {server: (server.domain, "MX") for server in self.targets.mail if server.domain}
        answers = self.resolver.ask(tuple(wanted.values()))
        found = []
        for server in self.targets.mail:
            answer = answers.get(wanted.get(server, ("", "")), Answer(outcome=Outcome.NODATA))
            found.append(replace(server, host=min(answer.values)) if answer.values else server)
        return tuple(found)

    def _world(self) -> Iterator[Symptom]:
        servers = self._mail_servers()
        mail, control = places_of(servers), places_of(self.targets.control)
        every = (*self.doors, *other_doors(self.doors, self.targets))
        relay_places = tuple((door.host, door.port) for door in every)
        places = tuple(dict.fromkeys((*mail, *control, *relay_places)))
        found = self.visit.attempts(places, self.helo or _NO_HELO)
        self.world = tuple(found[place] for place in mail)
        others = tuple(found[place] for place in places if place not in mail and place[1] != 25)
        yield port25(self.world, others, servers, direct=self.direct)
        self.knocks: Mapping[Door, Knock] = self.visit.knocks(every, found, self.helo or _NO_HELO)
        yield from relays(self.doors, self.knocks)

    def _address(self, symptoms: Sequence[Symptom]) -> Iterator[Symptom]:
        proxied = any(item.code is Code.PORT25_PROXIED for item in symptoms)
        sources = [value for name, value in self.visit.facts.items() if name.startswith("source.")]
        addresses, symptom = address.egress(self.world, self.host.egress, sources, proxied=proxied)
        yield symptom
        answers = self._names(addresses)
        for one in addresses:
            yield address.reverse(one, answers, direct=self.direct)
            yield blocklist.listing(one, self.targets.zone, answers, direct=self.direct)
        yield address.helo(self.helo, addresses, answers, direct=self.direct)

    def _names(self, addresses: Sequence[str]) -> Mapping[Question, Answer]:
        asked = [address.reverse_question(one) for one in addresses]
        asked += blocklist.questions(addresses, self.targets.zone) if addresses else ()
        asked += address.forward_questions(self.helo) if self.helo else ()
        answers = dict(self.resolver.ask(asked))
        names = [name for one in addresses for name in answers[address.reverse_question(one)].values[: address.MOST]]
        answers |= self.resolver.ask([question for name in names for question in address.forward_questions(name)])
        return answers

    def _ways(self) -> Iterator[Symptom]:
        """What could not be looked at, and why."""
        if self.visit.failure is not None:
            text = f"the probes could not run on the host: {self.visit.failure.message}"
            yield Symptom(code=Code.PROBES_FAILED, level=Level.UNKNOWN, text=text)
        elif self.visit.facts.get("tool") == "none":
            text = f"none of {', '.join(self.targets.tools)} is on the host: connections are made by its sshd alone"
            yield Symptom(code=Code.NO_TOOL, level=Level.INFO, text=text)
        if self.visit.forbidden is not None:
            text = "the host's sshd forbids connections: TLS, certificates and logins are not looked at"
            yield Symptom(
                code=Code.FORWARDING_REFUSED,
                level=Level.INFO,
                text=text,
                evidence=tuple(filter(None, (self.visit.forbidden.message, self.visit.forbidden.hint))),
            )

    def symptoms(self) -> Iterator[Symptom]:
        """Everything, in the order in which it is found."""
        found = [*self._observe()]
        self._first_look()
        found += self._world()
        found += self._address(found)
        needed = any(door.credentials for door in self.doors)
        found += upkeep.sasl(self.host.mta, self.facts, needed=needed)
        found.append(upkeep.clock(self.visit.facts.get("clock"), time.time()))
        found.append(upkeep.queue(self.host.mta, self.facts, self.visit.facts.get("queue")))
        yield from (*self._ways(), *found)

    def usable(self) -> Mapping[tuple[str, int], str]:
        """By which `tls:` each port of a relay can be used."""
        return {(door.host, door.port): usable(door.port, knock.dialogue) for door, knock in self.knocks.items()}


def examine(host: Host, session: Session, order: Order) -> Examination:
    """Examine *host* over *session* as *order* says. Changes nothing, and sends no mail.

    A probe or a resolver that fails is a symptom that says `unknown`, never an error.
    """
    examiner = _Examiner(host, session, order)
    found = tuple(examiner.symptoms())
    told = verdicts(found, host, order.inventory, examiner.doors, examiner.usable(), provider=order.provider)
    return Examination(symptoms=found, verdicts=told)
