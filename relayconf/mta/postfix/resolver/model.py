"""The whole answer about one message: where it goes, who logs in there, and how well the line is guarded."""

from __future__ import annotations

from dataclasses import dataclass

from relayconf.mta.postfix.resolver.classes import Locality
from relayconf.mta.postfix.resolver.decision import Decision, Resolver
from relayconf.mta.postfix.resolver.session import Session, Speaker, speaker
from relayconf.mta.postfix.resolver.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A decision, and how its next hop is spoken to."""

    decision: Decision
    session: Session

    @property
    def why(self) -> tuple[str, ...]:
        """What decided, in order."""
        return (*self.decision.why, *self.session.why)

    @property
    def unknown(self) -> str:
        """What would have to be asked; empty where the files tell it all."""
        return "; ".join(filter(None, (self.decision.unknown, self.session.unknown)))


class Model:
    """One configuration of Postfix, ready for any number of messages. *locality* as for `Resolver`."""

    def __init__(self, settings: Settings, locality: Locality | None = None) -> None:
        self._resolver = Resolver(settings, locality)
        self._settings = settings
        self._speakers: dict[str, Speaker | None] = {}

    def _speaker(self, transport: str) -> Speaker | None:
        if transport not in self._speakers:
            service = self._settings.services[transport]
            self._speakers[transport] = speaker(self._settings, service, self._resolver.classes.is_here)
        return self._speakers[transport]

    def _session(self, decision: Decision, sender: str) -> Session:
        if not decision.transport or {"error", "fail"} & set(decision.flags):
            return Session()
        if decision.transport not in self._settings.services:
            return Session(why=(f"no service `{decision.transport}` in master.cf: the mail waits",))
        found = self._speaker(decision.transport)
        return Session() if found is None else found.session(decision.nexthop, sender)

    def ask(self, sender: str, recipient: str) -> Answer:
        """What becomes of mail from *sender*, empty for a bounce, to *recipient*.

        Raises MainCfError where Postfix's programs die.
        """
        decision = self._resolver.resolve(sender, recipient)
        return Answer(decision=decision, session=self._session(decision, sender))
