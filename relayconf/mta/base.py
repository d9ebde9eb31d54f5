"""What relayconf asks of an MTA. An MTA is a package whose module satisfies `Mta`; `relayconf.mtas` lists them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from relayconf.drift import Drift
from relayconf.facts import Facts, Finding
from relayconf.files import DesiredFile, WatchedFile
from relayconf.model import Direct, Discard, FlavourName, Host, Local, Mx, Reject, Retry, SecretRef, TlsLevel
from relayconf.templating import Templates

Resolve: TypeAlias = Callable[[SecretRef], str]
"""From a reference to its secret. Raises SecretError."""

EVERYTHING_ELSE = "the rest of the world"
"""The row of the route table for every recipient that no other row is for."""


FROM = "from "
"""How the rows of the route table begin that are for a sender, whose mail no row for its recipient takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """What becomes of mail: delivered here, by the recipient's own MX, through another server, refused, or dropped.

    `nexthop` is that server as the MTA spells it, `tls` the level there as far as it is known. `is_ours` marks a domain
    that the host itself is for: one that it delivers, or receives for others. Nothing follows from an `unknown` way.
    """

    kind: Literal["local", "direct", "relay", "reject", "discard", "unknown"]
    nexthop: str = ""
    tls: TlsLevel | None = None
    is_ours: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server as files on a host name it; whether an inventory can say so is not known yet.

    `shown` names it without anything that could be a password. `is_ours` marks one that a domain of ours is handed to.
    """

    host: str = field(repr=False)
    port: int
    shown: str = field(default="", compare=False)
    mx_lookup: bool = False
    tls: TlsLevel = TlsLevel.NONE
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    is_ours: bool = False


FoundTarget: TypeAlias = Local | Direct | Mx | Server | Reject | Retry | Discard


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the files of one host say, to be written down as an inventory. All keys are lower case.

    `name` is what the host calls itself; `default` has more than one entry where they stand in for one another,
    none where what is there cannot be meant.
    `unsaid` is what no inventory can say, in words without secrets; `remarks` is what has no effect on mail.
    """

    name: str
    default: tuple[Server | Direct, ...]
    domains: Mapping[str, FoundTarget]
    routes: Mapping[str, FoundTarget]
    senders: Mapping[str, Server | Direct] = field(default_factory=dict)
    rewrite: Mapping[str, str] = field(default_factory=dict)
    flavour: FlavourName | None = None
    unsaid: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A message whose way the MTA of the host is asked for, and the answer without which the model is wrong.

    `transport` and `nexthop` are spelled as the MTA answers; none of the first three holds a blank, none a secret.
    """

    sender: str
    recipient: str
    transport: str
    nexthop: str


class Watched(Protocol):
    """What `observe` has to know to look at a host."""

    # The shell fragment; docs/wire.md names its functions.
    @property
    def SHELL(self) -> Path: ...  # noqa: N802  a constant of the MTA's module

    # Parameters for the shell fragment, such as the home directory that the inventory names.
    def parameters(self, host: Host) -> Mapping[str, str]: ...

    # The files that `observe` reads for this host.
    def watched(self, host: Host) -> Sequence[WatchedFile]: ...


class Mta(Watched, Protocol):
    """One MTA: what it needs, what it can do, how it reads its files."""

    # What the fixed helper has beside it: which changes it lets pass (docs/wire.md).
    GUARD: Sequence[Path | str]

    # What the inventory wishes that this MTA cannot do, known before the host is asked.
    def refusals(self, host: Host) -> Sequence[Finding]: ...

    # What the inventory alone says of the managed files. Raises TemplateError, what `secret` raises, and RenderMismatch
    # when the route model reads something else from the rendered bytes than the inventory says.
    def render(self, host: Host, templates: Templates, secret: Resolve) -> Sequence[DesiredFile]: ...

    # The rendered files as this very host should have them, by phases in rising order.
    def desired(self, host: Host, facts: Facts, rendered: Sequence[DesiredFile]) -> Sequence[DesiredFile]: ...

    # Semantic checks of the host against the wish.
    def findings(self, host: Host, facts: Facts, desired: Sequence[DesiredFile]) -> Sequence[Finding]: ...

    # Whether two contents of one file mean the same to the MTA: then the admin's layout stays.
    def same_meaning(self, path: str, actual: bytes, desired: bytes) -> bool: ...

    # Routes by key, from the contents of the files (None: absent), for the plan's table before -> after.
    def routes(self, contents: Mapping[str, bytes | None]) -> Mapping[str, str]: ...

    # The same in values that can be compared, for the limits: the rows of `routes`, and the domains that are the host's
    # own. *contents* take the place of those in *facts*.
    def ways(self, facts: Facts, contents: Mapping[str, bytes | None]) -> Mapping[str, Way]: ...

    # What the host's own router, if it has one, is asked about the candidate that these *contents* are.
    def questions(self, contents: Mapping[str, bytes | None]) -> Sequence[Question]: ...

    # What was edited on the host since it was last applied, and what the wish makes of it.
    def drift(self, host: Host, facts: Facts, desired: Sequence[DesiredFile]) -> Sequence[Drift]: ...

    # What of somebody else's, never applied by relayconf, the wish would take away; in words, without secrets.
    def takes_over(self, host: Host, facts: Facts, desired: Sequence[DesiredFile]) -> Sequence[str]: ...

    # Where secrets stand in a file's content, as (start, end) byte offsets, in order and not overlapping.
    def secret_spans(self, path: str, content: bytes) -> Sequence[tuple[int, int]]: ...


class Importer(Protocol):
    """The part of an MTA that reads what is on a host for an inventory to say the same."""

    # More files that are read, by absolute path, as far as *facts* tell.
    def sources(self, facts: Facts) -> Sequence[str]: ...

    # What the files say, for an inventory to say the same; *more* has the contents of `sources` (None: absent).
    def found(self, host: Host, facts: Facts, more: Mapping[str, bytes | None]) -> Found: ...
